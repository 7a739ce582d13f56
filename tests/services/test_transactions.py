"""Lists of transactions: what is found is what a plain Python filter finds (C60, C63, C65)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reference_search import reference_holds
from cardservice.db.queries.transaction_choices import choices_of
from cardservice.db.queries.transactions import (
    STATE_GROUPS,
    Scope,
    Transaction,
    Wanted,
    one,
    page_of,
    totals_of,
)
from cardservice.domain.operation import WALLETS
from cardservice.domain.short_code import operation_reference
from cardservice.services.cancel_from_portal import cancel_from_portal
from cardservice.services.change_delegate import change_delegate
from cardservice.services.entrusted import Entrusted
from cardservice.wiring import Office
from clearing.day_close import close_days
from tests.conftest import A_MORNING, Clock
from tests.counter import SPORT, TUTORING
from tests.portals.people import make_team
from tests.services.partner_people import acting
from tests.services.street_of_delegates import Street, make_street

TODAY, YESTERDAY = date(2026, 11, 22), date(2026, 11, 21)
ALL = Wanted(YESTERDAY, TODAY)


@dataclass(frozen=True)
class Sale:
    """What the test itself knows of a sale."""

    operation_id: UUID
    day: date
    at: int
    outlet_id: int
    delegate_id: int | None
    wallet: str
    cents: int
    state: str


@dataclass(frozen=True)
class Story:
    street: Street
    sales: list[Sale]


@pytest.fixture
def story(office: Office) -> Story:
    """Two days at two partners: every outlet, two wallets, refusals, cancellations."""
    clock = Clock(office)
    # Afternoon before, so that sessions and delegations of "today" hold too.
    clock.set(A_MORNING - timedelta(days=1))
    street = make_street(office)
    sales = [*_a_day(street, YESTERDAY)]
    clock.set(A_MORNING)
    assert not isinstance(close_days(office.engine, YESTERDAY), str)
    sales = [_closed(sale) for sale in sales] + _a_day(street, TODAY)
    return Story(street, sales)


def _a_day(street: Street, day: date) -> list[Sale]:
    sales, cents = [], 100
    for at in (0, 1):
        for outlet in (0, 1):
            for by in (None, "lead", "cashier", "day_cashier"):
                wallet = TUTORING if by == "lead" else SPORT
                refused = "wallet_not_accepted" if by is None and outlet else None
                cents += 7
                sold = street.sell(
                    cents, at=at, outlet=outlet, by=by, wallet=wallet, refused=refused
                )
                state = "declined" if refused else "accepted"
                if by == "cashier" and outlet == 0:
                    _cancel(street, sold, at)
                    state = "cancelled"
                who = None if by is None else street.person(by, at)
                sales.append(
                    Sale(sold, day, at, street.outlets(at)[outlet], who, wallet, cents, state)
                )
    return sales


def _closed(sale: Sale) -> Sale:
    state = "closed" if sale.state == "accepted" else sale.state
    return Sale(**{**sale.__dict__, "state": state})


def _cancel(street: Street, operation_id: UUID, at: int) -> None:
    answer = cancel_from_portal(
        street.office.engine,
        street.acting("lead", at),
        Scope(street.teams[at].partner.partner_id),
        operation_id=operation_id,
        reason="mistake",
    )
    assert answer is not None and answer.outcome == "cancelled"


def _found(story: Story, scope: Scope, wanted: Wanted, **more: Any) -> list[Transaction]:
    with unit_of_work(story.street.office.engine) as connection:
        return page_of(connection, scope, wanted, **({"limit": 1000} | more))


def _scope(story: Story) -> Scope:
    return Scope(story.street.teams[0].partner.partner_id)


def _wanted_by(story: Story) -> st.SearchStrategy[Wanted]:
    """Filters of every kind, those of the other partner among them."""
    street = story.street
    days = st.sampled_from([YESTERDAY, TODAY])
    outlets = [*street.outlets(0), *street.outlets(1)]
    return st.builds(
        Wanted,
        first_day=days,
        last_day=days,
        reference=st.sampled_from(["", "", "D", "D0"]),
        outlet_id=st.none() | st.sampled_from(outlets),
        delegate_id=st.none()
        | st.sampled_from([street.person("lead"), street.person("cashier"), 0]),
        terminal_id=st.none() | st.sampled_from([t.terminal_id for t in street.tills.values()]),
        wallet=st.none() | st.sampled_from(WALLETS),
        state=st.none() | st.sampled_from(sorted(STATE_GROUPS)),
    )


def _meant(story: Story, wanted: Wanted) -> Callable[[Sale], bool]:
    till_of = {till.terminal_id: outlet for outlet, till in story.street.tills.items()}

    def is_meant(sale: Sale) -> bool:
        return (
            sale.at == 0
            and wanted.first_day <= sale.day <= wanted.last_day
            and wanted.outlet_id in (None, sale.outlet_id)
            and wanted.delegate_id in (None, sale.delegate_id)
            and (wanted.terminal_id is None or till_of[wanted.terminal_id] == sale.outlet_id)
            and wanted.wallet in (None, sale.wallet)
            and (wanted.state is None or sale.state in STATE_GROUPS[wanted.state])
        )

    return is_meant


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_what_is_filtered_is_what_a_plain_filter_finds_newest_first(
    story: Story, data: st.DataObject
) -> None:
    wanted = data.draw(_wanted_by(story))
    expected = [sale for sale in reversed(story.sales) if _meant(story, wanted)(sale)]
    lines = _found(story, _scope(story), wanted)
    assert [(x.operation_id, x.state, x.amount_cents) for x in lines] == [
        (sale.operation_id, sale.state, sale.cents) for sale in expected
    ]


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data(), size=st.integers(1, 7))
def test_totals_are_the_sum_of_the_lines_however_they_are_paged(
    story: Story, data: st.DataObject, size: int
) -> None:
    wanted, scope = data.draw(_wanted_by(story)), _scope(story)
    with unit_of_work(story.street.office.engine) as connection:
        totals = totals_of(connection, scope, wanted)
    pages, batches, last = [], [], None
    for page in range(1 + len(story.sales) // size):
        pages += _found(story, scope, wanted, limit=size, offset=page * size)
        batch = _found(story, scope, wanted, limit=size, before=last)
        batches += batch
        last = batch[-1] if batch else last
    assert pages == batches == _found(story, scope, wanted)
    for total in totals:
        of_wallet = [line for line in pages if line.wallet == total.wallet]
        assert total.lines == len(of_wallet)
        assert total.count == sum(line.owed_cents > 0 for line in of_wallet)
        assert total.amount_cents == sum(line.owed_cents for line in of_wallet)
    assert sum(total.lines for total in totals) == len(pages)


def test_a_scope_holds_whatever_is_asked_for(story: Story) -> None:
    street = story.street
    annex = street.outlets(0)[1]
    lines = _found(story, Scope(street.teams[0].partner.partner_id, (annex,)), ALL)
    assert lines and {line.outlet_id for line in lines} == {annex}
    own = Scope(
        street.teams[0].partner.partner_id,
        street.outlets(0),
        delegate_id=street.person("day_cashier"),
        only_on=TODAY,
    )
    lines = _found(story, own, ALL)
    assert len(lines) == 2 and {line.business_day for line in lines} == {TODAY}
    assert not _found(story, own, Wanted(YESTERDAY, YESTERDAY))


def test_a_foreign_transaction_is_as_unknown_as_one_that_never_was(story: Story) -> None:
    theirs = next(sale for sale in story.sales if sale.at == 1)
    with unit_of_work(story.street.office.engine) as connection:
        assert one(connection, _scope(story), theirs.operation_id) is None
        assert one(connection, _scope(story), UUID(int=7)) is None


def test_a_reference_is_found_whole_and_in_parts_over_all_days(story: Story) -> None:
    mine = next(sale for sale in story.sales if sale.at == 0)
    (line,) = [x for x in _found(story, _scope(story), ALL) if x.operation_id == mine.operation_id]
    for typed in (
        line.reference,
        line.reference.lower(),
        f" {line.reference[:4]} {line.reference[4:]}",
    ):
        found = _found(story, _scope(story), Wanted(YESTERDAY, TODAY, reference=typed))
        assert [x.operation_id for x in found] == [mine.operation_id]
    part = line.reference[-4:]
    expected = {x.reference for x in _found(story, _scope(story), ALL) if part in x.reference}
    found = _found(story, _scope(story), Wanted(YESTERDAY, TODAY, reference=part))
    assert {x.reference for x in found} == expected
    assert not _found(story, _scope(story), Wanted(YESTERDAY, TODAY, reference="%'; --"))


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    number=st.integers(0, 5_000) | st.integers(0, 2**50),
    data=st.data(),
)
def test_a_part_is_found_exactly_where_the_printed_reference_contains_it(
    office: Office, number: int, data: st.DataObject
) -> None:
    printed = operation_reference(number)
    start = data.draw(st.integers(0, len(printed) - 1))
    part = data.draw(
        st.just(printed[start : data.draw(st.integers(start + 1, len(printed)))])
        | st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=3)
    )
    condition = reference_holds(part, column="CAST(:number AS bigint)")
    with unit_of_work(office.engine) as connection:
        found = connection.execute(text(f"SELECT {condition}"), {"number": number}).scalar_one()
    assert found == (part in printed)


def test_days_of_one_partner_are_read_by_the_index_of_days(story: Story) -> None:
    """A year of days costs a step each, never a walk through everybody's operations."""
    partner_id = story.street.teams[0].partner.partner_id
    with unit_of_work(story.street.office.engine) as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            connection.execute(
                text(
                    "EXPLAIN SELECT operation_no FROM operation o WHERE o.kind = 'debit'"
                    " AND o.partner_id = :partner_id"
                    " AND o.business_day = ANY(CAST(:days AS date[]))"
                    " ORDER BY o.business_day DESC, o.operation_no DESC LIMIT 50"
                ),
                {"partner_id": partner_id, "days": [TODAY - timedelta(days=n) for n in range(365)]},
            ).scalars()
        )
    assert "ix_operation_day" in plan and "partner_id =" in plan


def test_what_was_sold_after_midnight_stands_on_the_new_day(office: Office) -> None:
    street = make_street(office)
    Clock(office).set(datetime(2026, 11, 22, 22, 59, 50, tzinfo=UTC))
    before = street.sell(300)
    Clock(office).set(datetime(2026, 11, 22, 23, 0, 5, tzinfo=UTC))
    after = street.sell(400)
    scope = Scope(street.teams[0].partner.partner_id)
    with unit_of_work(office.engine) as connection:
        for day, expected in ((TODAY, before), (TODAY + timedelta(days=1), after)):
            (line,) = page_of(connection, scope, Wanted(day, day), limit=10)
            assert line.operation_id == expected


def test_who_is_bound_to_an_outlet_is_offered_nobody_of_another_one(office: Office) -> None:
    team = make_team(office)
    lead = acting(office, team)
    asked = Entrusted("cashier", frozenset((team.annex_id,)), None, None)
    change_delegate(
        office.engine, lead=lead, delegate_id=team.people["cashier"].delegate_id, asked=asked
    )

    def offered(outlet_ids: tuple[int, ...] | None) -> set[str]:
        with unit_of_work(office.engine) as connection:
            choices = choices_of(connection, Scope(lead.partner_id, outlet_ids))
        return {name for _, name in choices.delegates}

    here = {"Camille Roux", "Jules Renfort", "Paul Absent"}
    assert offered((team.partner.outlet_id,)) == here
    assert offered((team.annex_id,)) == {"Camille Roux", "Sofia Blanc"}
    assert offered(None) == here | {"Sofia Blanc"}
