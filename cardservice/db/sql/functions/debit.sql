-- The debit: one call, one commit, one answer. This is where "never beyond the balance" lives:
-- the conditional UPDATE of the wallet below is the only decision about money (C53), and the
-- table's CHECK (never_below_zero) is the last line behind it.
--
-- Stable facts (agreement, wallet covered, identity, limit) were decided by the rulebook in Python
-- and arrive as p_verdict; what two requests can change at once is decided here, under the locks.
-- Order of refusals: card codes, p_verdict, balance, PIN (cardservice/domain/codes.py).
--
-- Locks, always in this order: the day (shared), the operation id, the card, the wallet; then the
-- clock is read, so that a debit that waited over midnight belongs to the new day.
--
-- No SET search_path, which costs a third of the call: every table is named with its schema, and the
-- application may create nothing that could stand before them (rights.sql).
-- Few statements and few assignments on purpose: each is set up anew in every transaction.
CREATE OR REPLACE FUNCTION debit(
    p_operation_id uuid,
    p_partner_id bigint,
    p_outlet_id bigint,
    p_terminal_id bigint,
    p_actor_id bigint,
    p_card_id bigint,                -- NULL when the identification is forged: only a replay can answer
    p_wallet text,
    p_amount_cents bigint,
    p_identified_until timestamptz,
    p_suspended boolean,
    p_verdict text,
    p_pin_due boolean,
    p_pin_mac bytea,                 -- NULL when no PIN was typed
    p_wait boolean,                  -- false in a batch: a locked card must not hold the others up
    p_register_version bigint DEFAULT NULL,  -- the register and the day p_verdict was made on: when
    p_judged_on date DEFAULT NULL            -- either has moved meanwhile, the caller thinks again
) RETURNS debit_answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
    v_started_at timestamptz := public.ledger_now();
    v_past record;
    v_card record;
    v_at timestamptz;
    v_day date;
    v_code text;
    v_pin public.pin_verdict;
    v_operation_no bigint;
    v_hash bytea;
BEGIN
    -- The day is held open (see close_day.sql); twins queue on their id, so that the second finds the
    -- first one's answer and never an empty wallet.
    PERFORM pg_advisory_xact_lock_shared(13, 1),
            pg_advisory_xact_lock(uuid_hash_extended(p_operation_id, 0));

    SELECT known.operation_id, tombstone.partner_id AS tombstone_of, day.first_open_day INTO v_past
    FROM public.open_day day
    LEFT JOIN public.operation known ON known.operation_id = p_operation_id
    LEFT JOIN public.operation tombstone
        ON tombstone.target_id = p_operation_id AND tombstone.kind = 'cancellation';
    IF v_past.operation_id IS NOT NULL THEN
        RETURN public.replayed_debit(
            p_operation_id, p_partner_id, p_card_id, p_wallet, p_amount_cents);
    ELSIF v_past.tombstone_of <> p_partner_id THEN
        RETURN public.unanswered('reused');
    ELSIF p_suspended THEN
        RETURN public.unanswered('suspended');
    ELSIF p_card_id IS NULL AND v_past.tombstone_of IS NOT NULL THEN
        v_at := public.ledger_now();
        RETURN public.declined_debit(
            p_operation_id, 'operation_cancelled', p_partner_id, p_outlet_id, p_terminal_id,
            p_actor_id, NULL, NULL, NULL, p_wallet, p_amount_cents, NULL, NULL, false, v_at,
            public.business_day(v_at), NULL);
    ELSIF p_card_id IS NULL THEN
        RETURN public.unanswered('expired');
    END IF;

    -- Card first, then wallet: a block and a debit that arrive together must queue, not deadlock.
    IF p_wait THEN
        SELECT c.beneficiary_id, c.school_year, c.state, c.valid_from, c.valid_until, c.last4,
               w.balance_cents, w.seq
        INTO v_card
        FROM public.card c JOIN public.wallet w USING (beneficiary_id, school_year)
        WHERE c.card_id = p_card_id AND w.wallet = p_wallet
        FOR NO KEY UPDATE;
    ELSE
        SELECT c.beneficiary_id, c.school_year, c.state, c.valid_from, c.valid_until, c.last4,
               w.balance_cents, w.seq
        INTO v_card
        FROM public.card c JOIN public.wallet w USING (beneficiary_id, school_year)
        WHERE c.card_id = p_card_id AND w.wallet = p_wallet
        FOR NO KEY UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        IF NOT p_wait THEN
            RETURN public.unanswered('busy');
        END IF;
        SELECT c.beneficiary_id, c.school_year, c.state, c.valid_from, c.valid_until, c.last4,
               0::bigint AS balance_cents, NULL::int AS seq
        INTO STRICT v_card
        FROM public.card c WHERE c.card_id = p_card_id FOR NO KEY UPDATE;
    END IF;

    v_at := public.ledger_now();
    v_day := greatest((v_at AT TIME ZONE 'Europe/Paris')::date, v_past.first_open_day);
    IF v_past.tombstone_of IS NULL AND v_at >= p_identified_until THEN
        RETURN public.unanswered('expired');
    END IF;
    -- Whoever waited for a lock may have been overtaken: by midnight, or by a revocation, a suspension,
    -- an ended agreement. The register is read again only then: a debit that did not wait was checked
    -- when its batch began.
    IF v_day <> p_judged_on THEN
        RETURN public.unanswered('stale');
    ELSIF p_register_version IS NOT NULL
        AND (p_wait OR v_at - v_started_at > interval '1 millisecond')
    THEN
        IF p_register_version <> (SELECT version FROM public.register_version) THEN
            RETURN public.unanswered('stale');
        END IF;
    END IF;
    v_code := CASE
        WHEN v_past.tombstone_of IS NOT NULL THEN 'operation_cancelled'
        WHEN v_card.state = 'active' AND v_day >= v_card.valid_from
             AND v_day < v_card.valid_until AND v_card.seq IS NOT NULL THEN p_verdict
        ELSE coalesce(
            (SELECT public.card_refusal(c, v_day) FROM public.card c
             WHERE c.card_id = p_card_id),
            p_verdict,
            'holder_has_no_wallets')
    END;

    -- A PIN is judged only when nothing before it refuses; its try and this answer commit together.
    IF p_pin_due AND v_code IS NULL AND v_card.balance_cents >= p_amount_cents THEN
        v_pin := public.judge_pin(v_card.beneficiary_id, p_pin_mac);
        v_code := v_pin.code;
    END IF;

    IF v_code IS NULL THEN
        v_hash := public.operation_hash(
            p_operation_id, 2, 1, 0, p_partner_id, p_outlet_id, p_terminal_id, p_actor_id,
            p_card_id, v_card.beneficiary_id, v_card.school_year, p_wallet, p_amount_cents,
            v_card.balance_cents - p_amount_cents, v_card.seq + 1, NULL, p_pin_due, NULL, v_at,
            v_day);
        WITH moved AS (
            UPDATE public.wallet
            SET balance_cents = balance_cents - p_amount_cents,
                seq = seq + 1,
                head = sha256(head || v_hash)
            WHERE beneficiary_id = v_card.beneficiary_id
              AND school_year = v_card.school_year
              AND wallet = p_wallet
              AND state = 'open'
              AND v_day >= valid_from
              AND v_day < valid_until
              AND balance_cents >= p_amount_cents  -- never beyond the balance
            RETURNING balance_cents, seq
        ), booked AS (
            INSERT INTO public.operation (
                operation_id, kind, outcome, partner_id, outlet_id, terminal_id, actor_id, card_id,
                beneficiary_id, school_year, wallet, amount_cents, balance_after_cents, wallet_seq,
                pin_checked, accepted_at, business_day, hash
            )
            SELECT p_operation_id, 'debit', 'approved', p_partner_id, p_outlet_id, p_terminal_id,
                   p_actor_id, p_card_id, v_card.beneficiary_id, v_card.school_year, p_wallet,
                   p_amount_cents, moved.balance_cents, moved.seq, p_pin_due, v_at, v_day, v_hash
            FROM moved
            RETURNING operation_no
        ), told AS (
            INSERT INTO public.notification_outbox (beneficiary_id, operation_id)
            SELECT v_card.beneficiary_id, p_operation_id FROM booked
        )
        SELECT operation_no INTO v_operation_no FROM booked;
        IF FOUND THEN
            RETURN ROW(
                'recorded', v_operation_no, p_operation_id, 'approved', NULL, v_card.last4,
                p_wallet, p_amount_cents, v_card.balance_cents - p_amount_cents, NULL, v_at, v_day
            )::public.debit_answer;
        END IF;
        v_code := 'insufficient_balance';
    END IF;

    RETURN public.declined_debit(
        p_operation_id, v_code, p_partner_id, p_outlet_id, p_terminal_id, p_actor_id, p_card_id,
        v_card.beneficiary_id, v_card.school_year, p_wallet, p_amount_cents,
        CASE WHEN v_code = 'insufficient_balance' THEN v_card.balance_cents END,
        v_pin.tries_left, v_code = 'pin_wrong', v_at, v_day, v_card.last4);
END $$;
