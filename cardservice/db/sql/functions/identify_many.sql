-- What a till may learn from readings, many at once: the card, its refusal on this day, its holder
-- and his wallets. Every reading gets a row, unknown ones too, in the same time. Writes nothing.
CREATE OR REPLACE FUNCTION identify_many(p_code_mac bytea[])
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
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_at timestamptz := ledger_now();
    v_day date := business_day(v_at);
    v_version bigint := (SELECT version FROM register_version r);
BEGIN
    RETURN QUERY
    SELECT
        v_at, v_day, v_version, c.card_id,
        CASE WHEN c.card_id IS NOT NULL THEN card_refusal(c, v_day) END,
        c.last4::text, c.school_year, c.beneficiary_id, b.first_name, b.last_name, b.birth_date,
        EXISTS (SELECT FROM holder_photo p WHERE p.beneficiary_id = c.beneficiary_id),
        (SELECT jsonb_object_agg(w.wallet, w.balance_cents) FROM wallet w
         WHERE w.beneficiary_id = c.beneficiary_id AND w.school_year = c.school_year)
    FROM unnest(p_code_mac) WITH ORDINALITY AS reading (code_mac, place)
    LEFT JOIN card c ON c.code_mac = reading.code_mac
    LEFT JOIN beneficiary b ON b.beneficiary_id = c.beneficiary_id
    ORDER BY reading.place;
END $$;
