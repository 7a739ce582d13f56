-- Stores a refused debit: a refusal is an answer, final for its id, and moves nothing.
-- Its balance is kept only where it is the reason.
CREATE OR REPLACE FUNCTION declined_debit(
    p_operation_id uuid, p_code text, p_partner_id bigint, p_outlet_id bigint,
    p_terminal_id bigint, p_actor_id bigint, p_card_id bigint, p_beneficiary_id bigint,
    p_school_year smallint, p_wallet text, p_amount_cents bigint, p_balance_cents bigint,
    p_tries_left smallint, p_pin_checked boolean, p_at timestamptz, p_day date, p_last4 text
) RETURNS debit_answer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_op public.operation;
BEGIN
    v_op.operation_id := p_operation_id;
    v_op.kind := 'debit';
    v_op.outcome := 'declined';
    v_op.code := p_code;
    v_op.partner_id := p_partner_id;
    v_op.outlet_id := p_outlet_id;
    v_op.terminal_id := p_terminal_id;
    v_op.actor_id := p_actor_id;
    v_op.card_id := p_card_id;
    v_op.beneficiary_id := p_beneficiary_id;
    v_op.school_year := p_school_year;
    v_op.wallet := p_wallet;
    v_op.amount_cents := p_amount_cents;
    v_op.balance_after_cents := p_balance_cents;
    v_op.tries_left := p_tries_left;
    v_op.pin_checked := p_pin_checked;
    v_op.accepted_at := p_at;
    v_op.business_day := p_day;
    v_op := public.record_operation(v_op);
    RETURN ROW(
        'recorded', v_op.operation_no, p_operation_id, 'declined', p_code, p_last4, p_wallet,
        p_amount_cents, p_balance_cents, p_tries_left, p_at, p_day
    )::public.debit_answer;
END $$;
