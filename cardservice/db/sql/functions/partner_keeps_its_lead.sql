-- Somebody answers for every partner, always (C32): checked when the transaction ends, so that the
-- lead can be handed over in it. "At most one" is the index uq_delegate_lead.
CREATE OR REPLACE FUNCTION partner_keeps_its_lead() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM delegate
        WHERE partner_id = coalesce(NEW.partner_id, OLD.partner_id)
          AND role = 'lead' AND state <> 'removed'
    ) THEN
        RAISE EXCEPTION 'partner % has no lead delegate', coalesce(NEW.partner_id, OLD.partner_id)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
