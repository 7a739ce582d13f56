"""Our own terminal against the school's faults: a sale ends as it truly is, and is paid once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api_client.answers import Approved, Declined, Identified, Problem, Unknown
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.operation_id import new_operation_id
from api_client.settle import take_debit
from api_client.transport import Line
from tests.conftest import A_MORNING
from tests.terminals.training_site import TrainingSite, opened_training

CENTS = 1000
# What a sale on a faulty card must end as, and whether its money has moved.
ENDS = {
    "fault_lost_request": (Approved, True),
    "fault_lost_answer": (Approved, True),
    "fault_cut_answer": (Approved, True),
    "fault_unavailable": (Approved, True),
    "fault_unavailable_but_taken": (Approved, True),
    "fault_never_known": (Unknown, False),
    "fault_defect": (Approved, True),
    "fault_duplicated": (Approved, True),
    "fault_other_page": (Approved, True),
    "fault_new_members": (Approved, True),
    "fault_suspended_meanwhile": (Problem, False),
    "fault_revoked_meanwhile": (Problem, False),
    "fault_late_answer": (Approved, True),
    "late_card_blocked": (Declined, False),
    "small_balance": (Declined, False),
}


async def _at_once(_seconds: float) -> None:
    """A late answer that is in time after all: the terminal's own patience is tested elsewhere."""


@pytest.fixture
def site() -> Iterator[TrainingSite]:
    with opened_training(pause=_at_once) as opened:
        yield opened


@pytest.fixture
def school_line(site: TrainingSite) -> Iterator[Line]:
    key = next(one["key"] for one in site.facts["terminals"] if one["pin_required"] == "never")
    with Line(site.base_url, key=key, client="cjeune-tpe/1.0") as line:
        yield line


@pytest.mark.parametrize("card", ENDS)
def test_a_sale_ends_as_it_truly_is(
    site: TrainingSite, school_line: Line, journal: Journal, eager: Patience, card: str
) -> None:
    found = school_line.identify(site.books.school.card_named(card).code)
    assert isinstance(found, Identified), found
    before = site.books.balances[card, "sport_culture_leisure"]
    order = Order(
        operation_id=new_operation_id(A_MORNING),
        identification=found.identification,
        wallet="sport_culture_leisure",
        amount_cents=CENTS,
        last4=found.last4,
        identity_checked=True,
    )
    end = take_debit(school_line, journal, order, pin=None, patience=eager)
    kind, paid = ENDS[card]
    assert isinstance(end, kind), end
    after = site.books.balances[card, "sport_culture_leisure"]
    assert before - after == (CENTS if paid else 0)


def test_a_card_that_is_refused_says_why(site: TrainingSite, school_line: Line) -> None:
    refused: Callable[[str], object] = school_line.identify
    for card in site.books.school.cards.values():
        if card.refused_reading is not None:
            told = refused(card.code)
            assert isinstance(told, Declined) and told.code == card.refused_reading, card.name
