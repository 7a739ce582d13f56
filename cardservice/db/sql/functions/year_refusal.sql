-- Why a card of a school year cannot pay on a day, or NULL (C20, C21, C23): `card_obsolete` once a
-- later year has begun, `school_year_over` from 1 September until then.
CREATE OR REPLACE FUNCTION year_refusal(
    p_school_year smallint, p_valid_from date, p_valid_until date, p_day date
) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE
        WHEN p_day >= p_valid_from AND p_day < p_valid_until THEN NULL
        WHEN p_day < p_valid_from THEN 'school_year_not_started'
        WHEN EXISTS (
            SELECT FROM public.school_year s
            WHERE s.school_year > p_school_year AND s.first_day <= p_day
        ) THEN 'card_obsolete'
        ELSE 'school_year_over'
    END;
END $$;
