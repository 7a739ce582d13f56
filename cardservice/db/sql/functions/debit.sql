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
-- Few statements and few expressions on purpose: PostgreSQL sets each of them up anew in every
-- transaction, and that is most of what a sale costs (docs/decisions/0013).
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
    v_first_open_day date;
    v_beneficiary_id bigint;
    v_school_year smallint;
    v_state text;
    v_valid_from date;
    v_valid_until date;
    v_last4 text;
    v_balance_cents bigint;
    v_seq int;
    v_at timestamptz;
    v_day date;
    v_code text;
    v_pin public.pin_verdict;
    v_operation_no bigint;
    v_hash bytea;
BEGIN
    -- The day is held open (see close_day.sql); twins queue on their id, so that the second finds the
    -- first one's answer and never an empty wallet. An expression and no PERFORM, which is a statement
    -- with a plan; what these locks return is never NULL.
    IF pg_advisory_xact_lock_shared(13, 1) IS NULL
        OR pg_advisory_xact_lock(uuid_hash_extended(p_operation_id, 0)) IS NULL
    THEN
        RETURN NULL;
    END IF;

    -- Card first, then wallet: a block and a debit that arrive together must queue, not deadlock.
    -- An id that is known, or was cancelled before it came, locks nothing here.
    IF p_wait THEN
        SELECT day.first_open_day, c.beneficiary_id, c.school_year, c.state, c.valid_from,
               c.valid_until, c.last4, w.balance_cents, w.seq
        INTO v_first_open_day, v_beneficiary_id, v_school_year, v_state, v_valid_from,
             v_valid_until, v_last4, v_balance_cents, v_seq
        FROM public.open_day day
        JOIN public.card c ON c.card_id = p_card_id
        JOIN public.wallet w USING (beneficiary_id, school_year)
        WHERE w.wallet = p_wallet
          AND NOT EXISTS (SELECT FROM public.operation known
                          WHERE known.operation_id = p_operation_id)
          AND NOT EXISTS (SELECT FROM public.operation tombstone
                          WHERE tombstone.target_id = p_operation_id
                            AND tombstone.kind = 'cancellation')
        FOR NO KEY UPDATE OF c, w;
    ELSE
        SELECT day.first_open_day, c.beneficiary_id, c.school_year, c.state, c.valid_from,
               c.valid_until, c.last4, w.balance_cents, w.seq
        INTO v_first_open_day, v_beneficiary_id, v_school_year, v_state, v_valid_from,
             v_valid_until, v_last4, v_balance_cents, v_seq
        FROM public.open_day day
        JOIN public.card c ON c.card_id = p_card_id
        JOIN public.wallet w USING (beneficiary_id, school_year)
        WHERE w.wallet = p_wallet
          AND NOT EXISTS (SELECT FROM public.operation known
                          WHERE known.operation_id = p_operation_id)
          AND NOT EXISTS (SELECT FROM public.operation tombstone
                          WHERE tombstone.target_id = p_operation_id
                            AND tombstone.kind = 'cancellation')
        FOR NO KEY UPDATE OF c, w SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        SELECT known.operation_id, tombstone.partner_id AS tombstone_of, day.first_open_day
        INTO STRICT v_past
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
        ELSIF NOT p_wait THEN
            RETURN public.unanswered('busy');
        END IF;
        IF v_past.tombstone_of IS NOT NULL THEN
            v_code := 'operation_cancelled';
        END IF;
        -- Nothing can be paid: a refusal needs the card, not the wallet.
        SELECT c.beneficiary_id, c.school_year, c.state, c.valid_from, c.valid_until, c.last4
        INTO STRICT v_beneficiary_id, v_school_year, v_state, v_valid_from, v_valid_until, v_last4
        FROM public.card c WHERE c.card_id = p_card_id FOR NO KEY UPDATE;
        v_first_open_day := v_past.first_open_day;
    END IF;

    v_at := public.ledger_now();
    v_day := greatest((v_at AT TIME ZONE 'Europe/Paris')::date, v_first_open_day);
    -- One question for the sale that nothing speaks against, which is nearly every one: it did not
    -- wait and the day is still the one it was judged on. Whatever may speak against it, and whatever
    -- is not known, is asked below in its order.
    IF (v_seq IS NOT NULL AND v_state = 'active' AND v_day >= v_valid_from AND v_day < v_valid_until
        AND p_verdict IS NULL AND NOT p_pin_due AND NOT p_suspended
        AND v_at < p_identified_until AND v_code IS NULL
        AND (p_judged_on IS NULL OR v_day = p_judged_on)
        AND (p_register_version IS NULL
             OR (NOT p_wait AND v_at - v_started_at <= interval '1 millisecond'))) IS NOT TRUE
    THEN
        IF p_suspended THEN
            RETURN public.unanswered('suspended');
        ELSIF v_code IS NULL AND v_at >= p_identified_until THEN
            RETURN public.unanswered('expired');
        END IF;
        -- Whoever waited for a lock may have been overtaken: by midnight, or by a revocation, a
        -- suspension, an ended agreement. The register is read again only then: a debit that did not
        -- wait was checked when its batch began.
        IF v_day <> p_judged_on THEN
            RETURN public.unanswered('stale');
        ELSIF p_register_version IS NOT NULL
            AND (p_wait OR v_at - v_started_at > interval '1 millisecond')
        THEN
            IF p_register_version <> (SELECT version FROM public.register_version) THEN
                RETURN public.unanswered('stale');
            END IF;
        END IF;
        IF v_code IS NOT NULL THEN
            NULL;  -- cancelled before it came
        ELSIF v_state = 'active' AND v_day >= v_valid_from AND v_day < v_valid_until
            AND v_seq IS NOT NULL
        THEN
            v_code := p_verdict;
        ELSE
            v_code := coalesce(
                (SELECT public.card_refusal(c, v_day) FROM public.card c
                 WHERE c.card_id = p_card_id),
                p_verdict,
                'holder_has_no_wallets');
        END IF;
        -- A PIN is judged only when nothing before it refuses; its try and this answer commit
        -- together.
        IF p_pin_due AND v_code IS NULL AND v_balance_cents >= p_amount_cents THEN
            v_pin := public.judge_pin(v_beneficiary_id, p_pin_mac);
            v_code := v_pin.code;
        END IF;
    END IF;

    IF v_code IS NULL THEN
        v_hash := public.operation_hash(
            p_operation_id, 2, 1, 0, p_partner_id, p_outlet_id, p_terminal_id, p_actor_id,
            p_card_id, v_beneficiary_id, v_school_year, p_wallet, p_amount_cents,
            v_balance_cents - p_amount_cents, v_seq + 1, NULL, p_pin_due, NULL, v_at, v_day);
        UPDATE public.wallet
        SET balance_cents = balance_cents - p_amount_cents,
            seq = seq + 1,
            head = sha256(head || v_hash)
        WHERE beneficiary_id = v_beneficiary_id
          AND school_year = v_school_year
          AND wallet = p_wallet
          AND state = 'open'
          AND v_day >= valid_from
          AND v_day < valid_until
          AND balance_cents >= p_amount_cents;  -- never beyond the balance
        IF FOUND THEN
            -- Three plain statements: joined into one by WITH they cost more, and they commit together
            -- either way.
            INSERT INTO public.operation (
                operation_id, kind, outcome, partner_id, outlet_id, terminal_id, actor_id, card_id,
                beneficiary_id, school_year, wallet, amount_cents, balance_after_cents, wallet_seq,
                pin_checked, accepted_at, business_day, hash
            ) VALUES (
                p_operation_id, 'debit', 'approved', p_partner_id, p_outlet_id, p_terminal_id,
                p_actor_id, p_card_id, v_beneficiary_id, v_school_year, p_wallet, p_amount_cents,
                v_balance_cents - p_amount_cents, v_seq + 1, p_pin_due, v_at, v_day, v_hash
            ) RETURNING operation_no INTO v_operation_no;
            INSERT INTO public.notification_outbox (operation_id) VALUES (p_operation_id);
            RETURN ROW(
                'recorded', v_operation_no, p_operation_id, 'approved', NULL, v_last4, p_wallet,
                p_amount_cents, v_balance_cents - p_amount_cents, NULL, v_at, v_day
            )::public.debit_answer;
        END IF;
        v_code := 'insufficient_balance';
    END IF;

    RETURN public.declined_debit(
        p_operation_id, v_code, p_partner_id, p_outlet_id, p_terminal_id, p_actor_id, p_card_id,
        v_beneficiary_id, v_school_year, p_wallet, p_amount_cents,
        CASE WHEN v_code = 'insufficient_balance' THEN v_balance_cents END,
        v_pin.tries_left, v_code = 'pin_wrong', v_at, v_day, v_last4);
END $$;
