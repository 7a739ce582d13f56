-- The stable number under which a kind of operation enters the hashes. Never renumber.
CREATE OR REPLACE FUNCTION kind_number(p_kind text) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN CASE p_kind
        WHEN 'grant' THEN 1
        WHEN 'debit' THEN 2
        WHEN 'cancellation' THEN 3
        WHEN 'regularisation' THEN 4
        WHEN 'lapse' THEN 5
        WHEN 'reimbursement' THEN 6
        WHEN 'payment_confirmed' THEN 7
        WHEN 'transfer_return' THEN 8
        WHEN 'late_regularisation' THEN 9
        WHEN 'regularisation_reversal' THEN 10
        WHEN 'late_regularisation_reversal' THEN 11
        WHEN 'paid_transfer_return' THEN 12
    END;
END $$;
