-- What one lapsed wallet has given up and still holds there: its lapse, and what late regularisations
-- have added, less what their reversals took. The caller has locked card and wallet.
CREATE OR REPLACE FUNCTION lapsed_of_wallet(w wallet) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(o.amount_cents), 0) FROM operation o
        WHERE o.beneficiary_id = w.beneficiary_id AND o.school_year = w.school_year
          AND o.wallet = w.wallet AND o.wallet_seq IS NOT NULL AND o.kind = 'lapse'
    ) + (
        SELECT coalesce(sum(CASE o.kind WHEN 'late_regularisation' THEN o.amount_cents
                                        ELSE -o.amount_cents END), 0)
        FROM regularisation r
        JOIN operation o ON o.operation_id IN (r.operation_id, r.reversal_id)
        WHERE o.kind IN ('late_regularisation', 'late_regularisation_reversal')
          AND o.beneficiary_id = w.beneficiary_id AND o.school_year = w.school_year
          AND o.wallet = w.wallet
    );
END $$;
