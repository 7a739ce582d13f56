-- Turns down what waits; who decided is written here and nowhere else. False when it was decided
-- before.
CREATE OR REPLACE FUNCTION refuse_regularisation(p_regularisation_id bigint, p_agent_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE regularisation
    SET state = 'refused', decided_by = p_agent_id, decided_at = ledger_now()
    WHERE regularisation_id = p_regularisation_id AND state = 'waiting';
    RETURN FOUND;
END $$;
