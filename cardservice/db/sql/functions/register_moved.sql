-- A partner, agreement, outlet or terminal changed: services that cached them must read again.
CREATE OR REPLACE FUNCTION register_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE register_version SET version = version + 1;
    RETURN NULL;
END $$;
