"""A step of a screen belongs to the first terminal that read it: real connections, real locks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from cardservice.domain.screen_code import read_screen_payload, step_at
from cardservice.services.show_screen_card import ScreenShown, show_screen_card
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING
from tests.ledger.straight import at_once, rows, wait_until_blocked

Connect = Callable[[], psycopg.Connection]
NOW = step_at(A_MORNING)
EXPIRED = "screen_code_expired"


def reference_of(office: Office, card: makers.HeldCard) -> str:
    """What the card's own screen says it is."""
    shown = show_screen_card(office.engine, office.keys, beneficiary_id=card.holder.beneficiary_id)
    assert isinstance(shown, ScreenShown), shown
    code = read_screen_payload(office.keys, shown.payloads[0])
    assert code is not None
    return code.reference


def read(
    db: psycopg.Connection, *asks: tuple[str, int, int]
) -> list[tuple[int | None, str | None]]:
    """Card and refusal of each (reference, step, terminal)."""
    columns = [list(column) for column in zip(*asks, strict=True)]
    found = db.execute(
        "SELECT card_id, refusal FROM identify_screens(%s::text[], %s::bigint[], %s::bigint[])",
        columns,
    )
    return [(card_id, refusal) for card_id, refusal in found]


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


@pytest.fixture
def card(office: Office) -> makers.HeldCard:
    return makers.make_card(office)


def test_a_step_belongs_to_the_first_terminal_which_may_read_it_again(
    office: Office, db: psycopg.Connection, card: makers.HeldCard
) -> None:
    reference = reference_of(office, card)
    for terminal, refusal in ((7, None), (8, EXPIRED), (7, None), (8, EXPIRED)):
        assert read(db, (reference, NOW, terminal)) == [(card.card_id, refusal)]


def test_in_one_batch_the_first_reading_has_the_step_and_each_gets_its_own_answer(
    office: Office, db: psycopg.Connection, card: makers.HeldCard
) -> None:
    mine, other = reference_of(office, card), makers.make_card(office)
    another = reference_of(office, other)
    answers = read(
        db, (another, NOW, 9), (mine, NOW, 8), ("0" * 12, NOW, 8), (mine, NOW, 7), (mine, NOW, 8)
    )
    assert answers == [
        (other.card_id, None),
        (card.card_id, None),
        (None, None),
        (card.card_id, EXPIRED),
        (card.card_id, None),
    ]


@pytest.mark.parametrize("away", [-2, 2, -2_000_000, 10**9])
def test_a_step_that_is_not_a_neighbour_of_now_is_over_and_claimed_by_nobody(
    office: Office, db: psycopg.Connection, card: makers.HeldCard, away: int
) -> None:
    assert read(db, (reference_of(office, card), NOW + away, 7)) == [(card.card_id, EXPIRED)]
    assert rows(db, "SELECT FROM screen_step") == []


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_the_step_of_now_and_its_neighbours_are_good(
    office: Office, db: psycopg.Connection, card: makers.HeldCard, away: int
) -> None:
    assert read(db, (reference_of(office, card), NOW + away, 7)) == [(card.card_id, None)]


def test_what_is_over_is_cleared_with_the_next_reading(
    office: Office, db: psycopg.Connection, card: makers.HeldCard, superuser: Callable[..., object]
) -> None:
    reference = reference_of(office, card)
    superuser(
        "INSERT INTO screen_step SELECT card_id, n, 7 FROM card,"
        f" generate_series({NOW - 50}, {NOW - 1}) AS n"
    )
    read(db, (reference, NOW, 7))
    kept = rows(db, "SELECT step FROM screen_step ORDER BY step")
    assert [step for (step,) in kept] == [NOW - 3, NOW - 2, NOW - 1, NOW]


def test_a_card_that_may_not_pay_claims_no_step(
    office: Office, db: psycopg.Connection, card: makers.HeldCard, superuser: Callable[..., object]
) -> None:
    reference = reference_of(office, card)
    superuser("UPDATE card SET state = 'blocked'")
    assert read(db, (reference, NOW, 7)) == [(card.card_id, "card_blocked")]
    assert rows(db, "SELECT FROM screen_step") == []


def test_the_second_terminal_waits_for_the_first_ones_commit(
    office: Office, connect: Connect, db: psycopg.Connection, card: makers.HeldCard
) -> None:
    reference, first, second = reference_of(office, card), connect(), connect()
    first.execute("BEGIN")
    assert read(first, (reference, NOW, 7)) == [(card.card_id, None)]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, second, (reference, NOW, 8))
        wait_until_blocked(db, second)
        first.execute("COMMIT")
        assert waiting.result(20) == [(card.card_id, EXPIRED)]


def test_a_claim_that_is_undone_leaves_the_step_to_the_next(
    office: Office, connect: Connect, db: psycopg.Connection, card: makers.HeldCard
) -> None:
    reference, first, second = reference_of(office, card), connect(), connect()
    first.execute("BEGIN")
    read(first, (reference, NOW, 7))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, second, (reference, NOW, 8))
        wait_until_blocked(db, second)
        first.execute("ROLLBACK")
        assert waiting.result(20) == [(card.card_id, None)]


def shown_at_two_terminals(office: Office, connect: Connect, *, races: int) -> None:
    """One screen after another is held in front of two terminals in the same instant."""
    cards = makers.make_cards(office, races)
    references = [reference_of(office, card) for card in cards]
    first, second = connect(), connect()
    for reference in references:
        answers = at_once(
            [
                partial(read, first, (reference, NOW, 7)),
                partial(read, second, (reference, NOW, 8)),
            ]
        )
        assert sorted(str(refusal) for ((_, refusal),) in answers) == ["None", EXPIRED]


def test_of_two_terminals_at_once_one_has_the_step(office: Office, connect: Connect) -> None:
    shown_at_two_terminals(office, connect, races=50)


@pytest.mark.soak
def test_of_two_terminals_at_once_one_has_the_step_a_thousand_times(
    office: Office, connect: Connect
) -> None:
    shown_at_two_terminals(office, connect, races=1000)


def test_batches_that_hold_the_same_cards_in_another_order_wait_in_no_ring(
    office: Office, connect: Connect
) -> None:
    references = [reference_of(office, card) for card in makers.make_cards(office, 20)]
    first, second = connect(), connect()
    for step in (NOW - 1, NOW, NOW + 1):
        there = [(reference, step, 7) for reference in references]
        back = [(reference, step, 8) for reference in reversed(references)]
        one, two = at_once([partial(read, first, *there), partial(read, second, *back)])
        for (_, left), (_, right) in zip(one, reversed(two), strict=True):
            assert sorted((str(left), str(right))) == ["None", EXPIRED]
