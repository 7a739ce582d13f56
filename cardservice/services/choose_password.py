"""Takes a new password: by a link that came by mail, or from somebody signed in (C30, C31).

The law: a link serves once and only for a password that is taken; an invitation also opens the
delegations that wait, under the names the person gives. Whatever was open under the old password
is closed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys, secret_hash
from cardservice.domain.password import password_refusal
from cardservice.domain.refusal import Refused
from cardservice.services.credential_email import credential_email
from cardservice.services.guess_guard import forget_tries, person_guarded
from cardservice.services.password_hash import hash_password
from cardservice.services.prove_again import prove_password
from cardservice.services.sign_in_links import Link, end_links, link_of
from cardservice.services.spaces import note_in_spaces, spaces_of
from cardservice.services.web_sessions import Session, end_sessions, move_session
from cardservice.services.write_mail import write_mail

_LONGEST_NAME: Final = 60
# A letter first; then letters, marks, hyphens, apostrophes, dots and single spaces.
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f'’.\- ])*")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose password it is now."""

    credential_id: int
    email: str


def choose_password(
    connection: Connection,
    keys: Keys,
    *,
    secret: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
) -> Chosen | Refused:
    """Uses a link up. The names are needed for an invitation, and ignored for a new password.

    Refused: link_unknown, delegate_name_malformed, password_too_short, password_too_long,
    password_too_weak.
    """
    link = link_of(connection, secret, use_up=False)
    if link is None:
        return Refused("link_unknown")
    names = (_name(first_name), _name(last_name))
    if link.purpose == "invitation" and None in names:
        return Refused("delegate_name_malformed")
    refused = password_refusal(password, _known_of(connection, link, first_name, last_name))
    if refused is not None:
        return refused
    password_hash = hash_password(password)
    had_one = _hold(connection, link.credential_id)
    if link_of(connection, secret, use_up=True) is None:
        # Somebody was quicker with the same link.
        return Refused("link_unknown")
    _keep(connection, link.credential_id, password_hash)
    end_sessions(connection, credential_id=link.credential_id)
    forget_tries(connection, person_guarded(keys, link.email))
    if link.purpose == "invitation":
        _activate(connection, link.credential_id, names[0] or "", names[1] or "")
    note_in_spaces(connection, link.credential_id, action="delegate.password_chosen")
    if had_one:
        _tell(connection, link.credential_id)
    return Chosen(link.credential_id, link.email)


def change_password(
    connection: Connection, keys: Keys, session: Session, *, old: str, new: str
) -> str | Refused | None:
    """The session's new secret; every other session of the person ends. None, and the password
    stays, when the session is over by now.

    Refused: password_too_short, password_too_long, password_too_weak, sign_in_delayed,
    password_wrong. The caller commits a refusal too.
    """
    assert session.credential_id is not None, "whoever has a password has a credential"
    who = session.credential_id
    known = [credential_email(connection, who)]
    for space in spaces_of(connection, who):
        known += [space.first_name, space.last_name, space.trade_name]
    refused = password_refusal(new, known) or prove_password(
        connection, keys, credential_id=who, password=old
    )
    if refused is not None:
        return refused
    password_hash = hash_password(new)
    _hold(connection, who)
    secret = move_session(connection, session, stage="open")
    if secret is None:
        return None
    _keep(connection, who, password_hash)
    here = replace(session, session_hash=secret_hash(secret))
    end_sessions(connection, credential_id=who, but=here)
    note_in_spaces(connection, who, action="delegate.password_changed")
    _tell(connection, who)
    return secret


def _hold(connection: Connection, credential_id: int) -> bool:
    """Locks the credential, before any link or session of it; whether it has a password."""
    had_one = connection.execute(
        text(
            "SELECT password_hash IS NOT NULL FROM credential"
            " WHERE credential_id = :credential_id FOR NO KEY UPDATE"
        ),
        {"credential_id": credential_id},
    ).scalar_one()
    return bool(had_one)


def _keep(connection: Connection, credential_id: int, password_hash: str) -> None:
    """Stores it; what was asked for to choose another one ends, an invitation does not."""
    connection.execute(
        text(
            "UPDATE credential SET password_hash = :password_hash,"
            " password_chosen_at = ledger_now() WHERE credential_id = :credential_id"
        ),
        {"credential_id": credential_id, "password_hash": password_hash},
    )
    end_links(connection, credential_id=credential_id, purposes=("reset",))


def _activate(connection: Connection, credential_id: int, first_name: str, last_name: str) -> None:
    """Every delegation that waits for this person begins."""
    for space in spaces_of(connection, credential_id, state="invited"):
        # The register may just have given this delegation to somebody else.
        activated = connection.execute(
            text(
                "UPDATE delegate SET state = 'active', first_name = :first_name,"
                " last_name = :last_name, activated_at = ledger_now()"
                " WHERE delegate_id = :delegate_id AND state = 'invited'"
                " AND credential_id = :credential_id"
            ),
            {
                "delegate_id": space.delegate_id,
                "credential_id": credential_id,
                "first_name": first_name,
                "last_name": last_name,
            },
        )
        if activated.rowcount == 0:
            continue
        note(
            connection,
            actor=f"delegate:{space.delegate_id}",
            action="delegate.activate",
            subject=f"delegate:{space.delegate_id}",
            partner_id=space.partner_id,
        )


def _known_of(connection: Connection, link: Link, first_name: str, last_name: str) -> list[str]:
    known = [link.email, first_name, last_name]
    for state in ("active", "invited"):
        for space in spaces_of(connection, link.credential_id, state=state):
            known += [space.first_name, space.last_name, space.trade_name]
    return known


def _name(typed: str) -> str | None:
    """A name as it is kept; None for what is none."""
    name = unicodedata.normalize("NFC", " ".join(typed.split()))
    is_one = len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
    return name if is_one else None


def _tell(connection: Connection, credential_id: int) -> None:
    write_mail(
        connection,
        recipient=credential_email(connection, credential_id),
        kind="password_changed",
        facts={"at": format_minute(ledger_instant(connection))},
    )
