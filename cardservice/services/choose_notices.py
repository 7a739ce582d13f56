"""How a youth wants to be told: channels, quiet hours, and which browsers take pushes (C59).

The law: a browser belongs to who signed in last on it, and takes pushes while that session lasts;
its address must lead to a push service that the operator lists. What is switched off gets
nothing from then on, also of what waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.members import Member
from cardservice.domain.push import may_be_pushed_to
from cardservice.domain.refusal import Refused
from cardservice.services.web_sessions import Session

MOST_BROWSERS: Final = 5


@dataclass(frozen=True, slots=True)
class NoticeChoice:
    """Both ends of the quiet hours, or neither."""

    in_page: bool
    by_push: bool
    by_mail: bool
    quiet_from: time | None
    quiet_until: time | None


@dataclass(frozen=True, slots=True)
class PushAddress:
    """What a browser gave: where to push, and the keys to seal with."""

    endpoint: str
    p256dh: str
    auth: str
    browser: str
    is_discreet: bool


def choose_notices(engine: Engine, member: Member, choice: NoticeChoice) -> Refused | None:
    """Refused: quiet_hours_incomplete."""
    if (choice.quiet_from is None) != (choice.quiet_until is None):
        return Refused("quiet_hours_incomplete")
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "UPDATE member SET notices_in_page = :in_page, notices_by_push = :by_push,"
                " notices_by_mail = :by_mail, quiet_from = :quiet_from,"
                " quiet_until = :quiet_until WHERE member_id = :member_id"
            ),
            {
                "in_page": choice.in_page,
                "by_push": choice.by_push,
                "by_mail": choice.by_mail,
                "quiet_from": choice.quiet_from,
                "quiet_until": choice.quiet_until,
                "member_id": member.member_id,
            },
        )
        if not choice.by_push:
            connection.execute(
                text(
                    "DELETE FROM waiting_push WHERE subscription_id IN (SELECT subscription_id"
                    " FROM push_subscription WHERE member_id = :member_id)"
                ),
                {"member_id": member.member_id},
            )
        if not choice.by_mail:
            forget_notice_mails(connection, member.member_id)
        _note(connection, member, "notices.choose")
    return None


def add_push_browser(
    engine: Engine,
    member: Member,
    address: PushAddress,
    *,
    hosts: tuple[str, ...],
    session: Session,
) -> Refused | None:
    """The caller has looked at the keys. It rings for as long as `session` lasts.

    Refused: push_address_unknown.
    """
    if not may_be_pushed_to(address.endpoint, hosts):
        return Refused("push_address_unknown")
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO push_subscription (member_id, session_hash, endpoint, p256dh, auth,"
                " browser, is_discreet, added_at) VALUES (:member_id, :session_hash, :endpoint,"
                " :p256dh, :auth, :browser, :is_discreet, ledger_now())"
                " ON CONFLICT (endpoint) DO UPDATE SET member_id = excluded.member_id,"
                " session_hash = excluded.session_hash,"
                " p256dh = excluded.p256dh, auth = excluded.auth, browser = excluded.browser,"
                " is_discreet = excluded.is_discreet"
            ),
            {
                "member_id": member.member_id,
                "session_hash": session.session_hash,
                "endpoint": address.endpoint,
                "p256dh": address.p256dh,
                "auth": address.auth,
                "browser": address.browser[:60],
                "is_discreet": address.is_discreet,
            },
        )
        # Somebody else's pushes that still wait for this browser are not for its new owner.
        connection.execute(
            text(
                "DELETE FROM waiting_push w USING push_subscription s, notice n, member m"
                " WHERE s.endpoint = :endpoint AND w.subscription_id = s.subscription_id"
                " AND n.notice_id = w.notice_id AND m.member_id = s.member_id"
                " AND n.beneficiary_id IS DISTINCT FROM m.beneficiary_id"
            ),
            {"endpoint": address.endpoint},
        )
        connection.execute(
            text(
                "DELETE FROM push_subscription WHERE subscription_id IN (SELECT subscription_id"
                " FROM push_subscription WHERE member_id = :member_id"
                " ORDER BY added_at DESC, subscription_id DESC OFFSET :most)"
            ),
            {"member_id": member.member_id, "most": MOST_BROWSERS},
        )
        _note(connection, member, "notices.add_browser")
    return None


def remove_push_browser(engine: Engine, member: Member, subscription_id: int) -> bool:
    """False for one that is not this member's."""
    with unit_of_work(engine) as connection:
        gone = connection.execute(
            text(
                "DELETE FROM push_subscription WHERE subscription_id = :subscription_id"
                " AND member_id = :member_id"
            ),
            {"subscription_id": subscription_id, "member_id": member.member_id},
        )
        if gone.rowcount:
            _note(connection, member, "notices.remove_browser")
        return gone.rowcount == 1


def forget_notice_mails(connection: Connection, member_id: int) -> None:
    """Mails of notices that wait for this member's address are not sent; one that is just being
    handed over is, and nobody waits for that."""
    connection.execute(
        text(
            "DELETE FROM waiting_mail WHERE mail_id IN (SELECT w.mail_id FROM waiting_mail w"
            " JOIN member m ON m.email = w.recipient WHERE m.member_id = :member_id"
            " AND w.kind IN ('youth_moved', 'youth_year_end') AND w.given_up_at IS NULL"
            " ORDER BY w.mail_id FOR UPDATE OF w SKIP LOCKED)"
        ),
        {"member_id": member_id},
    )


def read_notices(engine: Engine, beneficiary_id: int, *, newest: int) -> None:
    """All that were shown are read: up to the newest of them."""
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "UPDATE notice SET read_at = ledger_now()"
                " WHERE beneficiary_id = :beneficiary_id AND read_at IS NULL"
                " AND notice_id <= :newest"
            ),
            {"beneficiary_id": beneficiary_id, "newest": newest},
        )


def _note(connection: Connection, member: Member, action: str) -> None:
    note(connection, actor=member.actor, action=action, subject=member.actor)
