-- Hands what partners are owed to the bank: payable -> in transit, one operation per remittance and
-- wallet, under an identity derived from them, so that a rerun books nothing twice.
-- Returns how many were booked now.
CREATE OR REPLACE FUNCTION reimburse_many(
    p_operation_id uuid[], p_partner_id bigint[], p_wallet text[], p_amount_cents bigint[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_booked bigint := 0;
    v_op operation;
BEGIN
    PERFORM hold_day_open();
    FOR i IN 1 .. cardinality(p_operation_id) LOOP
        PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_operation_id[i], 0));
        IF EXISTS (SELECT FROM operation WHERE operation_id = p_operation_id[i]) THEN
            CONTINUE;
        END IF;
        v_op := NULL;
        v_op.operation_id := p_operation_id[i];
        v_op.kind := 'reimbursement';
        v_op.outcome := 'approved';
        v_op.partner_id := p_partner_id[i];
        v_op.wallet := p_wallet[i];
        v_op.amount_cents := p_amount_cents[i];
        v_op.accepted_at := ledger_now();
        v_op.business_day := business_day(v_op.accepted_at);
        PERFORM record_operation(v_op);
        v_booked := v_booked + 1;
    END LOOP;
    RETURN v_booked;
END $$;
