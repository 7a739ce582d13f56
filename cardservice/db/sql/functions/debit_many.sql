-- A batch of debits in one commit: a short loop over the one function that holds the rule.
-- All its ids are locked before any of its cards, in one order: a batch, its twin in another process
-- and a cancellation then queue and never wait for each other in a ring. Cards are not waited for.
-- Answers nothing at all when the register (terminals, agreements, partners) has changed since the
-- caller read it: its verdicts are stale and it must think again.
CREATE OR REPLACE FUNCTION debit_many(
    p_register_version bigint,
    p_operation_id uuid[],
    p_partner_id bigint[],
    p_outlet_id bigint[],
    p_terminal_id bigint[],
    p_actor_id bigint[],
    p_card_id bigint[],
    p_wallet text[],
    p_amount_cents bigint[],
    p_identified_until timestamptz[],
    p_suspended boolean[],
    p_verdict text[],
    p_pin_due boolean[],
    p_pin_mac bytea[],
    p_judged_on date[],
    p_wait boolean
) RETURNS SETOF debit_answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF (SELECT version FROM register_version) <> p_register_version THEN
        RETURN;
    END IF;
    IF cardinality(p_operation_id) > 1 THEN
        PERFORM hold_day_open();
        PERFORM pg_advisory_xact_lock(one.id)
        FROM (SELECT uuid_hash_extended(o, 0) AS id FROM unnest(p_operation_id) o ORDER BY 1) one;
    END IF;
    FOR i IN 1 .. cardinality(p_operation_id) LOOP
        RETURN NEXT debit(
            p_operation_id[i], p_partner_id[i], p_outlet_id[i], p_terminal_id[i], p_actor_id[i],
            p_card_id[i], p_wallet[i], p_amount_cents[i], p_identified_until[i], p_suspended[i],
            p_verdict[i], p_pin_due[i], p_pin_mac[i], p_wait, p_register_version, p_judged_on[i]
        );
    END LOOP;
END $$;
