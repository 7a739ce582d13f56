-- What was submitted is what will be paid: after submission only state, people, number and file of a
-- run may move, and its remittances and lines not at all (the number is given at approval).
CREATE OR REPLACE FUNCTION submitted_run_is_frozen() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_state text;
BEGIN
    IF current_setting('is_superuser') = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_TABLE_NAME = 'reimbursement_run' THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a run is never deleted';
        ELSIF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'draft' THEN
                RAISE EXCEPTION 'a run begins as a draft';
            END IF;
            RETURN NEW;
        END IF;
        IF OLD.state IN ('approved', 'exported', 'accepted', 'paid', 'bank_rejected')
            AND NEW.state IN ('draft', 'submitted', 'rejected') THEN
            RAISE EXCEPTION 'run % was approved and is not taken back', OLD.run_id;
        END IF;
        IF OLD.exported_at IS NOT NULL AND NEW.state = 'cancelled' THEN
            RAISE EXCEPTION 'run % was exported: only the bank can send it back', OLD.run_id;
        END IF;
        -- The arrows that a program may take. A cancelled run is over, and what went to the bank only
        -- the bank's answer moves.
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('draft', 'submitted'), ('draft', 'cancelled'),
            ('rejected', 'draft'), ('rejected', 'submitted'), ('rejected', 'cancelled'),
            ('submitted', 'rejected'), ('submitted', 'approved'), ('submitted', 'cancelled'),
            ('approved', 'exported'), ('approved', 'cancelled'),
            ('exported', 'accepted'), ('exported', 'paid'), ('accepted', 'paid'),
            ('exported', 'bank_rejected'), ('accepted', 'bank_rejected'))
        THEN
            RAISE EXCEPTION 'run % does not go from % to %', OLD.run_id, OLD.state, NEW.state;
        END IF;
        -- The bank's word for a run is what it said of each of its transfers.
        IF NEW.state <> OLD.state AND (
            (NEW.state IN ('paid', 'bank_rejected') AND EXISTS (
                SELECT FROM remittance m WHERE m.run_id = OLD.run_id AND m.transfer_cents > 0
                AND NOT EXISTS (SELECT FROM transfer_answer a
                                WHERE a.remittance_id = m.remittance_id)))
            OR (NEW.state = 'bank_rejected' AND EXISTS (
                SELECT FROM remittance m JOIN transfer_answer a USING (remittance_id)
                WHERE m.run_id = OLD.run_id AND a.outcome = 'paid')))
        THEN
            RAISE EXCEPTION 'run % is not % by what the bank answered', OLD.run_id, NEW.state;
        END IF;
        IF OLD.state NOT IN ('draft', 'rejected') AND NEW.state NOT IN ('draft', 'rejected')
            AND ROW(NEW.period_key, NEW.attempt, NEW.debits, NEW.partners, NEW.gross_cents,
                    NEW.corrections_cents, NEW.carried_in_cents, NEW.carried_out_cents,
                    NEW.re_presented_cents, NEW.transfers_cents, NEW.content_hash,
                    NEW.submitted_by)
                IS DISTINCT FROM
                ROW(OLD.period_key, OLD.attempt, OLD.debits, OLD.partners, OLD.gross_cents,
                    OLD.corrections_cents, OLD.carried_in_cents, OLD.carried_out_cents,
                    OLD.re_presented_cents, OLD.transfers_cents, OLD.content_hash,
                    OLD.submitted_by)
        THEN
            RAISE EXCEPTION 'run % is frozen since its submission', OLD.run_id;
        END IF;
        -- Who approved, and what was handed to the bank, is written once.
        IF (OLD.state IN ('approved', 'exported', 'accepted', 'paid', 'bank_rejected')
                AND NEW.approved_by IS DISTINCT FROM OLD.approved_by)
            OR (OLD.exported_at IS NOT NULL
                AND ROW(NEW.msg_id, NEW.exported_at, NEW.execution_on)
                    IS DISTINCT FROM ROW(OLD.msg_id, OLD.exported_at, OLD.execution_on))
        THEN
            RAISE EXCEPTION 'run % has been decided', OLD.run_id;
        END IF;
        RETURN NEW;
    ELSIF TG_TABLE_NAME = 'remittance' THEN
        IF TG_OP = 'UPDATE'
            AND ROW(NEW.run_id, NEW.partner_id) IS DISTINCT FROM ROW(OLD.run_id, OLD.partner_id)
        THEN
            RAISE EXCEPTION 'a remittance stays where it was drafted';
        END IF;
        SELECT state INTO v_state FROM reimbursement_run
        WHERE run_id = coalesce(OLD.run_id, NEW.run_id);
        IF v_state IN ('draft', 'rejected')
            OR (TG_OP = 'UPDATE' AND v_state IN ('submitted', 'approved')
                AND (to_jsonb(NEW) - 'number' - 'number_year')
                    = (to_jsonb(OLD) - 'number' - 'number_year'))
        THEN
            RETURN coalesce(NEW, OLD);
        END IF;
    ELSIF TG_TABLE_NAME IN ('remittance_carry', 'remittance_re_presentation') THEN
        SELECT r.state INTO v_state
        FROM reimbursement_run r JOIN remittance m USING (run_id)
        WHERE m.remittance_id = coalesce(OLD.into_remittance_id, NEW.into_remittance_id);
        -- What will never be paid carries nothing and presents nothing again.
        IF v_state IN ('draft', 'rejected')
            OR (TG_OP = 'DELETE' AND v_state = 'cancelled')
        THEN
            RETURN coalesce(NEW, OLD);
        END IF;
    ELSE
        -- Lines that come and go: lines_of_a_draft.sql.
        SELECT r.state INTO v_state
        FROM reimbursement_run r JOIN remittance m USING (run_id)
        WHERE m.remittance_id = OLD.remittance_id;
        -- A line gives its debit free again only when its run will never be paid.
        IF v_state IN ('draft', 'rejected')
            OR (v_state = 'cancelled' AND (to_jsonb(NEW) - 'live') = (to_jsonb(OLD) - 'live'))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% belongs to a run frozen since its submission', TG_TABLE_NAME;
END $$;
