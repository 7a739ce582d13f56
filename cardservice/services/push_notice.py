"""Pushes the notices that wait, one by one: at least once, under the same tag each time (C59).

The law: a try is counted, and the next one set, in a transaction of its own before it is made, so
that whatever happens the push is put off or marked, and no transaction waits for a foreign server.
Pauses grow; a day after the first try it is given up, or at once when the service says never; a
browser that has left is forgotten. A service that is away is left alone for a while with all that
waits for it, and the others go on. Addresses are not logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.db.queries.turns import PUSHES, wait_for_turn
from cardservice.domain.push import Push, PushGone, PushRefused, PushServiceAway

Carry = Callable[[Push], None]

# Longer than a try may take (adapters/push/carrier.py): nobody else takes it up meanwhile.
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)

# A service that is being tried comes after the others; one that was just away does not come.
_DUE: Final = """
WITH busy AS (
    SELECT s.host, bool_or(w.was_away) AS is_away
    FROM waiting_push w JOIN push_subscription s USING (subscription_id)
    WHERE w.given_up_at IS NULL AND w.tried_at > ledger_now() - CAST(:first_pause AS interval)
    GROUP BY s.host
)
SELECT w.push_id, w.notice_id, s.endpoint, s.p256dh, s.auth, n.kind, n.facts, s.is_discreet, w.tries
FROM waiting_push w
JOIN push_subscription s USING (subscription_id) JOIN notice n USING (notice_id)
LEFT JOIN busy ON busy.host = s.host
WHERE w.given_up_at IS NULL AND w.next_try_at <= ledger_now() AND busy.is_away IS NOT TRUE
ORDER BY busy.host IS NOT NULL, w.next_try_at, w.push_id LIMIT 1
FOR NO KEY UPDATE OF w SKIP LOCKED
"""

# The last try is marked as given up before it is made: what is taken after all goes.
_COUNT: Final = """
UPDATE waiting_push SET tries = tries + 1, tried_at = ledger_now(), was_away = false,
    first_try_at = coalesce(first_try_at, next_try_at),
    next_try_at = ledger_now() + CAST(:pause AS interval),
    given_up_at = CASE WHEN ledger_now() >= coalesce(first_try_at, next_try_at)
                            + CAST(:patience AS interval) THEN ledger_now() END
WHERE push_id = :push_id
"""
_AWAY: Final = "UPDATE waiting_push SET was_away = true WHERE push_id = :push_id"
_NEVER: Final = "UPDATE waiting_push SET given_up_at = ledger_now() WHERE push_id = :push_id"
_TAKEN: Final = "DELETE FROM waiting_push WHERE push_id = :push_id"
# Whatever waits for the browser goes with it.
_GONE: Final = """
DELETE FROM push_subscription WHERE subscription_id =
    (SELECT subscription_id FROM waiting_push WHERE push_id = :push_id)
"""

_log = logging.getLogger("cjeune.push")


def push_one_notice(engine: Engine, carry: Carry) -> bool:
    """Tries one push that is due. Whether another may follow at once: False when nothing is due
    but what waits for services that are away."""
    chosen = _chosen(engine)
    if chosen is None:
        return False
    outcome = _tried(carry, chosen)
    if outcome is not None:
        with unit_of_work(engine) as connection:
            connection.execute(text(outcome), {"push_id": chosen.push_id})
    return True


def _chosen(engine: Engine) -> Push | None:
    with unit_of_work(engine) as connection:
        # Who chooses sees what the others have just taken.
        wait_for_turn(connection, PUSHES)
        row = connection.execute(text(_DUE), {"first_pause": FIRST_PAUSE}).one_or_none()
        if row is None:
            return None
        connection.execute(
            text(_COUNT),
            {
                "push_id": row.push_id,
                "pause": min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 10)),
                "patience": GIVEN_UP_AFTER,
            },
        )
        return _push_of(row, wall_seconds(connection))


def _tried(carry: Carry, push: Push) -> str | None:
    """What is to be written down of a try; None when it is put off, as it is already."""
    try:
        carry(push)
    except PushGone:
        _log.info("push=%d gone: the browser is forgotten", push.push_id)
        return _GONE
    except PushRefused as refused:
        _log.warning("push=%d kind=%s given up: %s", push.push_id, push.kind, refused)
        return _NEVER
    except PushServiceAway:
        _log.warning("push=%d put off: its service is away", push.push_id)
        return _AWAY
    except Exception as failure:
        # Whatever goes wrong with one push must not stop those behind it.
        _log.warning("push=%d put off: %s", push.push_id, type(failure).__name__)
        return None
    return _TAKEN


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
