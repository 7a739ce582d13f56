-- Who grants, and who sets the budget of a school year and wallet, take turns: each sees what the
-- other has committed. Held until the transaction ends; no sale ever waits for it.
CREATE OR REPLACE FUNCTION hold_budget(p_school_year smallint, p_wallet text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(14, p_school_year * 2 + (p_wallet = 'tutoring')::int);
END $$;
