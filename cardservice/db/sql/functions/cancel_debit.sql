-- Undoes a whole debit on its own business day, once (C60, C61). It looks only at partner,
-- operation and day, and credits the wallet whatever has become of card, PIN or agreement.
-- For an operation never seen it leaves a tombstone: the late debit is then declined.
-- p_cancellation_id is the identity of the cancellation itself, derived from the debit's id.
CREATE OR REPLACE FUNCTION cancel_debit(
    p_operation_id uuid,
    p_cancellation_id uuid,
    p_partner_id bigint,
    p_outlet_id bigint,
    p_terminal_id bigint,
    p_actor_id bigint,
    p_reason text
) RETURNS cancellation_answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_known operation;
    v_debit operation;
    v_wallet wallet;
    v_op operation;
BEGIN
    PERFORM hold_day_open();
    -- The same lock as the debit's: a debit and its cancellation that arrive together queue.
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_operation_id, 0));

    SELECT * INTO v_known FROM operation
    WHERE target_id = p_operation_id AND kind = 'cancellation';
    IF FOUND THEN
        IF v_known.partner_id <> p_partner_id THEN
            RETURN cancellation_facts('reused', NULL);
        END IF;
        RETURN cancellation_facts('replayed', v_known);
    END IF;

    SELECT * INTO v_debit FROM operation WHERE operation_id = p_operation_id;
    IF FOUND AND (v_debit.kind <> 'debit' OR v_debit.partner_id <> p_partner_id) THEN
        RETURN cancellation_facts('reused', NULL);
    END IF;

    v_op.operation_id := p_cancellation_id;
    v_op.kind := 'cancellation';
    v_op.outcome := 'cancelled';
    v_op.target_id := p_operation_id;
    v_op.partner_id := p_partner_id;
    v_op.outlet_id := p_outlet_id;
    v_op.terminal_id := p_terminal_id;
    v_op.actor_id := p_actor_id;

    IF v_debit.wallet_seq IS NOT NULL THEN
        PERFORM FROM card WHERE card_id = v_debit.card_id FOR NO KEY UPDATE;
        SELECT * INTO STRICT v_wallet FROM wallet
        WHERE beneficiary_id = v_debit.beneficiary_id AND school_year = v_debit.school_year
          AND wallet = v_debit.wallet
        FOR NO KEY UPDATE;
    END IF;
    v_op.accepted_at := ledger_now();
    v_op.business_day := business_day(v_op.accepted_at);

    IF v_debit.operation_id IS NOT NULL THEN
        v_op.card_id := v_debit.card_id;
        v_op.beneficiary_id := v_debit.beneficiary_id;
        v_op.school_year := v_debit.school_year;
        v_op.wallet := v_debit.wallet;
        v_op.amount_cents := v_debit.amount_cents;
        IF v_debit.outcome = 'declined' THEN
            v_op.outcome := 'declined';
            v_op.code := 'debit_was_declined';
        ELSIF v_debit.business_day <> v_op.business_day THEN
            v_op.outcome := 'declined';
            v_op.code := 'cancellation_day_over';
        ELSE
            v_op.balance_after_cents := v_wallet.balance_cents + v_debit.amount_cents;
            v_op.wallet_seq := v_wallet.seq + 1;
        END IF;
    END IF;

    v_op := record_operation(v_op);
    IF v_op.wallet_seq IS NOT NULL THEN
        UPDATE wallet
        SET balance_cents = balance_cents + v_op.amount_cents,
            seq = seq + 1,
            head = sha256(head || v_op.hash)
        WHERE beneficiary_id = v_op.beneficiary_id AND school_year = v_op.school_year
          AND wallet = v_op.wallet AND state = 'open'
          AND balance_cents + v_op.amount_cents <= granted_cents;  -- never above the grant
        IF NOT FOUND THEN
            RAISE EXCEPTION 'cancellation % cannot credit its wallet', p_cancellation_id;
        END IF;
        INSERT INTO notification_outbox (operation_id) VALUES (v_op.operation_id);
    END IF;
    IF p_reason IS NOT NULL THEN
        INSERT INTO cancellation_reason VALUES (v_op.operation_id, p_reason);
    END IF;
    RETURN cancellation_facts('recorded', v_op);
END $$;
