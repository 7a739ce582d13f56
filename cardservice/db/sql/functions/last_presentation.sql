-- The remittance that a remittance's money stands on now: the last one that presents it again, or
-- itself. Ask it only of one that has failed: any other is its own answer.
CREATE OR REPLACE FUNCTION last_presentation(p_remittance_id bigint) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    v_next bigint;
BEGIN
    LOOP
        SELECT into_remittance_id INTO v_next FROM remittance_re_presentation
        WHERE from_remittance_id = p_remittance_id;
        IF NOT FOUND THEN
            RETURN p_remittance_id;
        END IF;
        p_remittance_id := v_next;
    END LOOP;
END $$;
