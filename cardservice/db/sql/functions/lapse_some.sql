-- Books the lapse of at most p_limit wallets whose last day is closed (C22), in chunks that a caller
-- repeats until it returns 0. A cancellation cannot come after it: it needs an open day.
CREATE OR REPLACE FUNCTION lapse_some(p_limit int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_lapsed bigint := 0;
    v_wallet wallet;
    v_op operation;
BEGIN
    PERFORM hold_day_open();
    FOR v_wallet IN
        SELECT * FROM wallet
        WHERE state = 'open' AND valid_until <= (SELECT first_open_day FROM open_day)
        ORDER BY beneficiary_id, school_year, wallet
        LIMIT p_limit
        FOR NO KEY UPDATE
    LOOP
        v_lapsed := v_lapsed + 1;
        IF v_wallet.balance_cents > 0 THEN
            v_op := NULL;
            v_op.operation_id := gen_random_uuid();
            v_op.kind := 'lapse';
            v_op.outcome := 'approved';
            v_op.beneficiary_id := v_wallet.beneficiary_id;
            v_op.school_year := v_wallet.school_year;
            v_op.wallet := v_wallet.wallet;
            v_op.amount_cents := v_wallet.balance_cents;
            v_op.balance_after_cents := 0;
            v_op.wallet_seq := v_wallet.seq + 1;
            v_op.accepted_at := ledger_now();
            v_op.business_day := business_day(v_op.accepted_at);
            v_op := record_operation(v_op);
        END IF;
        UPDATE wallet
        SET state = 'lapsed',
            balance_cents = 0,
            seq = CASE WHEN balance_cents > 0 THEN seq + 1 ELSE seq END,
            head = CASE WHEN balance_cents > 0 THEN sha256(head || v_op.hash) ELSE head END
        WHERE beneficiary_id = v_wallet.beneficiary_id AND school_year = v_wallet.school_year
          AND wallet = v_wallet.wallet;
    END LOOP;
    RETURN v_lapsed;
END $$;
