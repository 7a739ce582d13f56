-- The clock of demo and test databases: the same, moved by the one row of demo_clock.
-- Applied only when such a database is made; a real one has no table to move its clock with.
CREATE TABLE IF NOT EXISTS demo_clock (
    one_row smallint PRIMARY KEY CHECK (one_row = 1),
    shift interval NOT NULL
);
INSERT INTO demo_clock VALUES (1, interval '0') ON CONFLICT DO NOTHING;
GRANT SELECT, UPDATE ON demo_clock TO cjeune_app;

CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN clock_timestamp() + (SELECT shift FROM public.demo_clock);
END $$;

-- Services keep a copy of the clock: a moved one must reach them at their next step.
CREATE OR REPLACE TRIGGER register_moved AFTER UPDATE ON demo_clock
FOR EACH STATEMENT EXECUTE FUNCTION register_moved();
