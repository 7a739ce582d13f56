"""The terminal's line against the real service: each call, each kind of answer, each rule of the
contract that a terminal relies on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from api_client import activation
from api_client.answers import (
    Activated,
    Approvable,
    Approved,
    Cancelled,
    DayList,
    Declined,
    Identified,
    Me,
    NoAnswer,
    Problem,
    Recognised,
    TicketMailed,
    Unknown,
)
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.key_file import read_key_file
from api_client.operation_id import new_operation_id
from api_client.settle import cancel_debit, resolve_open, take_debit
from api_client.transport import Line
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.set_photo import set_photo
from tests import makers
from tests.conftest import A_MORNING
from tests.makers import HeldCard, Till
from tests.terminals.conftest import CLIENT, Service
from tests.terminals.ledger_truth import assert_all_true

NewOrder = Callable[..., Order]


def test_a_terminal_knows_who_and_where_it_is(line: Line, terminal: Till) -> None:
    found = line.me()
    assert isinstance(found, Me)
    assert (found.terminal_id, found.kind) == (terminal.public_id, "box")
    assert found.today.count == 0


def test_a_card_that_may_pay_is_identified(line: Line, card: HeldCard) -> None:
    found = line.identify(card.code)
    assert isinstance(found, Identified)
    assert [wallet.wallet for wallet in found.wallets] == ["sport_culture_leisure", "tutoring"]
    assert (found.last4, found.holder.first_name) == (card.code[-4:], "Léa")


def test_a_card_that_is_none_is_declined_and_too_many_are_a_problem(line: Line) -> None:
    for _ in range(30):
        found = line.identify("0000 0000 0000 00")
        assert isinstance(found, Declined) and found.code == "card_unknown"
    found = line.identify("0000 0000 0000 00")
    assert isinstance(found, Problem) and found.code == "too_many_lookups"
    assert found.retry_after and found.is_passing


def test_a_sale_is_taken_and_undone(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience
) -> None:
    order = new_order()
    checked = line.check(order)
    assert isinstance(checked, Approvable)
    taken = take_debit(line, journal, order, pin=None, patience=eager)
    assert isinstance(taken, Approved)
    assert taken.balance_after_cents == checked.balance_after_cents
    entry = journal.last()
    assert entry is not None and (entry.state, entry.reference) == ("approved", taken.reference)
    assert journal.totals(taken.business_day).amount_cents == 1055

    undone = cancel_debit(line, journal, order.operation_id, reason="wrong_amount", patience=eager)
    assert isinstance(undone, Cancelled)
    entry = journal.last()
    assert entry is not None and entry.state == "cancelled" and not entry.is_open
    assert journal.totals(taken.business_day).count == 0


def test_a_tombstone_comes_before_its_sale(
    service: Service, line: Line, journal: Journal, new_order: NewOrder, eager: Patience
) -> None:
    order = new_order()
    journal.write(order)
    (entry,) = resolve_open(line, journal, patience=eager)
    assert (entry.state, entry.cancellation_reference) == ("cancelled", None)
    late = line.send_debit(order, pin=None)
    assert isinstance(late, Declined) and late.code == "operation_cancelled"
    assert_all_true(service.office, journal, [order.operation_id])


def test_a_pin_is_asked_for_by_the_policy_and_judged_once(
    service: Service,
    make_line: Callable[..., Line],
    journal: Journal,
    card: HeldCard,
    eager: Patience,
) -> None:
    till = makers.make_terminal(service.office, pin_required="above", above_cents=1000)
    line = make_line(key=till.key)
    found = line.identify(card.code)
    assert isinstance(found, Identified)
    assert not found.pin.asks_for(1000) and found.pin.asks_for(1001)

    def sale(amount_cents: int) -> Order:
        return Order(
            new_operation_id(A_MORNING),
            found.identification,
            found.wallets[0].wallet,
            amount_cents,
            found.last4,
            True,
        )

    wrong = sale(1001)
    for _ in range(3):
        # The same sale sent again costs no further try.
        told = line.send_debit(wrong, pin="0000")
        assert isinstance(told, Declined)
        assert (told.code, told.facts) == ("pin_wrong", {"tries_left": 2})
    without = take_debit(line, journal, sale(1001), pin=None, patience=eager)
    assert isinstance(without, Declined) and without.code == "pin_required"
    right = take_debit(line, journal, sale(1001), pin=makers.PIN, patience=eager)
    assert isinstance(right, Approved)
    assert isinstance(take_debit(line, journal, sale(1000), pin=None, patience=eager), Approved)
    assert [entry.pin_given for entry in journal.of_day(right.business_day)] == [False, True, False]


def test_an_old_identification_ends_the_sale_and_a_new_one_begins_another(
    service: Service, line: Line, journal: Journal, new_order: NewOrder, eager: Patience
) -> None:
    stale = new_order(identification="AQAAAAAAABvR")
    told = take_debit(line, journal, stale, pin=None, patience=eager)
    assert isinstance(told, Declined) and told.code == "identification_expired"
    assert journal.unresolved() == []
    fresh = new_order()
    assert isinstance(take_debit(line, journal, fresh, pin=None, patience=eager), Approved)
    ids = [stale.operation_id, fresh.operation_id]
    assert_all_true(service.office, journal, ids)


def test_a_revoked_terminal_is_told_and_its_open_sales_wait_for_a_new_key(
    service: Service,
    line: Line,
    terminal: Till,
    make_line: Callable[..., Line],
    journal: Journal,
    new_order: NewOrder,
    eager: Patience,
) -> None:
    arrived, other = new_order(), new_order()
    journal.write(arrived)
    assert isinstance(line.send_debit(arrived, pin=None), Approved)
    revoke_terminal(service.office.engine, terminal_id=terminal.public_id, actor="test")

    told = take_debit(line, journal, other, pin=None, patience=eager)
    assert isinstance(told, Problem) and told.code == "terminal_revoked"
    assert told.stops_the_terminal
    assert [entry.state for entry in resolve_open(line, journal, patience=eager)] == ["written"]
    undone = cancel_debit(line, journal, arrived.operation_id, reason="other", patience=eager)
    assert isinstance(undone, Unknown) and undone.problem is not None


def test_any_terminal_of_the_partner_cancels_a_sale_of_the_list(
    service: Service,
    make_line: Callable[..., Line],
    card: HeldCard,
    tmp_path: Path,
    eager: Patience,
) -> None:
    shop = makers.make_partner(service.office)
    lines = [make_line(key=makers.make_terminal(service.office, shop).key) for _ in range(2)]
    found = lines[0].identify(card.code)
    assert isinstance(found, Identified)
    wallet = found.wallets[0].wallet
    sale = Order(new_operation_id(A_MORNING), found.identification, wallet, 5, found.last4, True)
    with Journal.open(tmp_path / "one") as one, Journal.open(tmp_path / "other") as other:
        assert isinstance(take_debit(lines[0], one, sale, pin=None, patience=eager), Approved)
        day = lines[1].day()
        assert isinstance(day, DayList)
        (listed,) = day.items
        assert isinstance(listed, Approved) and listed.balance_after_cents is None
        undone = cancel_debit(lines[1], other, sale.operation_id, reason="mistake", patience=eager)
        assert isinstance(undone, Cancelled)
    assert isinstance(lines[0].ask(sale.operation_id), Approved)


def test_a_day_is_compared_only_when_it_is_closed(line: Line) -> None:
    answer = line.compare(date(2026, 11, 22), count=0, amount_cents=0)
    assert isinstance(answer, Problem) and answer.code == "day_not_closed"


def test_a_ticket_is_mailed_for_a_sale_of_today(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience
) -> None:
    order = new_order()
    take_debit(line, journal, order, pin=None, patience=eager)
    assert line.mail_ticket(order.operation_id, email="parent@example.org") == TicketMailed()
    other = line.mail_ticket(new_operation_id(A_MORNING), email="parent@example.org")
    assert isinstance(other, Problem) and other.code == "operation_unknown"


def test_a_photo_is_shown_and_a_strange_address_is_not(
    service: Service, line: Line, card: HeldCard
) -> None:
    file = BytesIO()
    Image.new("RGB", (60, 80), "navy").save(file, "PNG")
    office = service.office
    set_photo(office.engine, office.keys, card_name=card.code, image=file.getvalue(), actor="test")
    found = line.identify(card.code)
    assert isinstance(found, Identified) and found.holder.photo_url is not None
    photo = line.photo(found.holder.photo_url)
    assert isinstance(photo, bytes) and Image.open(BytesIO(photo)).format == "JPEG"
    assert isinstance(line.photo("/api/v1/photos/forged"), NoAnswer)


# Joining


@pytest.fixture
def code(service: Service) -> str:
    return makers.make_terminal_waiting(service.office, kind="box").activation_code


def test_a_terminal_joins_in_two_steps_and_its_key_is_kept(
    service: Service, code: str, tmp_path: Path
) -> None:
    base_url, key_path = service.base_url, tmp_path / "box" / "terminal.json"
    found = activation.recognise(base_url, code.lower(), client=CLIENT)
    assert isinstance(found, Recognised) and found.kind == "box"
    joined = activation.confirm(base_url, found, label="Caisse 2", client=CLIENT, key_path=key_path)
    assert isinstance(joined, Activated)
    kept = read_key_file(key_path)
    assert kept is not None and kept.key == joined.terminal_key
    with Line(kept.base_url, key=kept.key, client=CLIENT) as line:
        me = line.me()
    assert isinstance(me, Me) and (me.label, me.terminal_id) == ("Caisse 2", found.terminal_id)

    again = activation.confirm(base_url, found, label="x", client=CLIENT, key_path=key_path)
    assert isinstance(again, Problem) and again.code == "activation_unknown"
    assert read_key_file(key_path) == kept


def test_a_wrong_code_is_a_problem(service: Service) -> None:
    told = activation.recognise(service.base_url, "0000-0000", client=CLIENT)
    assert isinstance(told, Problem) and told.code == "activation_unknown"


def test_a_sale_is_one_order_of_cents(new_order: NewOrder) -> None:
    wrong: list[Any] = [0, -5, 10.55, True]
    for amount_cents in wrong:
        with pytest.raises(AssertionError):
            replace(new_order(), amount_cents=amount_cents)
