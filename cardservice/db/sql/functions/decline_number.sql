-- The stable number under which a decline code enters the hashes. Never renumber.
CREATE OR REPLACE FUNCTION decline_number(p_code text) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN CASE p_code
        WHEN 'operation_cancelled' THEN 1
        WHEN 'identification_expired' THEN 2
        WHEN 'card_unknown' THEN 3
        WHEN 'card_not_activated' THEN 4
        WHEN 'card_blocked' THEN 5
        WHEN 'card_paused' THEN 6
        WHEN 'screen_code_expired' THEN 7
        WHEN 'card_replaced' THEN 8
        WHEN 'card_obsolete' THEN 9
        WHEN 'school_year_not_started' THEN 10
        WHEN 'school_year_over' THEN 11
        WHEN 'holder_has_no_wallets' THEN 12
        WHEN 'agreement_not_in_force' THEN 13
        WHEN 'wallet_not_accepted' THEN 14
        WHEN 'identity_not_checked' THEN 15
        WHEN 'amount_above_terminal_limit' THEN 16
        WHEN 'insufficient_balance' THEN 17
        WHEN 'pin_blocked' THEN 18
        WHEN 'pin_required' THEN 19
        WHEN 'pin_wrong' THEN 20
        WHEN 'cancellation_day_over' THEN 31
        WHEN 'debit_was_declined' THEN 32
    END;
END $$;
