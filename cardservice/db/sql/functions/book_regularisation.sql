-- Gives back what a regularisation says of a debit whose day is over (C62): out of what the partner
-- is owed, into the wallet, or, when the wallet has lapsed, into what lapsed.
-- The amount is the row's own, and never more than what is left of the debit. Answers 'booked',
-- 'replayed' for an operation that is there, or the code of a refusal that changes nothing.
CREATE OR REPLACE FUNCTION book_regularisation(
    p_regularisation_id bigint, p_operation_id uuid, p_agent_id bigint
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_asked regularisation;
    v_debit operation;
    v_wallet wallet;
    v_op operation;
    v_left_cents bigint;
BEGIN
    PERFORM hold_day_open();
    SELECT * INTO STRICT v_asked FROM regularisation
    WHERE regularisation_id = p_regularisation_id;
    -- The debit's own lock: two regularisations of one debit queue, and see each other.
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(v_asked.debit_id, 0));
    SELECT * INTO STRICT v_asked FROM regularisation
    WHERE regularisation_id = p_regularisation_id FOR NO KEY UPDATE;
    IF v_asked.operation_id = p_operation_id THEN
        RETURN 'replayed';
    ELSIF v_asked.state <> 'waiting' THEN
        RETURN 'regularisation_decided';
    ELSIF v_asked.needs_second AND v_asked.asked_by = p_agent_id THEN
        RETURN 'regularisation_needs_second_agent';
    END IF;

    SELECT * INTO v_debit FROM operation WHERE operation_id = v_asked.debit_id AND kind = 'debit';
    IF NOT FOUND OR v_debit.outcome <> 'approved' OR EXISTS (
        SELECT FROM operation c WHERE c.target_id = v_asked.debit_id AND c.kind = 'cancellation'
            AND c.outcome = 'cancelled')
    THEN
        RETURN 'debit_not_correctable';
    END IF;
    SELECT v_debit.amount_cents - coalesce(sum(r.amount_cents), 0) INTO v_left_cents
    FROM regularisation r
    WHERE r.debit_id = v_asked.debit_id AND r.operation_id IS NOT NULL AND r.reversal_id IS NULL;
    IF v_asked.amount_cents > v_left_cents THEN
        RETURN 'regularisation_too_much';
    END IF;

    -- Card first, then wallet, as everywhere.
    PERFORM FROM card WHERE card_id = v_debit.card_id FOR NO KEY UPDATE;
    SELECT * INTO STRICT v_wallet FROM wallet
    WHERE beneficiary_id = v_debit.beneficiary_id AND school_year = v_debit.school_year
      AND wallet = v_debit.wallet
    FOR NO KEY UPDATE;
    v_op.accepted_at := ledger_now();
    v_op.business_day := business_day(v_op.accepted_at);
    IF v_debit.business_day >= v_op.business_day THEN
        RETURN 'debit_still_cancellable';
    END IF;

    v_op.operation_id := p_operation_id;
    v_op.kind := CASE v_wallet.state WHEN 'open' THEN 'regularisation' ELSE 'late_regularisation' END;
    v_op.outcome := 'approved';
    v_op.target_id := v_debit.operation_id;
    v_op.partner_id := v_debit.partner_id;
    v_op.outlet_id := v_debit.outlet_id;
    v_op.terminal_id := v_debit.terminal_id;
    v_op.actor_id := p_agent_id;
    v_op.card_id := v_debit.card_id;
    v_op.beneficiary_id := v_debit.beneficiary_id;
    v_op.school_year := v_debit.school_year;
    v_op.wallet := v_debit.wallet;
    v_op.amount_cents := v_asked.amount_cents;
    IF v_wallet.state = 'open' THEN
        v_op.balance_after_cents := v_wallet.balance_cents + v_asked.amount_cents;
        v_op.wallet_seq := v_wallet.seq + 1;
    END IF;
    v_op := record_operation(v_op);
    IF v_op.wallet_seq IS NOT NULL THEN
        PERFORM move_wallet(v_op, v_asked.amount_cents);
        INSERT INTO notification_outbox (operation_id) VALUES (v_op.operation_id);
    END IF;
    UPDATE regularisation
    SET state = 'booked', decided_by = p_agent_id, decided_at = v_op.accepted_at,
        operation_id = p_operation_id
    WHERE regularisation_id = p_regularisation_id;
    RETURN 'booked';
END $$;
