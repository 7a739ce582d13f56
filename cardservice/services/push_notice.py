"""Pushes the notices that wait, one by one: at least once, under the same tag each time (C59).

The law: as the postman's (post_mail.py): the row is locked while it is handed over and goes in the
same transaction. What fails is tried again after growing pauses and marked as given up after a day,
or at once when the service says never; a browser that has left is forgotten. One push at a time to
one browser. Addresses are not logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.push import Push, PushGone, PushRefused

Carry = Callable[[Push], None]

FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)
# A push service takes its time, and this transaction waits for it.
_PATIENCE: Final = "SET LOCAL idle_in_transaction_session_timeout = '1min'"

_DUE: Final = """
SELECT w.push_id, w.notice_id, s.endpoint, s.p256dh, s.auth, n.kind, n.facts, s.is_discreet,
       w.subscription_id, w.written_at, w.tries
FROM waiting_push w
JOIN push_subscription s USING (subscription_id) JOIN notice n USING (notice_id)
WHERE w.given_up_at IS NULL AND w.next_try_at <= ledger_now()
ORDER BY w.next_try_at, w.push_id LIMIT 1
FOR NO KEY UPDATE OF w, s SKIP LOCKED
"""

_log = logging.getLogger("cjeune.push")


def push_one_notice(engine: Engine, carry: Carry) -> bool:
    """Hands over one push that is due. Whether another may follow at once."""
    with unit_of_work(engine) as connection:
        connection.execute(text(_PATIENCE))
        row = connection.execute(text(_DUE)).one_or_none()
        if row is None:
            return False
        try:
            carry(_push_of(row, wall_seconds(connection)))
        except PushGone:
            # Whatever waits for it goes with it.
            _forget(connection, row.subscription_id)
            _log.info("push=%d gone: the browser is forgotten", row.push_id)
        except PushRefused as refused:
            _give_up(connection, row.push_id)
            _log.warning("push=%d kind=%s given up: %s", row.push_id, row.kind, refused)
        except Exception as failure:
            # Whatever goes wrong with one push must not stop those behind it.
            _put_off(connection, row)
            _log.warning("push=%d put off: %s", row.push_id, type(failure).__name__)
        else:
            _drop(connection, row.push_id)
        return True


def _push_of(row: Any, at_seconds: int) -> Push:
    return Push(
        row.push_id,
        row.notice_id,
        row.endpoint,
        row.p256dh,
        row.auth,
        row.kind,
        row.facts,
        row.is_discreet,
        at_seconds,
    )


def _forget(connection: Connection, subscription_id: int) -> None:
    connection.execute(
        text("DELETE FROM push_subscription WHERE subscription_id = :subscription_id"),
        {"subscription_id": subscription_id},
    )


def _drop(connection: Connection, push_id: int) -> None:
    connection.execute(
        text("DELETE FROM waiting_push WHERE push_id = :push_id"), {"push_id": push_id}
    )


def _give_up(connection: Connection, push_id: int) -> None:
    connection.execute(
        text(
            "UPDATE waiting_push SET given_up_at = ledger_now(), tries = tries + 1"
            " WHERE push_id = :push_id"
        ),
        {"push_id": push_id},
    )


def _put_off(connection: Connection, row: Any) -> None:
    is_over = connection.execute(
        text("SELECT ledger_now() >= :written_at + :patience"),
        {"written_at": row.written_at, "patience": GIVEN_UP_AFTER},
    ).scalar_one()
    if is_over:
        _give_up(connection, row.push_id)
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 10))
    connection.execute(
        text(
            "UPDATE waiting_push SET tries = tries + 1, next_try_at = ledger_now() + :pause"
            " WHERE push_id = :push_id"
        ),
        {"push_id": row.push_id, "pause": pause},
    )
