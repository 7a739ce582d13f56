"""How the till of the box ends what it began: refused cancellations, late answers, lost keys.

The law: what became of money is told in its own words, and stays until a person has seen it.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from api_client.answers import Approved, Cancelled, Problem, Unknown
from api_client.entries import Entry, Order
from api_client.operation_id import local_reference
from tests.terminals.till_stories import (
    APPROVED,
    AT,
    DAY,
    ME,
    OPERATION,
    SPORT,
    after,
    declined,
    identified_till,
    ready_till,
    typed,
)
from tpe_client.printer.report import PrinterReport
from tpe_client.screens.menu_views import menu_view
from tpe_client.screens.sale_views import sale_view
from tpe_client.screens.view import View
from tpe_client.till.effects import CancelDebit, LoadMe, PutTicket, Resume
from tpe_client.till.events import (
    CancelAnswered,
    DebitAnswered,
    MeSeen,
    PrinterSeen,
    Resumed,
    Tick,
    TicketsLost,
)
from tpe_client.till.states import (
    CancelAsked,
    CancelDone,
    CancelInDoubt,
    Cancelling,
    Done,
    DuplicateAsked,
    Idle,
    LastTold,
    Menu,
    NotCancelled,
    Refused,
    Sending,
    State,
    Stopped,
    TicketShown,
    Till,
)
from tpe_client.till.step import first_till

REVOKED = Problem(401, "terminal_revoked", "revoked")
UNDONE = Cancelled(OPERATION, "C9K7M2QX", 5555, AT)
IN_DOUBT = Unknown(local_reference(OPERATION), OPERATION)


def view_of(till: Till) -> View:
    return sale_view(till) or menu_view(till)


def words_of(till: Till) -> str:
    view = view_of(till)
    return " ".join([view.title, view.big or "", *(line.text for line in view.lines)])


def at(state: State) -> Till:
    return replace(ready_till(), state=state)


def cancelling_till(approved: Approved = APPROVED) -> Till:
    till, effects = typed(at(CancelAsked(approved)), "1")
    assert effects == [CancelDebit(approved.operation_id, "wrong_amount")]
    return till


def test_a_refused_cancellation_says_that_the_debit_stands() -> None:
    refusal = declined("cancellation_too_late", final=True)
    till, _ = after(cancelling_till(), CancelAnswered(OPERATION, refusal))
    assert till.state == NotCancelled(APPROVED, refusal)
    words = words_of(till)
    assert "NON ANNULÉ" in words and "reste acquis" in words and "10,55" in words
    assert "Rien n’a été débité" not in words and "Débit refusé" not in words
    assert refusal.message in words
    assert isinstance(typed(till, "⏎")[0].state, Idle)
    assert isinstance(after(till, *[Tick()] * 45)[0].state, Idle)


def test_a_debit_that_never_was_is_not_said_to_stand() -> None:
    refusal = declined("debit_was_declined", final=True)
    till, _ = after(cancelling_till(), CancelAnswered(OPERATION, refusal))
    assert till.state == Refused(refusal)


def test_an_answer_about_another_cancellation_says_nothing_about_this_one() -> None:
    other = uuid4()
    doubtful, _ = after(
        cancelling_till(replace(APPROVED, operation_id=other)),
        CancelAnswered(other, Unknown(local_reference(other), other)),
    )
    assert isinstance(doubtful.state, CancelInDoubt)
    assert doubtful.open_sales == (local_reference(other),)
    left, _ = typed(doubtful, "⎋")
    second = replace(left, state=Cancelling(APPROVED, "other"))
    late, _ = after(second, CancelAnswered(other, replace(UNDONE, operation_id=other)))
    assert late.state == second.state and late.open_sales == ()


def test_a_doubtful_cancellation_that_is_left_is_asked_for_at_rest() -> None:
    doubtful, _ = after(cancelling_till(), CancelAnswered(OPERATION, IN_DOUBT))
    left, _ = typed(doubtful, "⎋")
    assert isinstance(left.state, Idle) and "reste inconnue" in words_of(left)
    _, effects = after(left, *[Tick()] * 30)
    assert Resume(patiently=False) in effects


def test_the_till_asks_by_itself_with_little_patience_and_in_silence() -> None:
    doubtful, _ = after(cancelling_till(), CancelAnswered(OPERATION, IN_DOUBT))
    doubtful, effects = after(doubtful, *[Tick()] * 12)
    assert effects == [CancelDebit(OPERATION, "wrong_amount", patiently=False)]
    again, effects = after(doubtful, CancelAnswered(OPERATION, IN_DOUBT))
    assert again == doubtful and effects == []


@pytest.mark.parametrize(
    "state",
    [
        Done(APPROVED, pin_checked=False),
        CancelDone(APPROVED, UNDONE),
        Cancelling(APPROVED, "other"),
        NotCancelled(APPROVED, declined("cancellation_too_late")),
        Refused(declined("card_blocked")),
        TicketShown(("line",), Done(APPROVED, pin_checked=False)),
    ],
    ids=lambda state: type(state).__name__,
)
def test_a_key_taken_away_does_not_take_the_truth_from_the_screen(state: State) -> None:
    assert after(at(state), MeSeen(REVOKED))[0].state == state
    idle = at(Idle())
    assert isinstance(after(idle, MeSeen(REVOKED))[0].state, Stopped)


def test_a_revoked_box_names_its_open_sales_at_its_start() -> None:
    order = Order(OPERATION, "", SPORT.wallet, 1055, "7QXR", identity_checked=True)
    reference = local_reference(OPERATION)
    last = Entry(order, "unknown", None, None, reference, AT, None, business_day=DAY)
    till, _ = first_till()
    till, effects = after(till, MeSeen(REVOKED), Resumed((), (reference,), last))
    assert isinstance(till.state, LastTold) and effects == [LoadMe()]
    till, _ = after(till, MeSeen(REVOKED))
    assert till.state == Stopped("revoked", (reference,))
    assert reference in words_of(till) and "04 86 68 80 07" in words_of(till)


def test_a_start_that_knows_its_place_does_not_ask_twice() -> None:
    till, _ = first_till()
    _, effects = after(till, MeSeen(ME), Resumed((), (), None))
    assert effects == []


def test_a_key_taken_away_during_a_cancellation_names_it() -> None:
    answer = replace(IN_DOUBT, problem=REVOKED)
    till, _ = after(cancelling_till(), CancelAnswered(OPERATION, answer))
    assert till.state == Stopped("revoked", (IN_DOUBT.local_reference,))


def test_a_duplicate_goes_to_the_printer_only_if_there_is_one() -> None:
    asked = at(DuplicateAsked(APPROVED))
    without, effects = typed(asked, "1")
    assert without.state == Idle() and any(isinstance(one, PutTicket) for one in effects)
    asked, _ = after(asked, PrinterSeen(PrinterReport("paper_out", 0)))
    assert typed(asked, "1")[0].state == Idle(notice="notice.duplicate_asked")


def test_lost_tickets_are_told_until_the_next_sale() -> None:
    till, _ = after(ready_till(), TicketsLost())
    assert "tickets en attente sont perdus" in words_of(till)
    assert "perdus" in words_of(typed(till, "+⎋")[0])
    card = replace(identified_till(), tickets_are_lost=False)
    assert "perdus" not in words_of(typed(card, "⎋")[0])


def test_a_wallet_is_called_what_the_service_calls_it() -> None:
    till, _ = typed(identified_till(), "115⏎⏎")
    assert isinstance(till.state, Sending)
    label = "Sport et culture"
    renamed = replace(till.state.sale, wallet=replace(SPORT, label=label))
    till = replace(till, state=replace(till.state, sale=renamed))
    till, _ = after(till, DebitAnswered(APPROVED))
    assert label in words_of(till)
    assert isinstance(typed(till, "+")[0].state, Menu)
