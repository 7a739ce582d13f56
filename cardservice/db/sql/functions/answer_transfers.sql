-- Writes what the bank answered about transfers and books it, one operation per transfer and wallet,
-- of what export took out of that wallet's account: 'paid' takes it from in transit to paid, 'failed'
-- gives it back to what the partner is owed, also after it had been paid.
-- `p_operation_ids` holds an identity per wallet, derived from the transfer and its outcome, so that a
-- rerun books nothing twice. Returns how many answers were new. Only what may not be, raises.
CREATE OR REPLACE FUNCTION answer_transfers(
    p_bank_message_id bigint, p_remittance_id bigint[], p_outcome text[], p_reason_code text[],
    p_with_file boolean[], p_happened_on date[], p_operation_ids jsonb[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_answered bigint := 0;
    v_was_paid boolean;
    v_transfer remittance;
    v_payment remittance_payment;
    v_op operation;
BEGIN
    PERFORM hold_day_open();
    FOR i IN 1 .. cardinality(p_remittance_id) LOOP
        -- Two answers about one transfer queue here, and see each other.
        SELECT m.* INTO STRICT v_transfer FROM remittance m JOIN reimbursement_run r USING (run_id)
        WHERE m.remittance_id = p_remittance_id[i] AND m.transfer_cents > 0
          AND r.exported_at IS NOT NULL
        FOR NO KEY UPDATE OF m;
        CONTINUE WHEN EXISTS (SELECT FROM transfer_answer a
            WHERE a.remittance_id = v_transfer.remittance_id AND a.outcome = p_outcome[i]);
        v_was_paid := EXISTS (SELECT FROM transfer_answer a
            WHERE a.remittance_id = v_transfer.remittance_id AND a.outcome = 'paid');
        IF p_outcome[i] = 'paid' AND EXISTS (SELECT FROM transfer_answer a
            WHERE a.remittance_id = v_transfer.remittance_id AND a.outcome = 'failed')
        THEN
            -- It is owed again: paid as well, it would be paid twice.
            RAISE EXCEPTION 'transfer % has failed', v_transfer.remittance_id;
        END IF;

        v_op := NULL;
        v_op.kind := CASE WHEN p_outcome[i] = 'paid' THEN 'payment_confirmed'
                          WHEN v_was_paid THEN 'paid_transfer_return' ELSE 'transfer_return' END;
        v_op.outcome := 'approved';
        v_op.partner_id := v_transfer.partner_id;
        v_op.accepted_at := ledger_now();
        v_op.business_day := business_day(v_op.accepted_at);
        INSERT INTO transfer_answer (remittance_id, outcome, reason_code, with_file, happened_on,
            bank_message_id, answered_at)
        VALUES (v_transfer.remittance_id, p_outcome[i], p_reason_code[i], p_with_file[i],
            p_happened_on[i], p_bank_message_id, v_op.accepted_at);
        FOR v_payment IN SELECT * FROM remittance_payment p
            WHERE p.remittance_id = v_transfer.remittance_id ORDER BY p.wallet
        LOOP
            v_op.operation_no := NULL;
            v_op.operation_id := (p_operation_ids[i] ->> v_payment.wallet)::uuid;
            v_op.wallet := v_payment.wallet;
            v_op.amount_cents := v_payment.amount_cents;
            PERFORM record_operation(v_op);
        END LOOP;
        v_answered := v_answered + 1;
    END LOOP;
    RETURN v_answered;
END $$;
