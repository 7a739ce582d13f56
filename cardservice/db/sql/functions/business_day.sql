-- The day that a money movement read at p_at belongs to: its Paris date, or the day after the
-- last closed one when that is later, so that nothing ever lands in a closed day.
CREATE OR REPLACE FUNCTION business_day(p_at timestamptz) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN greatest(
        (p_at AT TIME ZONE 'Europe/Paris')::date,
        (SELECT first_open_day FROM open_day)
    );
END $$;
