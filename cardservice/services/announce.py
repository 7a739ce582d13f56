"""Puts new notices on their way: to the member's browsers, and to their mail address.

The law: in the transaction that makes the notice, so that it is on its way exactly when it exists.
A switched-off channel gets nothing; quiet hours move push and mail to their end. No name, no
balance and no place leaves the house: what moved, in which wallet, and when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, text

from cardservice.domain.calendar import format_minute
from cardservice.domain.money import format_euros
from cardservice.domain.quiet_hours import told_at
from cardservice.services.write_mail import write_mail


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice that was just written. Without a member there is nobody to tell but the page."""

    notice_id: int
    kind: str
    facts: dict[str, Any]
    at: datetime
    member_id: int | None
    email: str | None
    by_push: bool | None
    by_mail: bool | None
    quiet_from: time | None
    quiet_until: time | None


def announce(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Writes what waits to be pushed and mailed for each of them."""
    for notice in notices:
        if notice.member_id is None:
            continue
        not_before = told_at(notice.at, notice.quiet_from, notice.quiet_until)
        if notice.by_push:
            _write_pushes(connection, notice, not_before)
        if notice.by_mail:
            _write_mail(connection, notice, not_before)


def _write_pushes(connection: Connection, notice: NewNotice, not_before: datetime) -> None:
    connection.execute(
        text(
            "INSERT INTO waiting_push (subscription_id, notice_id, written_at, next_try_at)"
            " SELECT subscription_id, :notice_id, :at, :not_before FROM push_subscription"
            " WHERE member_id = :member_id ORDER BY subscription_id ON CONFLICT DO NOTHING"
        ),
        {
            "notice_id": notice.notice_id,
            "at": notice.at,
            "not_before": not_before,
            "member_id": notice.member_id,
        },
    )


def _write_mail(connection: Connection, notice: NewNotice, not_before: datetime) -> None:
    assert notice.email is not None, "a member has an address"
    facts = notice.facts
    if notice.kind == "year_end":
        write_mail(
            connection,
            recipient=notice.email,
            kind="youth_year_end",
            facts={
                "days": facts["days"],
                "last_day": facts["last_day"],
                "wallets_left": {one: format_euros(cents) for one, cents in facts["left"].items()},
            },
            not_before=not_before,
        )
        return
    moved_at = datetime.fromisoformat(facts["at"])
    write_mail(
        connection,
        recipient=notice.email,
        kind="youth_moved",
        facts={
            "moved": notice.kind,
            "amount": format_euros(facts["amount_cents"]),
            "wallet": facts["wallet"],
            "at": format_minute(moved_at),
        },
        not_before=not_before,
    )
