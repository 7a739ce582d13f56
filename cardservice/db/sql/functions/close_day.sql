-- Writes the marker of a closed day: from now on no money call can land in it. Takes the day lock
-- exclusively, for these two rows only; sealing follows outside. False when it was closed before.
CREATE OR REPLACE FUNCTION close_day(p_day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(13, 1);
    IF EXISTS (SELECT FROM day_block WHERE business_day = p_day) THEN
        RETURN false;
    END IF;
    IF p_day >= (ledger_now() AT TIME ZONE 'Europe/Paris')::date THEN
        RAISE EXCEPTION 'day % is not over', p_day;
    END IF;
    IF EXISTS (SELECT FROM day_block WHERE business_day > p_day)
        OR (EXISTS (SELECT FROM day_block)
            AND NOT EXISTS (SELECT FROM day_block WHERE business_day = p_day - 1)) THEN
        RAISE EXCEPTION 'day % is not the next one to close', p_day;
    END IF;
    INSERT INTO day_block (business_day, closed_at) VALUES (p_day, ledger_now());
    UPDATE open_day SET first_open_day = p_day + 1;
    RETURN true;
END $$;
