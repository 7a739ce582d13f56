-- The only clock of the product; Python asks this one too.
-- clock_timestamp(), not now(): a debit that waited for a lock over midnight must read the new day.
CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;
