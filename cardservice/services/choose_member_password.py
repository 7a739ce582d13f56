"""Takes a youth's password: by the link that makes a member, by a reset link, or from inside (C16).

The law: a link serves once and only for a password that is taken. A sign-up link makes the member,
whose address is confirmed by it. Whatever was open under an old password is closed, and so is a
change of address that was asked for under it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys, secret_hash
from cardservice.domain.password import password_refusal
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import forget_tries, member_person_guarded
from cardservice.services.member_links import (
    MemberLink,
    end_member_links,
    member_link_of,
    use_member_link,
)
from cardservice.services.password_hash import hash_password
from cardservice.services.prove_member import prove_member
from cardservice.services.web_sessions import Session, end_sessions, prove_session
from cardservice.services.write_mail import write_mail


@dataclass(frozen=True, slots=True)
class MemberPassword:
    """Whose password it is now; `joined` when it made the member."""

    member_id: int
    email: str
    joined: bool


def choose_member_password(
    connection: Connection, keys: Keys, *, secret: str, password: str
) -> MemberPassword | Refused:
    """Uses a `sign_up` or `reset` link up.

    Refused: link_unknown, password_too_short, password_too_long, password_too_weak.
    """
    link = member_link_of(connection, secret)
    if link is None or link.purpose not in ("sign_up", "reset"):
        return Refused("link_unknown")
    refused = password_refusal(password, [link.email])
    if refused is not None:
        return refused
    password_hash = hash_password(password)
    if link.member_id is not None:
        # The member first, then the link: another password ends this link in that order.
        connection.execute(
            text("SELECT FROM member WHERE member_id = :member_id FOR NO KEY UPDATE"),
            {"member_id": link.member_id},
        )
    if use_member_link(connection, secret) is None:
        # Somebody was quicker with the same link.
        return Refused("link_unknown")
    if link.purpose == "sign_up":
        member_id = _join(connection, link, password_hash)
    else:
        member_id = _replace(connection, link, password_hash)
    if member_id is None:
        return Refused("link_unknown")
    forget_tries(connection, member_person_guarded(keys, link.email))
    return MemberPassword(member_id, link.email, joined=link.purpose == "sign_up")


def change_member_password(
    connection: Connection, keys: Keys, session: Session, *, old: str, new: str
) -> str | Refused | None:
    """The session's new secret; the member's other sessions end. None, and the password stays, when
    the session is over by now.

    Refused: password_too_short, password_too_long, password_too_weak, sign_in_delayed,
    password_wrong. The caller commits a refusal too.
    """
    assert session.member_id is not None, "a youth's session"
    member_id = session.member_id
    known = connection.execute(
        text(
            "SELECT email, first_name, last_name FROM member WHERE member_id = :member_id"
            " FOR NO KEY UPDATE"
        ),
        {"member_id": member_id},
    ).one()
    refused = password_refusal(new, [one for one in known if one]) or prove_member(
        connection, keys, member_id=member_id, password=old
    )
    if refused is not None:
        return refused
    secret = prove_session(connection, session)
    if secret is None:
        return None
    _keep(connection, member_id, hash_password(new))
    here = replace(session, session_hash=secret_hash(secret))
    end_sessions(connection, member_id=member_id, but=here)
    _tell(connection, member_id, known.email)
    return secret


def _join(connection: Connection, link: MemberLink, password_hash: str) -> int | None:
    """The new member; None when the address has one by now."""
    member_id: int | None = connection.execute(
        text(
            "INSERT INTO member (email, password_hash, password_chosen_at, created_at)"
            " SELECT :email, :password_hash, at, at FROM ledger_now() AS at"
            " ON CONFLICT (email) DO NOTHING RETURNING member_id"
        ),
        {"email": link.email, "password_hash": password_hash},
    ).scalar_one_or_none()
    if member_id is not None:
        actor = f"member:{member_id}"
        note(connection, actor=actor, action="member.join", subject=actor)
    return member_id


def _replace(connection: Connection, link: MemberLink, password_hash: str) -> int | None:
    """The member with another password; None when closed, or signing in with another address."""
    found: int | None = connection.execute(
        text(
            "SELECT member_id FROM member WHERE member_id = :member_id AND email = :email"
            " AND closed_at IS NULL FOR NO KEY UPDATE"
        ),
        {"member_id": link.member_id, "email": link.email},
    ).scalar_one_or_none()
    if found is None:
        return None
    _keep(connection, found, password_hash)
    end_sessions(connection, member_id=found)
    _tell(connection, found, link.email)
    return found


def _keep(connection: Connection, member_id: int, password_hash: str) -> None:
    connection.execute(
        text(
            "UPDATE member SET password_hash = :password_hash, password_chosen_at = ledger_now()"
            " WHERE member_id = :member_id"
        ),
        {"member_id": member_id, "password_hash": password_hash},
    )
    for purpose in ("reset", "email"):
        end_member_links(connection, purpose=purpose, member_id=member_id)


def _tell(connection: Connection, member_id: int, email: str) -> None:
    actor = f"member:{member_id}"
    note(connection, actor=actor, action="member.password_changed", subject=actor)
    write_mail(
        connection,
        recipient=email,
        kind="youth_password_changed",
        facts={"at": format_minute(ledger_instant(connection))},
    )
