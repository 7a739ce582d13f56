-- Undoes a whole regularisation that was a mistake: the partner is owed the money again. It comes
-- out of the wallet, which must still hold it, or, once the wallet has lapsed, out of what lapsed.
-- Answers 'booked', 'replayed', or the code of a refusal that changes nothing.
CREATE OR REPLACE FUNCTION reverse_regularisation(
    p_regularisation_id bigint, p_operation_id uuid, p_agent_id bigint
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_asked regularisation;
    v_given operation;
    v_wallet wallet;
    v_op operation;
    v_left_cents bigint;
BEGIN
    PERFORM hold_day_open();
    SELECT * INTO STRICT v_asked FROM regularisation
    WHERE regularisation_id = p_regularisation_id;
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(v_asked.debit_id, 0));
    SELECT * INTO STRICT v_asked FROM regularisation
    WHERE regularisation_id = p_regularisation_id FOR NO KEY UPDATE;
    IF v_asked.reversal_id = p_operation_id THEN
        RETURN 'replayed';
    ELSIF v_asked.operation_id IS NULL OR v_asked.reversal_id IS NOT NULL THEN
        RETURN 'regularisation_not_reversible';
    ELSIF v_asked.needs_second AND p_agent_id IN (v_asked.asked_by, v_asked.decided_by) THEN
        -- Who gave it does not take it back alone.
        RETURN 'regularisation_needs_second_agent';
    END IF;

    SELECT * INTO STRICT v_given FROM operation WHERE operation_id = v_asked.operation_id;
    PERFORM FROM card WHERE card_id = v_given.card_id FOR NO KEY UPDATE;
    SELECT * INTO STRICT v_wallet FROM wallet
    WHERE beneficiary_id = v_given.beneficiary_id AND school_year = v_given.school_year
      AND wallet = v_given.wallet
    FOR NO KEY UPDATE;
    -- Once the wallet has lapsed, what it gave up is all that is left: what its holder has spent
    -- before cannot be owed a second time.
    v_left_cents := CASE v_wallet.state
        WHEN 'open' THEN v_wallet.balance_cents ELSE lapsed_of_wallet(v_wallet) END;
    IF v_given.amount_cents > v_left_cents THEN
        RETURN 'regularisation_spent';
    END IF;

    v_op := v_given;
    v_op.operation_no := NULL;
    v_op.operation_id := p_operation_id;
    v_op.kind := CASE v_wallet.state
        WHEN 'open' THEN 'regularisation_reversal' ELSE 'late_regularisation_reversal' END;
    v_op.target_id := v_given.operation_id;
    v_op.actor_id := p_agent_id;
    v_op.balance_after_cents := NULL;
    v_op.wallet_seq := NULL;
    v_op.accepted_at := ledger_now();
    v_op.business_day := business_day(v_op.accepted_at);
    IF v_wallet.state = 'open' THEN
        v_op.balance_after_cents := v_wallet.balance_cents - v_given.amount_cents;
        v_op.wallet_seq := v_wallet.seq + 1;
    END IF;
    v_op := record_operation(v_op);
    IF v_op.wallet_seq IS NOT NULL THEN
        PERFORM move_wallet(v_op, -v_given.amount_cents);
        INSERT INTO notification_outbox (operation_id) VALUES (v_op.operation_id);
    END IF;
    UPDATE regularisation
    SET reversal_id = p_operation_id, reversed_by = p_agent_id, reversed_at = v_op.accepted_at
    WHERE regularisation_id = p_regularisation_id;
    RETURN 'booked';
END $$;
