-- Lines come into a draft and go out of one; those of a run that was submitted stay as they are. Asked
-- once for all lines of a statement: a fortnight has a million, and a question for each of them took
-- longer than all the rest of its draft. Never by nested loops: this function keeps its plan, and the
-- first draft of all finds tables that were empty when it was made.
CREATE OR REPLACE FUNCTION lines_of_a_draft() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
    IF current_setting('is_superuser') = 'on' THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM changed JOIN remittance USING (remittance_id) JOIN reimbursement_run r USING (run_id)
        WHERE r.state NOT IN ('draft', 'rejected'))
    THEN
        RAISE EXCEPTION 'remittance_line belongs to a run frozen since its submission';
    END IF;
    RETURN NULL;
END $$;
