"""The till of the box, without screen, service or clock: what follows from what."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from uuid import uuid4

import pytest

from api_client.answers import (
    Cancellation,
    Cancelled,
    DayList,
    NoAnswer,
    Problem,
    Unknown,
)
from api_client.entries import Entry, Order
from tests.terminals.till_stories import (
    ABOVE,
    ALWAYS,
    APPROVED,
    AT,
    CODE,
    DAY,
    ME,
    OPERATION,
    SPORT,
    after,
    declined,
    found,
    identified_till,
    ready_till,
    typed,
)
from tpe_client.till.amount import cents_of, typed_on
from tpe_client.till.effects import (
    CancelDebit,
    CompareDays,
    Identify,
    LoadDay,
    LoadLast,
    LoadMe,
    PutTicket,
    Quit,
    Resume,
    Ring,
    SendDebit,
)
from tpe_client.till.events import (
    CancelAnswered,
    CardAnswered,
    CardRead,
    DayAnswered,
    DebitAnswered,
    JournalBroken,
    Key,
    LastSeen,
    MeSeen,
    Resumed,
    Tick,
    TicketReady,
)
from tpe_client.till.pin import Pin
from tpe_client.till.states import (
    Amount,
    CancelAsked,
    CancelDone,
    CancelInDoubt,
    Choosing,
    Confirming,
    DayShown,
    Done,
    DuplicateAsked,
    Identity,
    Idle,
    InDoubt,
    LastTold,
    Loading,
    NotTaken,
    PinEntry,
    Refused,
    Sending,
    Stopped,
    TicketShown,
    Till,
)
from tpe_client.till.step import first_till, step

REVOKED = Problem(401, "terminal_revoked", "revoked")


def sending_till(amount: str = "10,55") -> Till:
    till, _ = typed(identified_till(), f"11{amount}⏎⏎")
    assert isinstance(till.state, Sending)
    return till


def entry(state: str, *, reference: str | None = None) -> Entry:
    order = Order(OPERATION, "", SPORT.wallet, 1055, "7QXR", identity_checked=True)
    return Entry(
        order, state, reference, None, "T7K2M9QXR", AT, AT,  # type: ignore[arg-type]
        accepted_at=AT, business_day=DAY,
    )  # fmt: skip


def test_a_start_asks_about_the_past_before_anything_else() -> None:
    till, effects = first_till()
    assert effects == (Resume(patiently=True), LoadMe())
    assert typed(till, CODE + "⏎")[0] == till
    told, _ = after(till, Resumed((), (), entry("approved", reference="D4K7M2QX")))
    assert isinstance(told.state, LastTold)
    assert isinstance(typed(told, "⏎")[0].state, Idle)


def test_a_sale_without_pin_goes_through_every_question() -> None:
    till = identified_till()
    states = []
    effects = []
    for keys in ("1", "1", "10,55", "⏎", "⏎"):
        till, asked = typed(till, keys)
        states.append(type(till.state))
        effects += asked
    assert states == [Choosing, Amount, Amount, Confirming, Sending]
    (sent,) = [one for one in effects if isinstance(one, SendDebit)]
    assert (sent.sale.amount_cents, sent.sale.wallet, sent.pin) == (1055, SPORT, None)
    done, effects = after(till, DebitAnswered(APPROVED))
    assert done.state == Done(APPROVED, pin_checked=False, label=SPORT.label)
    assert Ring("approved") in effects


@pytest.mark.parametrize(("policy", "amount", "asks"), [
    (ABOVE, "20", False), (ABOVE, "20,01", True), (ALWAYS, "0,01", True),
])  # fmt: skip
def test_the_pin_is_asked_where_the_policy_says(policy, amount, asks) -> None:  # type: ignore[no-untyped-def]
    till, _ = typed(identified_till(policy), f"11{amount}⏎⏎")
    assert isinstance(till.state, PinEntry if asks else Sending)


def test_a_pin_of_three_digits_is_not_sent() -> None:
    till, effects = typed(identified_till(ALWAYS), "1110⏎⏎482⏎")
    assert isinstance(till.state, PinEntry) and not any(isinstance(e, SendDebit) for e in effects)
    till, effects = typed(till, "6⏎")
    (sent,) = [one for one in effects if isinstance(one, SendDebit)]
    assert sent.pin is not None and sent.pin.reveal() == "4826"
    assert isinstance(till.state, Sending) and "Pin(" not in repr(till)


def test_a_readers_burst_never_becomes_a_pin() -> None:
    till, effects = typed(identified_till(ALWAYS), "1110⏎⏎" + "7K3M9482654H⏎")
    assert isinstance(till.state, PinEntry)
    assert not any(isinstance(one, SendDebit) for one in effects)


def test_a_readers_burst_confirms_no_amount() -> None:
    till, effects = typed(identified_till(), "1110⏎" + "7K3M9Q" + "⏎")
    assert not any(isinstance(one, SendDebit) for one in effects)
    assert not isinstance(till.state, Sending)


def test_enter_does_not_say_that_the_identity_was_checked() -> None:
    assert isinstance(typed(identified_till(), "⏎⏎⏎")[0].state, Identity)


def test_a_pin_leaves_no_trace_where_it_was() -> None:
    till, _ = typed(identified_till(ALWAYS), "1110⏎⏎4826")
    assert isinstance(till.state, PinEntry)
    pin = till.state.pin
    assert "4826" not in repr(till) and repr(pin) == "Pin(••••)" and f"{pin}" == "Pin(••••)"
    with pytest.raises(TypeError):
        pickle.dumps(pin)
    with pytest.raises(TypeError):
        copy.copy(pin)
    assert "4" not in repr(Key("4"))
    left, _ = typed(till, "⎋")
    assert isinstance(left.state, Idle) and len(pin) == 0


def test_a_pin_is_given_up_after_thirty_still_seconds() -> None:
    till, _ = typed(identified_till(ALWAYS), "1110⏎⏎48")
    assert isinstance(till.state, PinEntry)
    pin = till.state.pin
    till, _ = after(till, *[Tick()] * 29)
    assert isinstance(till.state, PinEntry)
    till, _ = after(till, Tick())
    assert till.state == Idle(notice="notice.pin_too_slow") and len(pin) == 0


def test_a_wrong_pin_may_be_typed_again_and_the_last_one_not() -> None:
    till, _ = typed(identified_till(ALWAYS), "1110⏎⏎4826⏎")
    again, _ = after(till, DebitAnswered(declined("pin_wrong", tries_left=1)))
    assert isinstance(again.state, PinEntry) and again.state.notice == "message of pin_wrong"
    assert len(again.state.pin) == 0
    over, _ = after(till, DebitAnswered(declined("pin_wrong", tries_left=0, final=True)))
    assert isinstance(over.state, Refused)


def test_too_little_balance_offers_what_is_left() -> None:
    refused, _ = after(
        sending_till(), DebitAnswered(declined("insufficient_balance", balance_cents=830))
    )
    assert isinstance(refused.state, Refused)
    again, _ = typed(refused, "1")
    assert isinstance(again.state, Amount) and again.state.wallet.balance_cents == 830
    whole, _ = typed(again, "+⏎")
    assert isinstance(whole.state, Confirming) and whole.state.sale.amount_cents == 830


def test_nothing_but_an_answer_leads_out_of_sending() -> None:
    till = sending_till()
    for event in (
        Key("escape"),
        Key("enter"),
        CardRead(CODE),
        MeSeen(REVOKED),
        Resumed((), (), None),
    ):
        assert isinstance(step(till, event)[0].state, Sending)
    assert isinstance(after(till, *[Tick()] * 500)[0].state, Sending)


def test_a_doubt_is_asked_about_until_the_service_speaks() -> None:
    doubt, effects = after(sending_till(), DebitAnswered(Unknown("T7K2M9QXR", OPERATION)))
    assert isinstance(doubt.state, InDoubt) and Resume(patiently=False) in effects
    still, effects = after(doubt, *[Tick()] * 60)
    assert isinstance(still.state, InDoubt) and effects.count(Resume(patiently=False)) == 5
    still, _ = after(still, Resumed((), ("T7K2M9QXR",), None))
    assert (
        isinstance(still.state, InDoubt)
        and still.state.rounds == 1
        and still.open_sales == ("T7K2M9QXR",)
    )
    done, _ = after(still, Resumed((entry("approved", reference="D4K7M2QX"),), (), None))
    assert isinstance(done.state, Done) and done.state.approved.reference == "D4K7M2QX"
    refused, _ = after(still, Resumed((entry("declined"),), (), None))
    assert isinstance(refused.state, Refused)
    undone, _ = after(still, Resumed((entry("cancelled"),), (), None))
    assert undone.state == NotTaken("T7K2M9QXR", 1055)


def test_a_doubt_left_by_the_cashier_is_still_asked_about() -> None:
    doubt, _ = after(sending_till(), DebitAnswered(Unknown("T7K2M9QXR", OPERATION)))
    idle, _ = typed(doubt, "⎋")
    assert isinstance(idle.state, Idle) and idle.open_sales == ("T7K2M9QXR",)
    later, effects = after(idle, *[Tick()] * 30)
    assert Resume(patiently=False) in effects
    told, _ = after(later, Resumed((entry("approved", reference="D4K7M2QX"),), (), None))
    assert isinstance(told.state, LastTold)


def test_a_revoked_terminal_stops_and_tells_a_running_doubt_first() -> None:
    stopped, _ = after(ready_till(), MeSeen(REVOKED))
    assert stopped.state == Stopped("revoked")
    assert typed(stopped, CODE + "⏎")[0].state == stopped.state
    assert typed(stopped, "⎋")[1] == [Quit()]
    doubt, _ = after(sending_till(), DebitAnswered(Unknown("T7K2M9QXR", OPERATION)))
    assert isinstance(after(doubt, MeSeen(REVOKED))[0].state, InDoubt)


def test_a_journal_that_cannot_be_written_stops_the_sale() -> None:
    stopped, _ = after(sending_till(), JournalBroken("not_writable"))
    assert isinstance(stopped.state, Stopped)


def test_a_card_is_asked_about_only_if_it_can_be_one() -> None:
    for reading, asks in ((CODE, True), (CODE.lower(), True), ("7K3M9QXWTB4HDM", False),
                          ("https://example.org", False)):  # fmt: skip
        till, effects = after(ready_till(), CardRead(reading))
        assert any(isinstance(one, Identify) for one in effects) is asks
        assert (till.state == Idle()) is False


def test_a_late_answer_about_a_card_is_not_shown() -> None:
    till, effects = after(ready_till(), CardRead(CODE))
    (asked,) = [one for one in effects if isinstance(one, Identify)]
    idle, _ = typed(till, "⎋")
    assert after(idle, CardAnswered(asked.turn, found()))[0].state == Idle()


@pytest.mark.parametrize(
    ("answer", "notice"),
    [
        (NoAnswer("offline"), "notice.no_network"),
        (Problem(403, "partner_suspended", "suspended"), "suspended"),
        (found(wallets=()), "notice.no_wallets"),
    ],
)
def test_why_no_sale_begins_is_told(answer, notice) -> None:  # type: ignore[no-untyped-def]
    till, effects = after(ready_till(), CardRead(CODE))
    (asked,) = [one for one in effects if isinstance(one, Identify)]
    assert after(till, CardAnswered(asked.turn, answer))[0].state == Idle(notice=notice)


def test_a_refused_card_is_told_in_the_services_words() -> None:
    till, effects = after(ready_till(), CardRead(CODE))
    (asked,) = [one for one in effects if isinstance(one, Identify)]
    refused, _ = after(till, CardAnswered(asked.turn, declined("card_blocked", final=True)))
    assert isinstance(refused.state, Refused)
    assert refused.state.declined.message == "message of card_blocked"


def test_each_copy_is_printed_when_asked_and_only_then() -> None:
    done, effects = after(sending_till(), DebitAnswered(APPROVED))
    assert not any(isinstance(one, PutTicket) for one in effects)
    done, effects = typed(done, "1121")
    assert [one.copy for one in effects if isinstance(one, PutTicket)] == ["holder", "partner"]


@pytest.mark.parametrize(
    ("typing", "shown", "cents"),
    [
        ("10,55", "10,55", 1055), ("10", "10", 1000), ("0,5", "0,5", 50), (",5", "0,5", 50),
        ("10,555", "10,55", 1055), ("007", "7", 700), ("12345", "1234", 123400),
        ("1,,5", "1,5", 150), ("x9", "9", 900), ("", "", 0),
    ],
)  # fmt: skip
def test_an_amount_is_typed_as_it_is_said(typing: str, shown: str, cents: int) -> None:
    text = ""
    for key in typing:
        text = typed_on(text, key)
    assert (text, cents_of(text)) == (shown, cents)


def test_the_whole_balance_is_one_key() -> None:
    till, _ = typed(identified_till(), "11+")
    assert isinstance(till.state, Amount) and cents_of(till.state.typed) == SPORT.balance_cents


def test_more_than_the_balance_is_told_before_it_is_sent() -> None:
    till, effects = typed(identified_till(), "1155,56⏎⏎")
    assert isinstance(till.state, Amount) and till.state.notice
    assert not any(isinstance(one, SendDebit) for one in effects)


def listed(keys: str) -> Till:
    cancelled = replace(APPROVED, operation_id=uuid4(), cancelled=Cancellation("C9", AT))
    refusal = declined("insufficient_balance")
    till, effects = typed(ready_till(), keys)
    (asked,) = [one for one in effects if isinstance(one, LoadDay)]
    theirs = replace(APPROVED, operation_id=uuid4())
    listed = DayList((refusal, theirs, cancelled, APPROVED), ())
    own = frozenset((cancelled.operation_id, OPERATION))
    return after(till, DayAnswered(asked.turn, listed, own))[0]


def test_the_lists_show_what_serves_their_purpose() -> None:
    for keys, count in (("+1", 2), ("+2", 2), ("+3", 4)):
        till = listed(keys)
        assert isinstance(till.state, DayShown) and len(till.state.day.items) == count


def test_a_cancellation_is_chosen_reasoned_and_told() -> None:
    asked, _ = typed(listed("+1"), "↓⏎")
    assert isinstance(asked.state, CancelAsked)
    assert isinstance(typed(asked, "⏎")[0].state, CancelAsked)
    cancelling, effects = typed(asked, "3")
    assert CancelDebit(OPERATION, "holder_changed_mind") in effects
    done, _ = after(
        cancelling, CancelAnswered(OPERATION, Cancelled(OPERATION, "C9K7M2QX", 5555, AT))
    )
    assert isinstance(done.state, CancelDone)
    _, effects = typed(done, "1")
    (put,) = [one for one in effects if isinstance(one, PutTicket)]
    assert put.cancelled is not None and not put.is_duplicate
    doubt, _ = after(cancelling, CancelAnswered(OPERATION, Unknown("T7K2M9QXR", OPERATION)))
    assert isinstance(doubt.state, CancelInDoubt)
    _, effects = after(doubt, *[Tick()] * 12)
    assert effects == [CancelDebit(OPERATION, "holder_changed_mind", patiently=False)]


def test_a_box_without_printer_shows_the_ticket_and_goes_back() -> None:
    done, _ = after(sending_till(), DebitAnswered(APPROVED))
    shown, _ = after(done, TicketReady(tuple(f"line {number}" for number in range(30))))
    assert isinstance(shown.state, TicketShown)
    assert typed(shown, "↓↓↑")[0].state.first == 1  # type: ignore[union-attr]
    assert typed(shown, "↓" * 50)[0].state.first == 13  # type: ignore[union-attr]
    assert typed(shown, "⏎")[0].state == done.state
    busy = identified_till()
    assert after(busy, TicketReady(("line",)))[0] == busy


def test_a_key_taken_away_in_the_middle_of_a_doubt_tells_both() -> None:
    answer = Unknown("T7K2M9QXR", OPERATION, REVOKED)
    stopped, _ = after(sending_till(), DebitAnswered(answer))
    assert stopped.state == Stopped("revoked", ("T7K2M9QXR",))


def test_a_duplicate_is_marked_as_one() -> None:
    asked, _ = typed(listed("+2"), "↓⏎")
    assert isinstance(asked.state, DuplicateAsked)
    idle, effects = typed(asked, "2")
    (put,) = [one for one in effects if isinstance(one, PutTicket)]
    assert put.is_duplicate and put.copy == "partner" and isinstance(idle.state, Idle)


def test_the_menu_opens_by_number_and_by_arrow() -> None:
    till, effects = typed(ready_till(), "+4")
    assert isinstance(till.state, Loading) and isinstance(effects[-1], CompareDays)
    till, effects = typed(ready_till(), "+↓↓↓↓⏎")
    assert effects == [LoadLast()]
    assert isinstance(after(till, LastSeen(None))[0].state, LastTold)
    till, effects = typed(ready_till(), "+↑⏎")
    assert effects == [Quit()]
    assert isinstance(typed(ready_till(), "+⎋")[0].state, Idle)


def test_a_still_counter_goes_back_to_rest_and_says_hello_to_the_service() -> None:
    till, _ = after(identified_till(), *[Tick()] * 90)
    assert till.state == Idle()
    _, effects = after(till, *[Tick()] * 30)
    assert effects == [LoadMe()]
    assert after(till, MeSeen(ME))[0].me == ME


def test_half_a_code_is_cleared_away() -> None:
    till, _ = typed(ready_till(), "7K3M")
    assert after(till, *[Tick()] * 90)[0].state == Idle()


def test_a_debit_undone_meanwhile_is_not_shown_as_refused() -> None:
    till, _ = after(sending_till(), DebitAnswered(Cancelled(OPERATION, "C9K7M2QX", 5555, AT)))
    assert isinstance(till.state, NotTaken)


def test_a_pin_counts_no_fifth_digit_and_forgets_its_last() -> None:
    pin = Pin()
    for digit in "48261":
        pin = pin.with_digit(digit)
    assert pin.reveal() == "4826" and len(pin.without_last()) == 3
