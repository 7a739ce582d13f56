-- The department gives wallets their money, once per beneficiary, school year and wallet (C10):
-- the key of the wallet is the guarantee, a second call changes nothing. Returns how many it gave.
-- Never beyond the budget of the year and wallet, where one is set: then nobody of the call gets
-- anything, and it returns NULL. The budget's own lock makes two calls queue, so that they cannot
-- pass it together.
CREATE OR REPLACE FUNCTION grant_many(
    p_operation_id uuid[],
    p_beneficiary_id bigint[],
    p_school_year smallint,
    p_wallet text,
    p_amount_cents bigint
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_given bigint := 0;
    v_year school_year;
    v_op operation;
    v_empty_head bytea := decode(repeat('00', 32), 'hex');
    v_left_cents bigint;
    v_missing bigint;
BEGIN
    PERFORM hold_day_open();
    PERFORM hold_budget(p_school_year, p_wallet);
    SELECT * INTO STRICT v_year FROM school_year WHERE school_year = p_school_year;
    v_left_cents := left_of_budget(p_school_year, p_wallet);
    IF v_left_cents IS NOT NULL THEN
        SELECT count(*) INTO v_missing FROM (
            SELECT DISTINCT asked FROM unnest(p_beneficiary_id) AS asked
            WHERE NOT EXISTS (
                SELECT FROM wallet w WHERE w.beneficiary_id = asked
                  AND w.school_year = p_school_year AND w.wallet = p_wallet)
        ) AS missing;
        IF v_missing * p_amount_cents > v_left_cents AND v_missing > 0 THEN
            RETURN NULL;
        END IF;
    END IF;
    FOR i IN 1 .. cardinality(p_operation_id) LOOP
        v_op := NULL;
        v_op.operation_id := p_operation_id[i];
        v_op.kind := 'grant';
        v_op.outcome := 'approved';
        v_op.beneficiary_id := p_beneficiary_id[i];
        v_op.school_year := p_school_year;
        v_op.wallet := p_wallet;
        v_op.amount_cents := p_amount_cents;
        v_op.balance_after_cents := p_amount_cents;
        v_op.wallet_seq := 1;
        v_op.accepted_at := ledger_now();
        v_op.business_day := business_day(v_op.accepted_at);
        -- The wallet's key first: it decides; the head follows once the operation has its hash.
        INSERT INTO wallet VALUES (
            p_beneficiary_id[i], p_school_year, p_wallet, 'open', v_year.first_day,
            v_year.last_day + 1, p_amount_cents, p_amount_cents, 1, v_empty_head
        ) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            v_op := record_operation(v_op);
            UPDATE wallet SET head = sha256(v_empty_head || v_op.hash)
            WHERE beneficiary_id = p_beneficiary_id[i] AND school_year = p_school_year
              AND wallet = p_wallet;
            v_given := v_given + 1;
        END IF;
    END LOOP;
    RETURN v_given;
END $$;
