-- Why a card cannot pay on a day, or NULL: one rule for identification, check and debit.
-- `card_obsolete` once a later year has begun, `school_year_over` from 1 September until then.
CREATE OR REPLACE FUNCTION card_refusal(
    p_state text, p_school_year smallint, p_valid_from date, p_valid_until date, p_day date
) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_state = 'active' AND p_day >= p_valid_from AND p_day < p_valid_until THEN
        RETURN NULL;
    END IF;
    RETURN CASE
        WHEN p_state = 'issued' THEN 'card_not_activated'
        WHEN p_state = 'blocked' THEN 'card_blocked'
        WHEN p_state = 'paused' THEN 'card_paused'
        WHEN p_state = 'replaced' THEN 'card_replaced'
        WHEN p_day < p_valid_from THEN 'school_year_not_started'
        WHEN EXISTS (
            SELECT FROM public.school_year s
            WHERE s.school_year > p_school_year AND s.first_day <= p_day
        ) THEN 'card_obsolete'
        ELSE 'school_year_over'
    END;
END $$;
