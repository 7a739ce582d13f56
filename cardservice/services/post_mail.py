"""Posts the mail that waits, one by one: at least once, and as the same message each time.

The law: a row is locked while its mail is handed over and goes in the same transaction, so that
several processes never send one mail twice by themselves; only a server that took it without our
hearing so gets it again, under the same Message-ID. What fails is tried again after growing pauses
and given up after a day, or at once when the server says never. Addresses are not logged.

The link of a mail is derived here, when it leaves; one that a newer has replaced is not sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.keys import Keys
from cardservice.domain.mail import Mail, MailRefused
from cardservice.services.sign_in_links import SECRET_PURPOSE

Send = Callable[[Mail], None]

FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)
# A mail server takes its time, and this transaction waits for it.
_PATIENCE: Final = "SET LOCAL idle_in_transaction_session_timeout = '5min'"

_log = logging.getLogger("cjeune.mail")


def post_due_mail(engine: Engine, keys: Keys, send: Send, *, most: int = 100) -> int:
    """Hands over what is due, `most` at a time; how many mails were looked at."""
    posted = 0
    while posted < most and _post_one(engine, keys, send):
        posted += 1
    return posted


def _post_one(engine: Engine, keys: Keys, send: Send) -> bool:
    with unit_of_work(engine) as connection:
        connection.execute(text(_PATIENCE))
        row = connection.execute(
            text(
                "SELECT m.mail_id, m.recipient, m.kind, m.facts, m.link_nonce, m.written_at,"
                " m.tries, l.used_at IS NOT NULL AS is_replaced FROM waiting_mail m"
                " LEFT JOIN sign_in_link l ON l.nonce = m.link_nonce"
                " WHERE m.given_up_at IS NULL AND m.next_try_at <= ledger_now()"
                " ORDER BY m.next_try_at, m.mail_id LIMIT 1 FOR NO KEY UPDATE OF m SKIP LOCKED"
            )
        ).one_or_none()
        if row is None:
            return False
        if row.is_replaced:
            _drop(connection, row.mail_id)
            return True
        try:
            send(_mail_of(row, keys))
        except MailRefused as refused:
            _give_up(connection, row.mail_id)
            _log.warning("mail=%d kind=%s given up: %s", row.mail_id, row.kind, refused)
        except Exception as failure:
            # Whatever goes wrong with one mail must not stop those behind it.
            _put_off(connection, row)
            reason = type(failure).__name__
            _log.warning("mail=%d kind=%s put off: %s", row.mail_id, row.kind, reason)
        else:
            _drop(connection, row.mail_id)
        return True


def _mail_of(row: Any, keys: Keys) -> Mail:
    secret = None
    if row.link_nonce is not None:
        secret = derived_secret(keys, SECRET_PURPOSE, bytes(row.link_nonce))
    return Mail(row.mail_id, row.recipient, row.kind, row.facts, row.written_at, secret)


def _drop(connection: Connection, mail_id: int) -> None:
    connection.execute(
        text("DELETE FROM waiting_mail WHERE mail_id = :mail_id"), {"mail_id": mail_id}
    )


def _give_up(connection: Connection, mail_id: int) -> None:
    connection.execute(
        text(
            "UPDATE waiting_mail SET given_up_at = ledger_now(), tries = tries + 1,"
            " link_nonce = NULL WHERE mail_id = :mail_id"
        ),
        {"mail_id": mail_id},
    )


def _put_off(connection: Connection, row: Any) -> None:
    is_over = connection.execute(
        text("SELECT ledger_now() >= :written_at + :patience"),
        {"written_at": row.written_at, "patience": GIVEN_UP_AFTER},
    ).scalar_one()
    if is_over:
        _give_up(connection, row.mail_id)
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 10))
    connection.execute(
        text(
            "UPDATE waiting_mail SET tries = tries + 1, next_try_at = ledger_now() + :pause"
            " WHERE mail_id = :mail_id"
        ),
        {"mail_id": row.mail_id, "pause": pause},
    )
