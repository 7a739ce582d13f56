-- An operation is never changed or removed. The application has no right to; this stops the owner's
-- own slips. A superuser could drop the trigger anyway: against him there is `cjeune proof`.
CREATE OR REPLACE FUNCTION operation_is_kept() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('is_superuser') = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'operations are append-only: book a new one';
END $$;
