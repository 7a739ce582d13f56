"""A holder replaces their own card: a screen at once, a plastic whose code is drawn in print."""

import secrets
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from cardservice.adapters.qr_image import card_qr
from cardservice.db.engine import unit_of_work
from cardservice.domain.card_code import fold_card_code, last4, make_card_code_ending
from cardservice.domain.keys import code_mac
from cardservice.domain.refusal import Refused
from cardservice.services.block_card import block_card
from cardservice.services.choose_pin import choose_pin
from cardservice.services.pause_card import pause_card, pause_card_of
from cardservice.services.print_cards import print_cards
from cardservice.services.replace_own_card import MOST_CARDS_A_YEAR, replace_own_card
from cardservice.services.show_screen_card import ScreenShown, show_screen_card
from tests.makers import make_beneficiary, make_card


def replace(office, held, serial=None):
    return replace_own_card(
        office.engine,
        office.keys,
        beneficiary_id=held.holder.beneficiary_id,
        serial=serial or serial_now(office, held),
        actor="member:1",
    )


def serial_now(office, held):
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text("SELECT serial FROM card WHERE replaced_by IS NULL AND beneficiary_id = :holder"),
            {"holder": held.holder.beneficiary_id},
        ).scalar_one()


def print_all(office, **options):
    return print_cards(
        office.engine,
        office.keys,
        draw=secrets.randbelow,
        prove=options.pop("prove", lambda code: None),
        actor="test",
        **options,
    )


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def block(office, held):
    return block_card(
        office.engine, office.keys, card_name=held.serial, reason="lost", actor="member:1"
    )


def current(office):
    (row,) = rows(office, "SELECT * FROM card WHERE replaced_by IS NULL")
    return row


@pytest.mark.parametrize("before", ["active", "paused", "blocked"])
def test_the_new_card_is_active_at_once_and_has_a_screen(office, before):
    held = make_card(office)
    if before == "paused":
        pause_card_of(
            office.engine,
            beneficiary_id=held.holder.beneficiary_id,
            actor="member:1",
            paused_by="holder",
        )
    if before == "blocked":
        block(office, held)
    done = replace(office, held)
    assert (done.serial, done.state) == ("C26-000002", "active")
    shown = show_screen_card(office.engine, office.keys, beneficiary_id=held.holder.beneficiary_id)
    assert isinstance(shown, ScreenShown)
    assert shown.last4 == done.last4
    old, *_ = rows(office, "SELECT state FROM card WHERE replaced_by IS NOT NULL")
    assert old.state == {"active": "replaced"}.get(before, before)


def test_a_pause_of_the_department_goes_over_and_the_card_has_no_screen(office):
    held = make_card(office)
    pause_card(office.engine, office.keys, card_name=held.serial, actor="test")
    assert replace(office, held).state == "paused"
    assert show_screen_card(
        office.engine, office.keys, beneficiary_id=held.holder.beneficiary_id
    ) == Refused("card_paused")


def test_a_card_that_was_never_activated_is_not_replaced_but_activated(office):
    assert replace(office, make_card(office, pin=None)) == Refused("card_not_activated")
    issued = make_card(office, pin=None)
    block(office, issued)
    assert replace(office, issued) == Refused("card_not_activated")


def test_nobody_is_given_a_card_of_a_year_that_is_over(office, clock):
    held = make_card(office)
    clock.set(datetime(2027, 8, 31, 22, 0, tzinfo=UTC))
    assert replace(office, held) == Refused("school_year_over")
    clock.set(datetime(2027, 9, 2, 8, 0, tzinfo=UTC))
    assert replace(office, held) == Refused("card_obsolete")


def test_a_year_holds_a_few_cards_of_one_person_and_no_more(office):
    held = make_card(office)
    for _ in range(MOST_CARDS_A_YEAR - 1):
        assert replace(office, held).state == "active"
    assert replace(office, held) == Refused("replacements_too_many")


def test_a_person_without_a_card_replaces_none(office):
    nobody = make_beneficiary(office)
    answer = replace_own_card(
        office.engine,
        office.keys,
        beneficiary_id=nobody.beneficiary_id,
        serial="C26-000001",
        actor="member:1",
    )
    assert answer == Refused("card_unknown")


def test_two_replacements_at_once_leave_one_current_card(office):
    held = make_card(office)
    threads = [threading.Thread(target=replace, args=(office, held, held.serial)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(office, "SELECT FROM card WHERE replaced_by IS NULL")) == 1
    assert len(rows(office, "SELECT FROM plastic_order")) == 1
    assert len(rows(office, "SELECT FROM card")) == 2
    assert replace(office, held, held.serial) == Refused("card_replaced")


def test_until_it_is_printed_nobody_knows_a_code_of_the_plastic(office):
    held = make_card(office)
    replace(office, held)
    before = current(office)
    (printed,) = print_all(office).cards
    after = current(office)
    assert before.code_mac != after.code_mac == code_mac(office.keys, printed.code)
    # Tickets of the screen and stored answers name the card by them.
    assert last4(printed.code) == before.last4 == after.last4
    assert fold_card_code(printed.code) == printed.code
    assert printed.code not in repr(printed)
    done = choose_pin(office.engine, office.keys, card_name=printed.code, pin="5093", actor="test")
    assert done.serial == printed.serial


def test_an_order_is_printed_once(office):
    for _ in range(3):
        replace(office, make_card(office))
    lots = [print_all(office, at_most=2) for _ in range(3)]
    assert [(len(lot.cards), lot.waiting) for lot in lots] == [(2, 1), (1, 0), (0, 0)]


def test_every_code_is_proved_and_a_sheet_that_cannot_be_written_undoes_the_lot(office):
    replace(office, make_card(office))
    before = current(office)

    def full_disk(cards):
        raise OSError

    with pytest.raises(OSError):
        print_all(office, hand_over=full_disk)
    assert current(office) == before
    proved = []
    (printed,) = print_all(office, prove=lambda code: proved.append(card_qr(code) and code)).cards
    assert proved == [printed.code]


def test_what_was_blocked_or_replaced_meanwhile_is_not_printed(office):
    first, second = make_card(office), make_card(office)
    blocked = replace(office, first)
    block_card(
        office.engine, office.keys, card_name=blocked.serial, reason="lost", actor="member:1"
    )
    replace(office, second)
    newest = replace(office, second)
    printed = print_all(office)
    assert [card.serial for card in printed.cards] == [newest.serial]
    assert printed.waiting == 0


def test_two_printers_at_once_print_each_order_once(office):
    for _ in range(6):
        replace(office, make_card(office))
    printed = []
    threads = [
        threading.Thread(target=lambda: printed.extend(print_all(office).cards)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({card.serial for card in printed}) == len(printed) == 6


@pytest.mark.parametrize("ending", ["0000", "ZZZZ", "7K3M"])
def test_a_code_can_be_drawn_for_any_ending(ending):
    drawn = {make_card_code_ending(ending, secrets.randbelow) for _ in range(5)}
    assert len(drawn) == 5
    assert all(fold_card_code(code) == code and last4(code) == ending for code in drawn)
