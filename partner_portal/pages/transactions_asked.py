"""What a list of transactions is asked for: whose transactions, and which of them.

The law: a delegate sees the outlets that are open to them, the bearer of a day's pass their own
sales of the day; an address can narrow that, never widen it. A filter that cannot be read finds
nothing rather than everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from cardservice.db.queries.debits import day_now
from cardservice.db.queries.transactions import STATE_GROUPS, Scope, Wanted, first_day
from cardservice.domain.operation import WALLETS
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.webkit.forms import Form, Shown
from partner_portal.portal import PAGES

FIELDS: Final = (
    "reference", "du", "au", "point_de_vente", "delegue", "terminal", "porte_monnaie", "etat",
)  # fmt: skip
_ID: Final = re.compile("[0-9]{1,18}")
_LONGEST_REFERENCE: Final = 40


@dataclass(frozen=True)
class Asked:
    """The scope, what is wanted of it, and the filters as they are shown again."""

    scope: Scope
    wanted: Wanted
    shown: Shown
    today: date

    @property
    def is_today(self) -> bool:
        """Whether this is the list of the day, whatever else narrows it."""
        return self.wanted.first_day == self.wanted.last_day == self.today

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the days narrows the list."""
        return any(self.shown.value(name) for name in FIELDS if name not in ("du", "au"))


def scope_of(person: ActingDelegate, today: date) -> Scope:
    """What a delegate may see of their partner's transactions."""
    own = None if person.every_outlet else tuple(one.outlet_id for one in person.outlets)
    if person.role == "day_cashier":
        return Scope(person.partner_id, own, delegate_id=person.delegate_id, only_on=today)
    return Scope(person.partner_id, own)


def asked_in(connection: Connection, person: ActingDelegate, query: Form) -> Asked:
    """What an address asks for; without days today, with a reference all of them."""
    today = day_now(connection)
    typed = {name: query.text(name) for name in FIELDS}
    errors = {
        name: PAGES.sentence_of(Refused("date_malformed"))
        for name in ("du", "au")
        if typed[name] and _day(typed[name]) is None
    }
    oldest = min(first_day(connection) or today, today)
    first, last = _day(typed["du"]), _day(typed["au"])
    if first is None and last is None and not typed["reference"]:
        first, last = today, today
    if first is not None and last is not None and last < first:
        first, last = last, first
    wanted = Wanted(
        # Kept within the ledger's own days: years that never were cost nothing.
        first_day=max(first or oldest, oldest),
        last_day=min(last or today, today),
        reference=typed["reference"][:_LONGEST_REFERENCE],
        outlet_id=_id(typed["point_de_vente"]),
        delegate_id=_id(typed["delegue"]),
        terminal_id=_id(typed["terminal"]),
        wallet=_known(typed["porte_monnaie"], WALLETS),
        state=_known(typed["etat"], tuple(STATE_GROUPS)),
    )
    return Asked(scope_of(person, today), wanted, Shown(typed, errors), today)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _id(text: str) -> int | None:
    """None without a filter; 0, which nobody has, for one that cannot be read."""
    if not text:
        return None
    return int(text) if text.isascii() and _ID.fullmatch(text) else 0


def _known(text: str, words: tuple[str, ...]) -> str | None:
    return text if text in words else None
