"""Links that came by mail: to a first password, or to a new one (C30, C34).

The law: a link serves once, for fifteen minutes, and only its digest is stored. Looking at it uses
nothing up, because mail programs look first; choosing the password does. A newer link of a person
ends the older ones of its purpose: a new password asked for leaves an invitation to be accepted.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.tables.credentials import LINK_PURPOSES
from cardservice.domain.derived_secret import NONCE_BYTES, derived_secret
from cardservice.domain.keys import Keys, secret_hash

VALID_FOR: Final = timedelta(minutes=15)
SECRET_PURPOSE: Final = "sign-in link"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Link:
    """A link that came by mail: whose it is, and what for."""

    credential_id: int
    email: str
    purpose: str


def make_link(connection: Connection, keys: Keys, *, credential_id: int, purpose: str) -> bytes:
    """Makes a link and gives its nonce, which the mail is written with (write_mail.py)."""
    assert purpose in LINK_PURPOSES, f"no link is made for {purpose}"
    nonce = secrets.token_bytes(NONCE_BYTES)
    end_links(connection, credential_id=credential_id, purposes=(purpose,))
    connection.execute(
        text(
            "INSERT INTO sign_in_link (link_hash, nonce, credential_id, purpose, expires_at)"
            " VALUES (:link_hash, :nonce, :credential_id, :purpose, ledger_now() + :valid_for)"
        ),
        {
            "link_hash": secret_hash(derived_secret(keys, SECRET_PURPOSE, nonce)),
            "nonce": nonce,
            "credential_id": credential_id,
            "purpose": purpose,
            "valid_for": VALID_FOR,
        },
    )
    return nonce


def end_links(
    connection: Connection, *, credential_id: int, purposes: Sequence[str] = LINK_PURPOSES
) -> None:
    """Ends the open links of a person that are for one of `purposes`."""
    connection.execute(
        text(
            "UPDATE sign_in_link SET used_at = ledger_now() WHERE credential_id = :credential_id"
            " AND purpose = ANY(:purposes) AND used_at IS NULL"
        ),
        {"credential_id": credential_id, "purposes": list(purposes)},
    )


def link_of(connection: Connection, secret: str, *, use_up: bool) -> Link | None:
    """The link of a secret; None for one that is old, used or was never sent.

    With `use_up` it is this transaction, and no other, that has used it.
    """
    still = "link_hash = :link_hash AND used_at IS NULL AND expires_at > ledger_now()"
    if use_up:
        found = connection.execute(
            text(
                f"UPDATE sign_in_link SET used_at = ledger_now() WHERE {still}"  # noqa: S608
                " RETURNING credential_id, purpose"
            ),
            {"link_hash": secret_hash(secret)},
        ).one_or_none()
    else:
        found = connection.execute(
            text(f"SELECT credential_id, purpose FROM sign_in_link WHERE {still}"),  # noqa: S608
            {"link_hash": secret_hash(secret)},
        ).one_or_none()
    if found is None:
        return None
    email = connection.execute(
        text("SELECT email FROM credential WHERE credential_id = :credential_id"),
        {"credential_id": found.credential_id},
    ).scalar_one()
    return Link(found.credential_id, email, found.purpose)


def sent_link_of(connection: Connection, secret: str) -> Link | None:
    """To whom a link was sent and what for, also when it is old or used; None for one that never
    was."""
    found = connection.execute(
        text(
            "SELECT credential_id, email, purpose FROM sign_in_link"
            " JOIN credential USING (credential_id) WHERE link_hash = :link_hash"
        ),
        {"link_hash": secret_hash(secret)},
    ).one_or_none()
    return None if found is None else Link(*found)
