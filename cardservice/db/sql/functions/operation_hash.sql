-- SHA-256 of an operation's canonical bytes: its facts in one order, each in PostgreSQL's binary form
-- of its type (fixed width, big-endian, instants in UTC microseconds), never text. NULL is 0, or -1
-- where 0 says something. cardservice/domain/operation.py builds the same bytes; shared vectors hold
-- them alike. One record on purpose: whatever is joined or cast by itself is one more function that
-- PostgreSQL looks up, with its rights, in every transaction.
-- One SQL expression, like ledger_now(), and STABLE because record_send is: PostgreSQL then writes it
-- into its caller, who makes no call at all (docs/decisions/0013).
CREATE OR REPLACE FUNCTION operation_hash(
    p_operation_id uuid, p_kind int, p_outcome int, p_code int, p_partner_id bigint,
    p_outlet_id bigint, p_terminal_id bigint, p_actor_id bigint, p_card_id bigint,
    p_beneficiary_id bigint, p_school_year smallint, p_wallet text, p_amount_cents bigint,
    p_balance_after_cents bigint, p_wallet_seq int, p_tries_left smallint, p_pin_checked boolean,
    p_target_id uuid, p_accepted_at timestamptz, p_business_day date
) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(record_send(ROW(
        p_operation_id, coalesce(p_target_id, '00000000-0000-0000-0000-000000000000'),
        p_kind, p_outcome, p_code,
        coalesce(p_partner_id, 0), coalesce(p_outlet_id, 0), coalesce(p_terminal_id, 0),
        coalesce(p_actor_id, 0), coalesce(p_card_id, 0), coalesce(p_beneficiary_id, 0),
        coalesce(p_school_year, smallint '0'),
        CASE p_wallet WHEN 'sport_culture_leisure' THEN 1 WHEN 'tutoring' THEN 2 ELSE 0 END,
        coalesce(p_amount_cents, -1), coalesce(p_balance_after_cents, -1),
        coalesce(p_wallet_seq, 0), coalesce(p_tries_left, smallint '-1'), p_pin_checked,
        p_accepted_at, p_business_day
    )))
$$;
