-- Makes what a run held owed again, when it will never be paid: its lines stand for nothing any more,
-- and what was carried into it, or presented again by it, waits for another. The application may not touch a line's `live`
-- itself: a debit that was paid must stay paid whatever a program believes.
CREATE OR REPLACE FUNCTION free_run(p_run_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM FROM reimbursement_run
    WHERE run_id = p_run_id AND state = 'cancelled' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % may still be paid', p_run_id;
    END IF;
    UPDATE remittance_line l SET live = false FROM remittance m
    WHERE m.remittance_id = l.remittance_id AND m.run_id = p_run_id AND l.live;
    DELETE FROM remittance_carry c USING remittance m
    WHERE m.remittance_id = c.into_remittance_id AND m.run_id = p_run_id;
    DELETE FROM remittance_re_presentation p USING remittance m
    WHERE m.remittance_id = p.into_remittance_id AND m.run_id = p_run_id;
END $$;
