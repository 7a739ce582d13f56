"""Removes what signing in leaves behind when it is over: links, sessions, counts, mail given up.

The law: nothing here decides anything; whatever it removes had stopped counting before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.services.erased_people import forget_erased_people
from cardservice.services.guess_guard import FORGOTTEN_AFTER
from cardservice.services.web_sessions import HALF_DONE, OLDEST, YOUTH_OLDEST

# An old link still knows to whom a new one may be sent.
LINKS_KEPT: Final = timedelta(days=30)
MAIL_KEPT: Final = timedelta(days=30)
_MOST: Final = 1_000

_OVER: Final = (
    (
        "DELETE FROM web_session WHERE session_hash IN (SELECT session_hash FROM web_session"
        " WHERE started_at < ledger_now() - CASE WHEN stage = 'open' AND realm = 'youth'"
        " THEN CAST(:youth_oldest AS interval) WHEN stage = 'open' THEN CAST(:oldest AS interval)"
        " ELSE CAST(:half_done AS interval) END LIMIT :most)"
    ),
    (
        "DELETE FROM sign_in_link WHERE link_hash IN (SELECT link_hash FROM sign_in_link"
        " WHERE expires_at < ledger_now() - CAST(:links_kept AS interval) LIMIT :most)"
    ),
    (
        "DELETE FROM member_link WHERE link_hash IN (SELECT link_hash FROM member_link"
        " WHERE expires_at < ledger_now() - CAST(:links_kept AS interval) LIMIT :most)"
    ),
    (
        "DELETE FROM sign_in_guard WHERE guarded IN (SELECT guarded FROM sign_in_guard"
        " WHERE last_failed_at < ledger_now() - CAST(:forgotten AS interval) LIMIT :most)"
    ),
    (
        "DELETE FROM waiting_mail WHERE mail_id IN (SELECT mail_id FROM waiting_mail"
        " WHERE given_up_at < ledger_now() - CAST(:mail_kept AS interval) LIMIT :most)"
    ),
)


def forget_sign_ins(engine: Engine) -> None:
    """A small round: at most a thousand rows of each kind, one transaction for each."""
    kept = {
        "oldest": OLDEST,
        "youth_oldest": YOUTH_OLDEST,
        "half_done": HALF_DONE,
        "links_kept": LINKS_KEPT,
        "forgotten": FORGOTTEN_AFTER,
        "mail_kept": MAIL_KEPT,
        "most": _MOST,
    }
    for statement in _OVER:
        with unit_of_work(engine) as connection:
            wanted = {name: value for name, value in kept.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    forget_erased_people(engine)
