-- Why a card cannot pay on a day, or NULL: one rule for identification, check and debit.
-- What happened to a card stays true of it, and the first that applies is told: a card that was never
-- activated says so even when it was blocked or replaced since.
CREATE OR REPLACE FUNCTION card_refusal(p_card card, p_day date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE
        WHEN p_card.activated_at IS NULL THEN 'card_not_activated'
        WHEN p_card.state = 'blocked' THEN 'card_blocked'
        WHEN p_card.state = 'paused' THEN 'card_paused'
        WHEN p_card.replaced_by IS NOT NULL THEN 'card_replaced'
        ELSE public.year_refusal(
            p_card.school_year, p_card.valid_from, p_card.valid_until, p_day)
    END;
END $$;
