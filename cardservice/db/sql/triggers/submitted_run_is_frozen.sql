CREATE OR REPLACE TRIGGER submitted_run_is_frozen
BEFORE INSERT OR UPDATE OR DELETE ON reimbursement_run
FOR EACH ROW EXECUTE FUNCTION submitted_run_is_frozen();
CREATE OR REPLACE TRIGGER submitted_run_is_frozen
BEFORE INSERT OR UPDATE OR DELETE ON remittance
FOR EACH ROW EXECUTE FUNCTION submitted_run_is_frozen();
CREATE OR REPLACE TRIGGER submitted_run_is_frozen
BEFORE UPDATE ON remittance_line
FOR EACH ROW EXECUTE FUNCTION submitted_run_is_frozen();
CREATE OR REPLACE TRIGGER submitted_run_is_frozen
BEFORE INSERT OR UPDATE OR DELETE ON remittance_carry
FOR EACH ROW EXECUTE FUNCTION submitted_run_is_frozen();
CREATE OR REPLACE TRIGGER submitted_run_is_frozen
BEFORE INSERT OR UPDATE OR DELETE ON remittance_re_presentation
FOR EACH ROW EXECUTE FUNCTION submitted_run_is_frozen();
