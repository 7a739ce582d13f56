"""Posts the mail that waits, one by one: at least once, and as the same message each time.

The law: a row is locked while its mail is handed over and goes in the same transaction, so that
several processes never send one mail twice by themselves; only a server that took it without our
hearing so gets it again, under the same Message-ID. What fails is tried again after growing pauses
and given up a day after the first, or at once when the server says never. Addresses are not logged.

A server that is away puts off the mail at hand alone, so that one mail which makes a server hang up
never stops the others; who calls waits before the next.

What carries a link goes first: somebody sits in front of a page and waits for it.

The link of a mail is derived here, when it leaves; one that a newer has replaced, or whose time is
over, is not sent: who needs it asks again.
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
from cardservice.domain.mail import Mail, MailRefused, MailServerAway
from cardservice.services.member_links import MEMBER_LINK
from cardservice.services.sign_in_links import SECRET_PURPOSE

Send = Callable[[Mail], None]

FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)
# A mail server takes its time, and this transaction waits for it.
_PATIENCE: Final = "SET LOCAL idle_in_transaction_session_timeout = '5min'"

_log = logging.getLogger("cjeune.mail")


def post_one_mail(engine: Engine, keys: Keys, send: Send) -> bool:
    """Hands over one mail that is due. Whether another may follow at once: False when nothing is
    due, or when the server is away."""
    with unit_of_work(engine) as connection:
        connection.execute(text(_PATIENCE))
        row = connection.execute(
            text(
                "SELECT m.mail_id, m.recipient, m.kind, m.facts, m.link_nonce, m.written_at,"
                " coalesce(m.first_try_at, m.next_try_at) AS first_try_at, m.tries,"
                " coalesce(l.used_at, y.used_at) IS NOT NULL"
                " OR coalesce(l.expires_at, y.expires_at) <= ledger_now() AS is_over,"
                " y.purpose AS member_link"
                " FROM waiting_mail m"
                " LEFT JOIN sign_in_link l ON l.nonce = m.link_nonce"
                " LEFT JOIN member_link y ON y.nonce = m.link_nonce"
                " WHERE m.given_up_at IS NULL AND m.next_try_at <= ledger_now()"
                " ORDER BY m.link_nonce IS NULL, m.next_try_at, m.mail_id LIMIT 1"
                " FOR NO KEY UPDATE OF m SKIP LOCKED"
            )
        ).one_or_none()
        if row is None:
            return False
        if row.is_over:
            _log.info("mail=%d kind=%s dropped: its link is over", row.mail_id, row.kind)
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
            return not isinstance(failure, MailServerAway)
        else:
            _drop(connection, row.mail_id)
        return True


def _mail_of(row: Any, keys: Keys) -> Mail:
    secret, purpose = None, row.member_link or "partner"
    if row.link_nonce is not None:
        kind = SECRET_PURPOSE if row.member_link is None else MEMBER_LINK
        secret = derived_secret(keys, kind, bytes(row.link_nonce))
    return Mail(row.mail_id, row.recipient, row.kind, row.facts, row.written_at, secret, purpose)


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
        text("SELECT ledger_now() >= :first_try_at + :patience"),
        {"first_try_at": row.first_try_at, "patience": GIVEN_UP_AFTER},
    ).scalar_one()
    if is_over:
        _give_up(connection, row.mail_id)
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 10))
    connection.execute(
        text(
            "UPDATE waiting_mail SET tries = tries + 1, next_try_at = ledger_now() + :pause,"
            " first_try_at = :first_try_at"
            " WHERE mail_id = :mail_id"
        ),
        {"mail_id": row.mail_id, "pause": pause, "first_try_at": row.first_try_at},
    )
