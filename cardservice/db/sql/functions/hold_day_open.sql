-- Every money call holds the day open while it works: one fixed *shared* advisory lock.
-- The close takes it exclusively, only to write its marker (functions/close_day.sql).
CREATE OR REPLACE FUNCTION hold_day_open() RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(13, 1);
END $$;
