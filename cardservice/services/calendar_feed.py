"""The address under which a partner's calendar program finds its payment dates (C66, C67).

The law: the address is a secret of the partner's, kept as a digest and derived from a nonce; it
shows dates and sums of transfers and opens nothing else. There is one per partner, made when it is
first looked at.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.derived_secret import NONCE_BYTES, derived_secret
from cardservice.domain.keys import Keys, secret_hash

SECRET_PURPOSE = "calendar feed"  # noqa: S105


def calendar_feed(engine: Engine, keys: Keys, *, partner_id: int) -> str:
    """The secret of a partner's calendar, made now if there was none."""
    with unit_of_work(engine) as connection:
        add_feed(connection, keys, partner_id)
        nonce = connection.execute(
            text("SELECT nonce FROM calendar_feed WHERE partner_id = :partner_id"),
            {"partner_id": partner_id},
        ).scalar_one()
    return derived_secret(keys, SECRET_PURPOSE, bytes(nonce))


def partner_of_feed(connection: Connection, secret: str) -> int | None:
    """The partner whose calendar has this secret; None for an unknown or an ended one."""
    found: int | None = connection.execute(
        text("SELECT partner_id FROM calendar_feed WHERE feed_hash = :feed_hash"),
        {"feed_hash": secret_hash(secret)},
    ).scalar_one_or_none()
    return found


def add_feed(connection: Connection, keys: Keys, partner_id: int) -> None:
    """Makes the feed of a partner that has none."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    connection.execute(
        text(
            "INSERT INTO calendar_feed (feed_hash, nonce, partner_id, made_at)"
            " VALUES (:feed_hash, :nonce, :partner_id, ledger_now())"
            " ON CONFLICT (partner_id) DO NOTHING"
        ),
        {
            "feed_hash": secret_hash(derived_secret(keys, SECRET_PURPOSE, nonce)),
            "nonce": nonce,
            "partner_id": partner_id,
        },
    )
