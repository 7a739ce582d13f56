-- The pen: completes an operation (hash) and inserts it. Only the money functions call it.
CREATE OR REPLACE FUNCTION record_operation(INOUT op operation)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    op.pin_checked := coalesce(op.pin_checked, false);
    op.hash := public.operation_hash(
        op.operation_id, public.kind_number(op.kind),
        CASE op.outcome WHEN 'approved' THEN 1 WHEN 'declined' THEN 2 WHEN 'cancelled' THEN 3 END,
        CASE WHEN op.code IS NULL THEN 0 ELSE public.decline_number(op.code) END,
        op.partner_id, op.outlet_id, op.terminal_id, op.actor_id, op.card_id, op.beneficiary_id,
        op.school_year, op.wallet, op.amount_cents, op.balance_after_cents, op.wallet_seq,
        op.tries_left, op.pin_checked, op.target_id, op.accepted_at, op.business_day);
    INSERT INTO public.operation (
        operation_id, kind, outcome, code, partner_id, outlet_id, terminal_id, actor_id, card_id,
        beneficiary_id, school_year, wallet, amount_cents, balance_after_cents, wallet_seq,
        tries_left, pin_checked, target_id, accepted_at, business_day, hash
    ) VALUES (
        op.operation_id, op.kind, op.outcome, op.code, op.partner_id, op.outlet_id, op.terminal_id,
        op.actor_id, op.card_id, op.beneficiary_id, op.school_year, op.wallet, op.amount_cents,
        op.balance_after_cents, op.wallet_seq, op.tries_left, op.pin_checked, op.target_id,
        op.accepted_at, op.business_day, op.hash
    ) RETURNING operation_no INTO op.operation_no;
END $$;
