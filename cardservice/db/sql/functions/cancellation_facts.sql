-- The facts a cancellation's answer is rendered from.
CREATE OR REPLACE FUNCTION cancellation_facts(p_status text, op operation)
RETURNS cancellation_answer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN ROW(
        p_status, op.operation_no, op.target_id, op.outcome, op.code, op.balance_after_cents,
        op.accepted_at, op.outcome = 'cancelled' AND op.wallet_seq IS NULL
    )::cancellation_answer;
END $$;
