-- The pen: completes an operation (hash, and the chain of what moves no wallet) and inserts it. Only
-- the money functions call it.
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
    -- Before the operation has its number: whoever holds the link comes next, in both orders. A late
    -- debit without a card, whose id was cancelled, is in no chain.
    IF op.wallet_seq IS NULL
        AND (op.kind = 'cancellation' OR (op.kind = 'debit' AND op.card_id IS NOT NULL))
    THEN
        INSERT INTO public.unmoved_chain AS link (chained_by, id, length, head)
        VALUES (
            CASE WHEN op.card_id IS NULL THEN 'terminal' ELSE 'card' END,
            coalesce(op.card_id, op.terminal_id, 0), 1,
            sha256(decode(repeat('00', 32), 'hex') || op.hash))
        ON CONFLICT (chained_by, id) DO UPDATE
        SET length = link.length + 1, head = sha256(link.head || op.hash);
    END IF;
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
