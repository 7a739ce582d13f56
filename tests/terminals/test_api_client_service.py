"""The terminal's line against the real service: each call, each kind of answer."""

from __future__ import annotations

from collections.abc import Callable

from api_client.answers import Approved, Cancelled, Identified, Me
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.settle import cancel_debit, take_debit
from api_client.transport import Line
from tests.makers import HeldCard, Till


def test_a_terminal_knows_who_and_where_it_is(line: Line, terminal: Till) -> None:
    found = line.me()
    assert isinstance(found, Me)
    assert (found.terminal_id, found.kind) == (terminal.public_id, "box")
    assert found.today.count == 0


def test_a_card_that_may_pay_is_identified(line: Line, card: HeldCard) -> None:
    found = line.identify(card.code)
    assert isinstance(found, Identified)
    assert [wallet.wallet for wallet in found.wallets] == ["sport_culture_leisure", "tutoring"]


def test_a_sale_is_taken_and_undone(
    line: Line, journal: Journal, new_order: Callable[..., Order], eager: Patience
) -> None:
    order = new_order()
    taken = take_debit(line, journal, order, pin=None, patience=eager)
    assert isinstance(taken, Approved)
    entry = journal.last()
    assert entry is not None and (entry.state, entry.reference) == ("approved", taken.reference)
    assert journal.totals(taken.business_day).amount_cents == 1055

    undone = cancel_debit(line, journal, order.operation_id, reason="wrong_amount", patience=eager)
    assert isinstance(undone, Cancelled)
    entry = journal.last()
    assert entry is not None and entry.state == "cancelled" and not entry.is_open
    assert journal.totals(taken.business_day).count == 0
