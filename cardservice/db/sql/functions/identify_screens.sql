-- What a till may learn from the screens of cards, many at once: as identify_many, and a step belongs
-- to the first terminal that read it. The first terminal may read it again; for others, and where the
-- step is not the one of now or a neighbour of it, the refusal is screen_code_expired, in its place of
-- the decline order. A step is claimed only for a card that nothing before that refuses.
--
-- Payloads come here once their signature was found right (cardservice/domain/screen_code.py).
CREATE OR REPLACE FUNCTION identify_screens(
    p_reference text[],
    p_step bigint[],                -- thirty seconds since 1970
    p_terminal_id bigint[]
)
RETURNS TABLE (
    at timestamptz,
    day date,
    register_version bigint,
    card_id bigint,
    refusal text,
    last4 text,
    school_year smallint,
    beneficiary_id bigint,
    first_name text,
    last_name text,
    birth_date date,
    has_photo boolean,
    wallets jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_at timestamptz := ledger_now();
    v_day date := business_day(v_at);
    v_now bigint := floor(extract(epoch FROM v_at) / 30);
    v_code_mac bytea[];
BEGIN
    -- The primary key decides between two terminals: the second waits for the first one's commit.
    -- Sorted, so that two batches never wait for each other in a ring.
    INSERT INTO screen_step AS claimed (card_id, step, terminal_id)
    SELECT DISTINCT ON (c.card_id, reading.step) c.card_id, reading.step, reading.terminal_id
    FROM unnest(p_reference, p_step, p_terminal_id)
        WITH ORDINALITY AS reading (reference, step, terminal_id, place)
    JOIN screen_card s ON s.reference = reading.reference
    JOIN card c ON c.card_id = s.card_id
    WHERE reading.step BETWEEN v_now - 1 AND v_now + 1
      AND (decline_number(card_refusal(c, v_day)) < decline_number('screen_code_expired'))
          IS NOT TRUE
    ORDER BY c.card_id, reading.step, reading.place
    ON CONFLICT DO NOTHING;

    -- What nobody can read any more goes with the next reading: a card keeps a few steps. Two
    -- more than can be read: a batch that waited above still has its own, older now. It waits for
    -- nobody: what another batch has in hand goes with that one.
    DELETE FROM screen_step gone
    USING (
        SELECT old.card_id, old.step
        FROM screen_card s JOIN screen_step old USING (card_id)
        WHERE s.reference = ANY (p_reference) AND old.step < v_now - 3
        FOR UPDATE OF old SKIP LOCKED
    ) AS over
    WHERE gone.card_id = over.card_id AND gone.step = over.step;

    SELECT array_agg(c.code_mac ORDER BY reading.place) INTO v_code_mac
    FROM unnest(p_reference) WITH ORDINALITY AS reading (reference, place)
    LEFT JOIN screen_card s ON s.reference = reading.reference
    LEFT JOIN card c ON c.card_id = s.card_id;

    -- A statement of its own sees what was claimed meanwhile.
    RETURN QUERY
    SELECT
        found.at, found.day, found.register_version, found.card_id,
        CASE
            WHEN found.card_id IS NULL
                OR decline_number(found.refusal) < decline_number('screen_code_expired')
            THEN found.refusal
            WHEN found.step BETWEEN v_now - 1 AND v_now + 1
                AND EXISTS (SELECT FROM screen_step mine
                            WHERE mine.card_id = found.card_id AND mine.step = found.step
                              AND mine.terminal_id = found.terminal_id)
            THEN found.refusal
            ELSE 'screen_code_expired'
        END,
        found.last4, found.school_year, found.beneficiary_id, found.first_name, found.last_name,
        found.birth_date, found.has_photo, found.wallets
    FROM ROWS FROM (identify_many(v_code_mac), unnest(p_step), unnest(p_terminal_id))
        WITH ORDINALITY AS found (
            at, day, register_version, card_id, refusal, last4, school_year, beneficiary_id,
            first_name, last_name, birth_date, has_photo, wallets, step, terminal_id, place)
    ORDER BY found.place;
END $$;
