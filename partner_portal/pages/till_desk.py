"""Who stands at which till: outlet, terminal and the day's total, for every page of the till.

The law: the till of an outlet is a terminal (services/web_till.py); a delegate stands at an outlet
that is open to them now, and nowhere else. Whatever forbids selling is said before a card is read.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cardservice.api.desk import Desk, desk_of
from cardservice.api.sentences import ProblemTexts, RefusalTexts, problem_texts, refusal_texts
from cardservice.db.engine import unit_of_work
from cardservice.db.queries import debits, sales
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingOutlet
from cardservice.services.register import TerminalFacts
from cardservice.services.take_debit import Actor, most_of_one_debit
from cardservice.services.web_till import web_till
from partner_portal.portal import PREFIX, PartnerVisit

TILL = f"{PREFIX}/caisse"
CHOICE = f"{TILL}/point-de-vente"


@dataclass(frozen=True)
class Standing:
    """A delegate at a till. `key_hash` is how the office's verbs know the terminal."""

    desk: Desk
    outlet: ActingOutlet
    terminal: TerminalFacts
    key_hash: bytes = field(repr=False)
    actor: Actor

    @property
    def most_cents(self) -> int:
        """What one debit may be here, for this person."""
        return most_of_one_debit(self.terminal, self.actor)


@dataclass(frozen=True)
class WalletSoFar:
    """The approved debits of a wallet today."""

    wallet: str
    count: int
    amount_cents: int


@dataclass(frozen=True)
class DaySoFar:
    """The approved debits of the day at this till, and the last of them."""

    count: int
    amount_cents: int
    wallets: list[WalletSoFar]
    last: Row[Any] | None


async def standing(visit: PartnerVisit) -> Standing | Response:
    """Where the delegate stands; an answer instead when there is no till to stand at."""
    person = visit.signed_in
    outlet = _outlet_of(visit)
    if outlet is None:
        return visit.go(CHOICE) if person.outlets else closed(visit, "no_outlet")
    desk = desk_of(visit.request)
    till = await run_in_threadpool(
        web_till,
        visit.office.engine,
        outlet_id=outlet.outlet_id,
        label=visit.portal.pages.texts["till"]["label"],
        draw=secrets.randbelow,
        actor=person.actor,
    )
    if isinstance(till, Refused):
        return closed(visit, visit.sentence_of(till))
    terminal = await desk.till.register.current_terminal(till.key_hash)
    if terminal is None or terminal.state != "active":
        return revoked(visit)
    actor = Actor(person.delegate_id, person.ceiling_cents)
    return Standing(desk, outlet, terminal, till.key_hash, actor)


def not_selling(visit: PartnerVisit, at: Standing) -> Response | None:
    """What is said instead of selling: a suspended partner, an agreement that does not hold."""
    told: ProblemTexts | RefusalTexts
    if at.terminal.partner_state != "active":
        return closed(visit, "suspended", at=at, told=problem_texts("partner_suspended"))
    if at.terminal.wallets_on(at.desk.till.register.business_day()) is None:
        told = refusal_texts("agreement_not_in_force")
        return closed(visit, "no_agreement", at=at, told=told)
    return None


def revoked(visit: PartnerVisit) -> Response:
    """The Département has switched this till off."""
    return closed(visit, visit.sentence_of(Refused("web_till_revoked")))


def closed(
    visit: PartnerVisit,
    why: str,
    *,
    at: Standing | None = None,
    told: ProblemTexts | RefusalTexts | None = None,
) -> Response:
    """A till where nothing can be sold: `why` is a case of the template, or its words."""
    return visit.page("till/closed.html", status=403, at=at, day=None, why=why, told=told)


async def till_page(
    visit: PartnerVisit, at: Standing, name: str, *, status: int = 200, **facts: Any
) -> Response:
    """A page of the till, with the day so far in its ribbon."""
    day = await run_in_threadpool(_day_so_far, visit.office.engine, at.terminal)
    return visit.page(f"till/{name}", status=status, at=at, day=day, **facts)


def _outlet_of(visit: PartnerVisit) -> ActingOutlet | None:
    """The only outlet, or the one chosen in this session while it is still open to the person."""
    outlets = visit.signed_in.outlets
    if len(outlets) == 1:
        return outlets[0]
    assert visit.session is not None, "whoever is signed in has a session"
    chosen = visit.session.outlet_id
    return None if chosen is None else visit.signed_in.outlet(chosen)


def _day_so_far(engine: Engine, terminal: TerminalFacts) -> DaySoFar:
    with unit_of_work(engine) as connection:
        today = debits.day_now(connection)
        rows = debits.totals_of_day(
            connection,
            partner_id=terminal.partner_id,
            day=today,
            terminal_id=terminal.terminal_id,
        )
        last = sales.last_sale(
            connection,
            partner_id=terminal.partner_id,
            terminal_id=terminal.terminal_id,
            day=today,
        )
    wallets = [WalletSoFar(**row._asdict()) for row in rows]
    return DaySoFar(
        sum(one.count for one in wallets),
        sum(one.amount_cents for one in wallets),
        wallets,
        last,
    )
