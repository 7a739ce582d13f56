"""Tells the life of a demonstration county in order, from last August to this very moment.

The law: everything happens through the services of production while the clock goes forward. When
the story ends the clock is real again, every day that is over is closed, every fortnight that is
over and had sales is paid, and the present one is open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.scheme import school_year_numbered
from cardservice.demo import county
from cardservice.demo.agents import hire_agents
from cardservice.demo.budgets import vote_budgets
from cardservice.demo.cast import (
    ACTOR,
    Cast,
    HeldCard,
    Progress,
    activate_all,
    give_parts,
    issue_all,
    meet_cases,
    succeed,
)
from cardservice.demo.clock import move_clock, move_clock_on, return_to_present
from cardservice.demo.delegates import first_partners, welcome_delegates
from cardservice.demo.desk_work import leave_work, left_from
from cardservice.demo.equipment import Till, lose_one, take_on
from cardservice.demo.fortnights import Finance, end_day
from cardservice.demo.history import live_through
from cardservice.demo.kept import Kept, KeptUser
from cardservice.demo.partners import InventedPartner, invent_partners
from cardservice.demo.portraits import take_photos
from cardservice.demo.questions import ask_the_hotline
from cardservice.demo.sales import Sale, invent_sales
from cardservice.demo.youths import welcome_youth
from cardservice.domain.calendar import PARIS, school_year_containing
from cardservice.services.apply_scheme import apply_scheme
from cardservice.services.import_roster import import_roster
from cardservice.services.suspend_partner import suspend_partner
from cardservice.settings import Settings
from cardservice.wiring import Office

# `report("cards")` opens a stage and yields a callback of (done, total).
Report = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]

_PUPILS_OF_LAST_YEAR: Final = 6
_PARTNERS_OF_LAST_YEAR: Final = 3
_OPENING: Final = (8, 25)  # the school year before still has a week to go
_DAYS_OF_LAST_YEAR: Final = 4
_SALES_OF_LAST_YEAR: Final = 3
_PHOTOS: Final = 120
# In a hundred holders, how many buy something on a day.
_BUYERS: Final = 5
_FEWEST_SALES: Final = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the county is and how many days it has lived; the same seed, the same county.
    With `desk_work` the last fortnight waits for its approval, and a transfer has come back."""

    cards: int
    partners: int
    days: int
    desk_work: bool = False
    seed: int = 13


@dataclass(frozen=True, slots=True)
class _Telling:
    """What every chapter needs; `start` is the first day of this year's history."""

    office: Office
    plan: Plan
    report: Report
    random: Random
    today: date
    start: date
    school_year: int
    people: list[county.Person]
    partners: list[InventedPartner]
    finance: Finance


@dataclass(frozen=True, slots=True)
class _LastYear:
    """What the year before leaves: cards that are obsolete now, and tills that go on."""

    cards: list[HeldCard]
    tills: list[Till]


def tell(settings: Settings, plan: Plan, report: Report) -> Kept:
    """Makes the whole instance in an empty data directory; what it returns is to be kept."""
    with report("database"):
        wiring.upgrade(settings, movable_clock=True)
    with wiring.opened_office(settings) as office:
        telling, users = _begin(office, plan, report)
        last_year = _live_last_august(telling)
        move_clock_on(office.engine, telling.start, time(8, 0))
        newcomers = telling.partners[_PARTNERS_OF_LAST_YEAR:]
        with report("terminals") as progress:
            tills = last_year.tills + _take_on(telling, newcomers, progress)
        cast = _hand_out_cards(telling, last_year)
        _live_this_year(telling, cast, tills)
        return _arrive(telling, last_year, cast=cast, tills=tills, users=users)


def _begin(office: Office, plan: Plan, report: Report) -> tuple[_Telling, list[KeptUser]]:
    """Last August: the scheme is loaded, agents are hired, people and partners are invented."""
    with unit_of_work(office.engine) as connection:
        today = paris_today(connection)
    school_year = school_year_containing(today)
    # The only step back: an empty database has nothing that could be older than its clock.
    move_clock(office.engine, datetime(school_year, *_OPENING, 8, tzinfo=PARIS))
    with wiring.opened_as_owner(office.settings) as owner:
        apply_scheme(owner, actor=ACTOR)
    with unit_of_work(office.engine) as connection:
        year = school_year_numbered(connection, school_year)
    assert year is not None, "the scheme file knows the present school year"
    users = hire_agents(office)
    random = Random(plan.seed)  # noqa: S311 - an invention, not a secret
    earliest = max(year.first_day + timedelta(days=1), today - timedelta(days=plan.days))
    telling = _Telling(
        office=office,
        plan=plan,
        report=report,
        random=random,
        today=today,
        start=min(earliest, today),
        school_year=school_year,
        people=county.invent_people(random, count=plan.cards, first_school_day=year.first_day),
        partners=invent_partners(random, count=plan.partners, ended_on=today - timedelta(days=1)),
        finance=Finance(
            preparer=next(user for user in users if user.role == "finance_preparer"),
            approvers=[user for user in users if user.role == "finance_approver"],
            left_from=left_from(today) if plan.desk_work else None,
        ),
    )
    return telling, users


def _live_last_august(telling: _Telling) -> _LastYear:
    """A few pupils spend in the last days of their year; then every day passes until `start`."""
    office, random = telling.office, telling.random
    opening = date(telling.school_year, *_OPENING)
    with unit_of_work(office.engine) as connection:
        year = school_year_numbered(connection, telling.school_year - 1)
    assert year is not None, "the scheme file knows the school year before"
    pupils = county.pupils_of_last_year(
        telling.people, first_day=year.first_day, count=_PUPILS_OF_LAST_YEAR
    )
    succeed(
        import_roster(
            office.engine,
            office.keys,
            county.as_roster(pupils),
            actor=ACTOR,
            school_year=year.school_year,
        )
    )
    cards = issue_all(office, year.school_year, pins={})
    activate_all(office, cards)
    with telling.report("opening") as progress:
        tills = _take_on(telling, telling.partners[:_PARTNERS_OF_LAST_YEAR], progress)
    selling_days = _DAYS_OF_LAST_YEAR if telling.plan.days else 0

    def sales_of(day: date) -> list[Sale]:
        if day >= opening + timedelta(days=selling_days):
            return []
        return invent_sales(
            random, count=_SALES_OF_LAST_YEAR, spenders=cards, waiting=[], tills=tills
        )

    days = _days(opening, telling.start)
    with telling.report("last_year") as progress:
        live_through(office, telling.finance, days, sales_of=sales_of, progress=progress)
    return _LastYear(cards, tills)


def _take_on(
    telling: _Telling, partners: Sequence[InventedPartner], progress: Progress
) -> list[Till]:
    verifier = telling.finance.preparer
    return take_on(telling.office, partners, verified_by=verifier.email, progress=progress)


def _hand_out_cards(telling: _Telling, last_year: _LastYear) -> Cast:
    """The new school year: roster, money, cards, and most of them activated."""
    office = telling.office
    vote_budgets(
        office,
        telling.school_year,
        people=len(telling.people),
        by=telling.finance.approvers[0].email,
    )
    with telling.report("roster") as progress:
        taken = succeed(
            import_roster(
                office.engine,
                office.keys,
                county.as_roster(telling.people),
                actor=ACTOR,
                school_year=telling.school_year,
                progress=progress,
            )
        )
    assert taken.taken, f"lines of the invented roster are bad: {taken.bad_lines[:3]}"
    pins = {card.beneficiary_id: card.pin for card in last_year.cards}
    with telling.report("cards") as progress:
        cards = issue_all(office, telling.school_year, pins=pins, progress=progress)
    cast = give_parts(telling.random, cards)
    with telling.report("activations") as progress:
        activate_all(office, cast.activated, progress=progress)
    take_photos(office, telling.random, cast.activated[:_PHOTOS])
    return cast


def _live_this_year(telling: _Telling, cast: Cast, tills: Sequence[Till]) -> None:
    pupils = sum(card.category == "collegien" for card in cast.activated)
    count = max(_FEWEST_SALES, pupils * _BUYERS // 100)
    waiting = [card for card in cast.waiting if card.category == "collegien"]

    def sales_of(_day: date) -> list[Sale]:
        return invent_sales(
            telling.random, count=count, spenders=cast.spenders, waiting=waiting, tills=tills
        )

    days = _days(telling.start, telling.today)
    with telling.report("days") as progress:
        live_through(telling.office, telling.finance, days, sales_of=sales_of, progress=progress)


def _arrive(
    telling: _Telling,
    last_year: _LastYear,
    *,
    cast: Cast,
    tills: Sequence[Till],
    users: list[KeptUser],
) -> Kept:
    """The present: cards are lost and replaced, a terminal is revoked, a partner suspended."""
    office = telling.office
    present = return_to_present(office.engine)
    for day in _days(telling.today, present):
        # Midnight has passed while the story was told.
        end_day(office, telling.finance, day)
    if telling.plan.desk_work:
        leave_work(office, telling.finance)
    new_cards = meet_cases(office, cast)
    lost = lose_one(office, telling.partners[_PARTNERS_OF_LAST_YEAR])
    suspended = telling.partners[-2]
    succeed(suspend_partner(office.engine, partner_name=suspended.siret, actor=ACTOR))
    cards = [*cast.activated, *cast.waiting, *new_cards, *last_year.cards]
    led = first_partners(office)
    delegates = welcome_delegates(office, led)
    ask_the_hotline(office, led)
    kept_cards = [card.kept for card in cards]
    return Kept(
        cards=kept_cards,
        terminals=[till.kept for till in [*tills, lost]],
        users=[*users, *delegates, welcome_youth(office, kept_cards)],
    )


def _days(first: date, until: date) -> list[date]:
    """Paris days, `until` excluded."""
    return [first + timedelta(days=n) for n in range((until - first).days)]
