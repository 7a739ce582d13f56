-- Only what the bank has sent back is presented again, and only to the partner it belongs to. Whether
-- the reason is gone is for the draft and its controls to say.
CREATE OR REPLACE FUNCTION presented_again_when_failed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('is_superuser') <> 'on' AND NOT EXISTS (
        SELECT FROM remittance failed
        JOIN transfer_answer a USING (remittance_id)
        JOIN remittance again USING (partner_id)
        WHERE failed.remittance_id = NEW.from_remittance_id AND a.outcome = 'failed'
          AND again.remittance_id = NEW.into_remittance_id)
    THEN
        RAISE EXCEPTION 'remittance % has not failed', NEW.from_remittance_id;
    END IF;
    RETURN NEW;
END $$;
