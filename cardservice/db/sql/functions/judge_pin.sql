-- Judges a PIN under the caller's card lock: the try and the caller's answer commit together, so that
-- parallel or killed requests win no free try. Three wrong in a row block; a right one resets.
CREATE OR REPLACE FUNCTION judge_pin(p_beneficiary_id bigint, p_pin_mac bytea) RETURNS pin_verdict
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_tries smallint;
    v_mac bytea;
BEGIN
    SELECT tries, mac INTO v_tries, v_mac
    FROM public.holder_pin WHERE beneficiary_id = p_beneficiary_id FOR NO KEY UPDATE;
    IF NOT FOUND OR v_tries >= 3 THEN
        RETURN ROW('pin_blocked', NULL)::public.pin_verdict;
    ELSIF p_pin_mac IS NULL THEN
        RETURN ROW('pin_required', NULL)::public.pin_verdict;
    ELSIF v_mac <> p_pin_mac THEN
        UPDATE public.holder_pin SET tries = v_tries + 1 WHERE beneficiary_id = p_beneficiary_id;
        RETURN ROW('pin_wrong', 2 - v_tries)::public.pin_verdict;
    END IF;
    UPDATE public.holder_pin SET tries = 0 WHERE beneficiary_id = p_beneficiary_id AND tries > 0;
    RETURN ROW(NULL, NULL)::public.pin_verdict;
END $$;
