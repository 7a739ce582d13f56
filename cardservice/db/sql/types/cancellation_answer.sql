-- What a cancellation call says. status: recorded, replayed, reused (another partner's id).
CREATE TYPE cancellation_answer AS (
    status text,
    operation_no bigint,
    operation_id uuid,
    outcome text,
    code text,
    balance_after_cents bigint,
    accepted_at timestamptz,
    is_tombstone boolean
);
