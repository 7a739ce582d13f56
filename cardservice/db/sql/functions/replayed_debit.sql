-- The stored answer of a known operation id, or `reused` when its content or partner is another.
-- Content is card, wallet and amount; a forged identification (p_card_id NULL) names no other card.
CREATE OR REPLACE FUNCTION replayed_debit(
    p_operation_id uuid, p_partner_id bigint, p_card_id bigint, p_wallet text,
    p_amount_cents bigint
) RETURNS debit_answer
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_known public.operation;
BEGIN
    SELECT * INTO STRICT v_known FROM public.operation WHERE operation_id = p_operation_id;
    IF v_known.kind <> 'debit'
        OR v_known.partner_id <> p_partner_id
        OR v_known.wallet <> p_wallet
        OR v_known.amount_cents <> p_amount_cents
        OR v_known.card_id <> p_card_id
    THEN
        RETURN public.unanswered('reused');
    END IF;
    RETURN ROW(
        'replayed', v_known.operation_no, v_known.operation_id, v_known.outcome, v_known.code,
        (SELECT last4 FROM public.card WHERE card_id = v_known.card_id), v_known.wallet,
        v_known.amount_cents, v_known.balance_after_cents, v_known.tries_left,
        v_known.accepted_at, v_known.business_day
    )::public.debit_answer;
END $$;
