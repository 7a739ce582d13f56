-- Moves a wallet by a signed number of cents for an operation that was just recorded with its next
-- sequence number; never below zero, never above the grant. The caller has locked card and wallet.
CREATE OR REPLACE FUNCTION move_wallet(op operation, p_by_cents bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE wallet
    SET balance_cents = balance_cents + p_by_cents,
        seq = seq + 1,
        head = sha256(head || op.hash)
    WHERE beneficiary_id = op.beneficiary_id AND school_year = op.school_year
      AND wallet = op.wallet AND state = 'open' AND seq = op.wallet_seq - 1
      AND balance_cents + p_by_cents BETWEEN 0 AND granted_cents;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'operation % cannot move its wallet', op.operation_id;
    END IF;
END $$;
