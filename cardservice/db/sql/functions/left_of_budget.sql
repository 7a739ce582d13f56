-- What may still be granted in a school year into the wallets of one kind: the newest budget less
-- what their wallets were given. NULL without a budget: no limit. Negative when the budget was
-- lowered below what had been given. Whoever decides on it holds the budget (hold_budget.sql).
CREATE OR REPLACE FUNCTION left_of_budget(p_school_year smallint, p_wallet text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public AS $$
DECLARE
    v_budget_cents bigint;
BEGIN
    SELECT amount_cents INTO v_budget_cents FROM wallet_budget
    WHERE school_year = p_school_year AND wallet = p_wallet
    ORDER BY wallet_budget_id DESC LIMIT 1;
    IF v_budget_cents IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN v_budget_cents - (
        SELECT coalesce(sum(granted_cents), 0) FROM wallet
        WHERE school_year = p_school_year AND wallet = p_wallet);
END $$;
