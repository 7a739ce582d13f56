"""Questions about notices: what a youth was told of, and which browsers take pushes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

NOTICES_PER_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice. `facts` as db/tables/notices.py says."""

    notice_id: int
    kind: str
    facts: dict[str, Any]
    at: datetime
    read_at: datetime | None

    @property
    def moved_at(self) -> datetime:
        """When what it tells of happened."""
        return datetime.fromisoformat(self.facts["at"]) if "at" in self.facts else self.at


@dataclass(frozen=True, slots=True)
class PushBrowser:
    """A browser that takes pushes."""

    subscription_id: int
    browser: str
    is_discreet: bool
    added_at: datetime


def notices_of(connection: Connection, beneficiary_id: int, *, page: int = 1) -> list[NoticeLine]:
    """The newest first."""
    rows = connection.execute(
        text(
            "SELECT notice_id, kind, facts, at, read_at FROM notice"
            " WHERE beneficiary_id = :beneficiary_id"
            " ORDER BY notice_id DESC LIMIT :most OFFSET :from"
        ),
        {
            "beneficiary_id": beneficiary_id,
            "most": NOTICES_PER_PAGE,
            "from": (page - 1) * NOTICES_PER_PAGE,
        },
    )
    return [NoticeLine(*row) for row in rows]


def count_notices(connection: Connection, beneficiary_id: int) -> int:
    """How many there are to leaf through."""
    found = connection.execute(
        text("SELECT count(*) FROM notice WHERE beneficiary_id = :beneficiary_id"),
        {"beneficiary_id": beneficiary_id},
    )
    return int(found.scalar_one())


def push_browsers_of(connection: Connection, member_id: int) -> list[PushBrowser]:
    """A member's browsers, the newest first."""
    rows = connection.execute(
        text(
            "SELECT subscription_id, browser, is_discreet, added_at FROM push_subscription"
            " WHERE member_id = :member_id ORDER BY subscription_id DESC LIMIT 20"
        ),
        {"member_id": member_id},
    )
    return [PushBrowser(*row) for row in rows]


def newest_notice_id(connection: Connection, beneficiary_id: int) -> int | None:
    """The last one there is by now."""
    newest: int | None = connection.execute(
        text("SELECT max(notice_id) FROM notice WHERE beneficiary_id = :beneficiary_id"),
        {"beneficiary_id": beneficiary_id},
    ).scalar_one()
    return newest
