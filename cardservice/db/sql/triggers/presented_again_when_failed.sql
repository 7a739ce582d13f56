CREATE OR REPLACE TRIGGER presented_again_when_failed
BEFORE INSERT OR UPDATE ON remittance_re_presentation
FOR EACH ROW EXECUTE FUNCTION presented_again_when_failed();
