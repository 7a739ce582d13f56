-- An answer that decides nothing and stores nothing: the same id may come again.
CREATE OR REPLACE FUNCTION unanswered(p_status text) RETURNS debit_answer
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_answer debit_answer;
BEGIN
    v_answer.status := p_status;
    RETURN v_answer;
END $$;
