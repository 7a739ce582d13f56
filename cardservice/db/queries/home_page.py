"""What stands at the top of a youth's home page: the card of today, both wallets, what is new.

The law: one question for all of it, since every page that is open asks it again at every debit; so
the mark, by which a page knows later that something has changed, is of the same moment as the card,
the wallets and the notice. Movements are asked after it: what comes between has the page ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.cards import CURRENT_CARD
from cardservice.db.queries.live_marks import mark_of
from cardservice.db.queries.notices import NoticeLine
from cardservice.domain.operation import WALLETS


@dataclass(frozen=True, slots=True)
class OwnWallet:
    """A wallet of the card's school year; `last_day` is included."""

    wallet: str
    balance_cents: int
    granted_cents: int
    last_day: date


@dataclass(frozen=True, slots=True)
class HomeCard:
    """The card of today: `refusal` is what a till would tell of it now, `wallets` those of its
    year, in the order of the scheme; none for bons plans alone."""

    refusal: str | None
    wallets: list[OwnWallet]


@dataclass(frozen=True, slots=True)
class Home:
    """`mark` as live_marks() tells it, `card` None while none was made, `unread` the newest notice
    that was not read."""

    mark: str
    card: HomeCard | None
    unread: NoticeLine | None


# A row for each wallet, one where there is none.
_HOME: Final = text(
    f"""
SELECT m.beneficiary_id, m.moves, m.newest_notice, m.cards, m.questions,
       n.notice_id, n.kind, n.facts, n.at, n.read_at,
       c.card_id, CASE WHEN c.card_id IS NOT NULL
           THEN card_refusal(c, business_day(ledger_now())) END,
       w.wallet, w.balance_cents, w.granted_cents, w.valid_until - 1
-- One row: without the limit the planner counts with a thousand.
FROM (SELECT * FROM live_marks(ARRAY[CAST(:beneficiary_id AS bigint)]) LIMIT 1) AS m
LEFT JOIN LATERAL (
    SELECT notice_id, kind, facts, at, read_at FROM notice
    WHERE beneficiary_id = m.beneficiary_id AND read_at IS NULL
    ORDER BY notice_id DESC LIMIT 1
) AS n ON true
LEFT JOIN card AS c ON c.card_id = ({CURRENT_CARD})
LEFT JOIN wallet AS w
    ON w.beneficiary_id = c.beneficiary_id AND w.school_year = c.school_year
"""  # noqa: S608
)
_MARK: Final = slice(0, 5)
_NOTICE: Final = slice(5, 10)
_CARD, _REFUSAL = 10, 11
_WALLET: Final = slice(12, 16)


def home_of(connection: Connection, beneficiary_id: int) -> Home:
    """The top of a holder's page, as of now."""
    rows = connection.execute(_HOME, {"beneficiary_id": beneficiary_id}).all()
    first = rows[0]
    notice = first[_NOTICE]
    wallets = [OwnWallet(*row[_WALLET]) for row in rows if row[_WALLET.start] is not None]
    wallets.sort(key=lambda one: WALLETS.index(one.wallet))
    return Home(
        mark_of(*first[_MARK]),
        None if first[_CARD] is None else HomeCard(first[_REFUSAL], wallets),
        None if notice[0] is None else NoticeLine(*notice),
    )
