-- What a debit call says: what became of it, then the stored facts the answer is rendered from.
-- status: recorded (decided now), replayed (decided before), reused (another content or partner),
-- expired (identification), suspended (partner), stale (register or day moved during a wait),
-- busy (card locked by somebody else; p_wait false).
CREATE TYPE debit_answer AS (
    status text,
    operation_no bigint,
    operation_id uuid,
    outcome text,
    code text,
    last4 text,
    wallet text,
    amount_cents bigint,
    balance_after_cents bigint,
    tries_left smallint,
    accepted_at timestamptz,
    business_day date
);
