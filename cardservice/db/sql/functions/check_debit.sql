-- The verdict a debit would get now; takes no lock and writes nothing. Where a PIN is due and not
-- blocked the verdict is pin_required. `balance_cents` is NULL when no wallet was reached.
CREATE OR REPLACE FUNCTION check_debit(
    p_card_id bigint,
    p_wallet text,
    p_amount_cents bigint,
    p_identified_until timestamptz,
    p_verdict text,
    p_pin_due boolean,
    OUT expired boolean, OUT code text, OUT last4 text, OUT balance_cents bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_card card;
    v_at timestamptz := ledger_now();
    v_day date := business_day(v_at);
    v_tries smallint;
BEGIN
    SELECT * INTO v_card FROM card c WHERE c.card_id = p_card_id;
    expired := NOT FOUND OR v_at >= p_identified_until;
    IF expired THEN
        RETURN;
    END IF;
    last4 := v_card.last4;
    code := coalesce(card_refusal(v_card, v_day), p_verdict);
    IF code IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT w.balance_cents INTO balance_cents FROM wallet w
    WHERE w.beneficiary_id = v_card.beneficiary_id AND w.school_year = v_card.school_year
      AND w.wallet = p_wallet;
    IF NOT FOUND THEN
        code := 'holder_has_no_wallets';
    ELSIF balance_cents < p_amount_cents THEN
        code := 'insufficient_balance';
    ELSIF p_pin_due THEN
        SELECT h.tries INTO v_tries FROM holder_pin h
        WHERE h.beneficiary_id = v_card.beneficiary_id;
        code := CASE WHEN v_tries < 3 THEN 'pin_required' ELSE 'pin_blocked' END;
    END IF;
END $$;
