"""Takes what the ledger left in the outbox and makes notices of it (C59).

The law: the outbox row, the notice and what waits to be pushed and mailed go in one transaction:
killed anywhere, it happened whole or not at all, and the next round does it. One mover works at a
time; a debit never waits for it, because it only inserts. Who has no online member is told nothing,
and nothing is kept for them: the ledger knows their sales. Of an erased person nothing is told.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.turns import NOTICES, took_turn
from cardservice.services.announce import NewNotice, announce

# So many are told in one commit: a busy hour is emptied in seconds, and a cut loses little work.
MOST_AT_ONCE: Final = 500

_TAKE: Final = """
DELETE FROM notification_outbox
WHERE ctid = ANY (ARRAY(SELECT ctid FROM notification_outbox LIMIT :most))
RETURNING operation_id
"""

_TELL: Final = """
WITH told AS (
    INSERT INTO notice (beneficiary_id, kind, subject, operation_id, facts, at)
    SELECT o.beneficiary_id, o.kind, o.operation_id::text, o.operation_id,
           jsonb_build_object('amount_cents', o.amount_cents, 'wallet', o.wallet,
                              'at', o.accepted_at),
           ledger_now()
    FROM operation o JOIN beneficiary b USING (beneficiary_id)
    WHERE o.operation_id = ANY (CAST(:operation_ids AS uuid[])) AND b.erased_at IS NULL
      AND EXISTS (SELECT FROM member m WHERE m.beneficiary_id = o.beneficiary_id)
    ORDER BY o.operation_no
    ON CONFLICT (beneficiary_id, kind, subject) DO NOTHING
    RETURNING notice_id, beneficiary_id, kind, facts, at
)
SELECT n.notice_id, n.kind, n.facts, n.at, m.member_id, m.email,
       m.notices_by_push, m.notices_by_mail, m.quiet_from, m.quiet_until
FROM told n LEFT JOIN member m ON m.beneficiary_id = n.beneficiary_id AND m.closed_at IS NULL
ORDER BY n.notice_id
"""


def tell_notices(engine: Engine) -> bool:
    """Moves one batch. Whether another may follow at once: False when nothing waits, or when
    somebody else is at it."""
    with unit_of_work(engine) as connection:
        if not took_turn(connection, NOTICES):
            return False
        taken = connection.execute(text(_TAKE), {"most": MOST_AT_ONCE}).scalars().all()
        rows = connection.execute(text(_TELL), {"operation_ids": taken}).all() if taken else []
        announce(connection, (NewNotice(*row) for row in rows))
        return bool(taken)
