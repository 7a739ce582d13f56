"""The desk does what the till wants done: asks the service, keeps the journal, gives out tickets.

The law: everything that can move money goes through one thread, one after the other; the screen
never waits. A sale that fails in a way nobody foresaw is in doubt, never refused. What a thread
raises is told by its kind alone: its text or its variables could hold a PIN.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api_client.answers import (
    Approved,
    Cancelled,
    DayList,
    Declined,
    Identified,
    Me,
    NoAnswer,
    Problem,
    Unknown,
)
from api_client.backoff import IN_THE_BACKGROUND, Patience
from api_client.entries import Entry, Order
from api_client.journal import Journal, JournalFailed
from api_client.operation_id import local_reference, new_operation_id
from api_client.settle import cancel_debit, resolve_open, take_debit
from api_client.transport import Line
from api_client.wall_clock import Clock, paris_day, utc_now
from tpe_client.compare_days import compare_days
from tpe_client.printer.printing import Printing
from tpe_client.printer.ticket_store import TicketStore
from tpe_client.ticket import Place, TicketFacts, ticket, trial_ticket
from tpe_client.ticket_lines import preview
from tpe_client.till.effects import (
    CancelDebit,
    CompareDays,
    DropTickets,
    Effect,
    Identify,
    LoadDay,
    LoadLast,
    LoadMe,
    PrintTrial,
    PutTicket,
    Resume,
    SendDebit,
)
from tpe_client.till.events import (
    CancelAnswered,
    CardAnswered,
    DayAnswered,
    DaysCompared,
    DebitAnswered,
    Event,
    JournalBroken,
    LastSeen,
    LineSeen,
    MeSeen,
    Resumed,
    TicketReady,
    TicketsLost,
)

_LOG: Final = logging.getLogger(__name__)
# Between two keys of a cashier: one question, no waiting.
_ONE_QUESTION: Final = Patience(tries=1)


@dataclass(frozen=True)
class Hands:
    """What the desk works with."""

    line: Line
    journal: Journal
    tickets: TicketStore
    printing: Printing
    columns: int = 32
    clock: Clock = utc_now
    patience: Patience = field(default_factory=Patience)
    background: Patience = IN_THE_BACKGROUND


class Desk:
    """Does effects; tells events, from its own threads."""

    def __init__(self, hands: Hands, *, told: Callable[[Event], None]) -> None:
        self._hands = hands
        self._told = told
        self._me: Me | None = None
        # What the service calls each wallet, as far as it has said so.
        self._labels: dict[str, str] = {}
        # Questions about money that are asked or wait to be.
        self._asked: set[object] = set()
        self._one_at_a_time = threading.Lock()
        self._money = ThreadPoolExecutor(1, thread_name_prefix="money")
        self._reads = ThreadPoolExecutor(3, thread_name_prefix="reads")
        self._works: dict[type, tuple[ThreadPoolExecutor, Callable[..., None]]] = {
            SendDebit: (self._money, self._send_debit),
            CancelDebit: (self._money, self._cancel),
            Resume: (self._money, self._resume),
            LoadMe: (self._reads, self._load_me),
            Identify: (self._reads, self._identify),
            LoadDay: (self._reads, self._load_day),
            LoadLast: (self._reads, self._load_last),
            CompareDays: (self._reads, self._compare),
            PutTicket: (self._reads, self._put_ticket),
            PrintTrial: (self._reads, self._print_trial),
            DropTickets: (self._reads, self._drop_tickets),
        }

    def start(self) -> None:
        """The printer's thread begins; the rest works when it is asked."""
        self._hands.printing.start()

    def do(self, effect: Effect) -> None:
        """Begins an effect; its event comes later. What is the screen's own is left to it."""
        work = self._works.get(type(effect))
        if work is None or not self._is_first_to_ask(effect):
            return
        crew, doing = work
        # After the end nobody waits for an answer.
        with contextlib.suppress(RuntimeError):
            crew.submit(self._guarded, doing, effect)

    def load_photo(self, url: str, *, shown: Callable[[bytes], None]) -> None:
        """Brings the holder's photo, if it comes; it is kept nowhere."""

        def work(_: str) -> None:
            photo = self._hands.line.photo(url)
            if isinstance(photo, bytes):
                shown(photo)

        self._reads.submit(self._guarded, work, url)

    def close(self) -> None:
        """Lets a running sale end, then nothing more is begun."""
        self._hands.printing.stop()
        self._reads.shutdown(wait=False, cancel_futures=True)
        self._money.shutdown(wait=True, cancel_futures=True)

    def _is_first_to_ask(self, effect: Effect) -> bool:
        """Whether this is not being asked already: a silent line holds each question for long, and
        the next sale would stand behind all of them."""
        question = _question(effect)
        with self._one_at_a_time:
            if question is None or question not in self._asked:
                self._asked.add(question)
                return True
        return False

    def _may_be_asked_again(self, effect: Effect) -> None:
        """Before the answer is told: who hears it may ask at once."""
        with self._one_at_a_time:
            self._asked.discard(_question(effect))

    def _guarded(self, work: Callable[..., None], effect: object) -> None:
        try:
            work(effect)
        except JournalFailed as failed:
            self._told(JournalBroken(failed.code))
        except Exception as mistake:
            _LOG.error("%s failed: %s", type(effect).__name__, type(mistake).__name__)

    # Money

    def _send_debit(self, effect: SendDebit) -> None:
        hands, sale = self._hands, effect.sale
        order = Order(
            operation_id=new_operation_id(hands.clock()),
            identification=sale.found.identification,
            wallet=sale.wallet.wallet,
            amount_cents=sale.amount_cents,
            last4=sale.found.last4,
            identity_checked=True,
        )
        answer: Approved | Declined | Cancelled | Problem | Unknown
        try:
            pin = effect.pin.reveal() if effect.pin is not None else None
            answer = take_debit(hands.line, hands.journal, order, pin=pin, patience=hands.patience)
        except JournalFailed:
            raise
        except Exception as mistake:
            # It may have been sent: only asking will tell.
            _LOG.error("sale failed: %s", type(mistake).__name__)
            answer = Unknown(local_reference(order.operation_id), order.operation_id)
        finally:
            if effect.pin is not None:
                effect.pin.wipe()
        self._told(DebitAnswered(answer))
        if isinstance(answer, Approved):
            self.do(LoadMe())

    def _cancel(self, effect: CancelDebit) -> None:
        hands, operation_id = self._hands, effect.operation_id
        patience = hands.patience if effect.patiently else _ONE_QUESTION
        answer: Cancelled | Declined | Unknown
        try:
            answer = cancel_debit(
                hands.line, hands.journal, operation_id, reason=effect.reason, patience=patience
            )
        except JournalFailed:
            raise
        except Exception as mistake:
            # It may have been sent: only its own answer will tell.
            _LOG.error("cancellation failed: %s", type(mistake).__name__)
            answer = Unknown(local_reference(operation_id), operation_id)
        finally:
            self._may_be_asked_again(effect)
        self._told(LineSeen(not isinstance(answer, Unknown) or answer.problem is not None))
        self._told(CancelAnswered(operation_id, answer))
        if not isinstance(answer, Unknown):
            self.do(LoadMe())

    def _resume(self, effect: Resume) -> None:
        hands = self._hands
        patience = hands.background if effect.patiently else _ONE_QUESTION
        seen: list[Entry] = []
        try:
            seen = resolve_open(hands.line, hands.journal, patience=patience)
        except JournalFailed:
            raise
        except Exception as mistake:
            # What the journal holds is told all the same: a start must come to an end.
            _LOG.error("questions failed: %s", type(mistake).__name__)
        finally:
            self._may_be_asked_again(effect)
        resolved = tuple(entry for entry in seen if not entry.is_open)
        open_sales = open_references(hands.journal)
        if resolved or open_sales:
            self._told(LineSeen(bool(resolved)))
        self._told(Resumed(resolved, open_sales, hands.journal.last()))
        if effect.patiently:
            self._tidy_tickets()

    def _tidy_tickets(self) -> None:
        """After the truth about sales, which no ticket may stand before."""
        tickets = self._hands.tickets
        if tickets.was_damaged:
            self._told(TicketsLost())
        tickets.forget_before(paris_day(self._hands.clock()))

    # Questions

    def _load_me(self, effect: LoadMe) -> None:
        answer = self._hands.line.me()
        self._told(LineSeen(not isinstance(answer, NoAnswer)))
        if isinstance(answer, Me):
            self._me = answer
        self._told(MeSeen(answer))

    def _identify(self, effect: Identify) -> None:
        answer: Identified | Declined | Problem | NoAnswer = NoAnswer("offline")
        for reading in effect.readings:
            answer = self._hands.line.identify(reading)
            if not (isinstance(answer, Declined) and answer.code == "card_unknown"):
                break
        if isinstance(answer, Identified):
            self._labels |= {wallet.wallet: wallet.label for wallet in answer.wallets}
        self._told(LineSeen(not isinstance(answer, NoAnswer)))
        self._told(CardAnswered(effect.turn, answer))

    def _load_day(self, effect: LoadDay) -> None:
        answer = self._hands.line.day()
        self._told(LineSeen(not isinstance(answer, NoAnswer)))
        items = answer.items if isinstance(answer, DayList) else ()
        own = frozenset(
            item.operation_id
            for item in items
            if item.operation_id and self._hands.journal.entry(item.operation_id)
        )
        self._told(DayAnswered(effect.turn, answer, own))

    def _load_last(self, effect: LoadLast) -> None:
        self._told(LastSeen(self._hands.journal.last()))

    def _compare(self, effect: CompareDays) -> None:
        hands = self._hands
        answer = compare_days(hands.line, hands.journal, today=paris_day(hands.clock()))
        self._told(LineSeen(not isinstance(answer, NoAnswer)))
        self._told(DaysCompared(effect.turn, answer))

    # Paper

    def _put_ticket(self, effect: PutTicket) -> None:
        hands = self._hands
        place = self._place()
        if place is None:
            return
        facts = self._facts(effect, place)
        if not hands.printing.is_absent and self._keeps(effect, facts):
            hands.printing.look()
            return
        blocks = ticket(facts, copy=effect.copy, is_duplicate=effect.is_duplicate)
        self._told(TicketReady(tuple(preview(blocks, columns=hands.columns))))

    def _keeps(self, effect: PutTicket, facts: TicketFacts) -> bool:
        """Whether the ticket waits for paper; one that cannot be kept is shown on the screen."""
        copy, day = effect.copy, effect.approved.business_day
        try:
            self._hands.tickets.put(facts, copy=copy, is_duplicate=effect.is_duplicate, day=day)
        except sqlite3.Error as mistake:
            _LOG.error("ticket not kept: %s", type(mistake).__name__)
            return False
        return True

    def _facts(self, effect: PutTicket, place: Place) -> TicketFacts:
        approved = effect.approved
        if effect.copy == "holder" and approved.balance_after_cents is None:
            # A list shows no balance: the stored answer does.
            asked = self._hands.line.ask(approved.operation_id)
            approved = asked if isinstance(asked, Approved) else approved
        entry = self._hands.journal.entry(approved.operation_id)
        pin_checked = entry.pin_given if effect.pin_checked is None and entry else None
        facts = TicketFacts(
            place=place,
            operation_id=str(approved.operation_id),
            wallet=approved.wallet,
            wallet_label=self._labels.get(approved.wallet),
            amount_cents=approved.amount_cents,
            last4=approved.last4,
            pin_checked=bool(effect.pin_checked or pin_checked),
            reference=approved.reference,
            at=approved.accepted_at,
            balance_cents=approved.balance_after_cents,
        )
        return _cancellation_facts(facts, effect)

    def _print_trial(self, effect: PrintTrial) -> None:
        self._hands.printing.print_once(trial_ticket(self._place(), columns=self._hands.columns))

    def _drop_tickets(self, effect: DropTickets) -> None:
        self._hands.tickets.drop_all()
        self._hands.printing.look()

    def _place(self) -> Place | None:
        if self._me is None:
            self._load_me(LoadMe())
        me = self._me
        if me is None:
            return None
        return Place(me.partner, me.outlet, me.address, me.label, me.terminal_id)


def open_references(journal: Journal) -> tuple[str, ...]:
    """The terminal's own references of all that nobody has answered for: its sales, and its
    cancellations of other terminals' sales."""
    ids = [entry.order.operation_id for entry in journal.unresolved()]
    ids += [asked.operation_id for asked in journal.cancellations_asked()]
    return tuple(dict.fromkeys(local_reference(operation_id) for operation_id in ids))


def _question(effect: Effect) -> object:
    """What a question about money is about; None for what may be asked any number of times."""
    match effect:
        case CancelDebit():
            return effect.operation_id
        case Resume():
            return Resume
    return None


def _cancellation_facts(facts: TicketFacts, effect: PutTicket) -> TicketFacts:
    """The ticket of the cancellation, where there is one."""
    at: datetime
    if effect.cancelled is not None and effect.cancelled.reference is not None:
        reference, at = effect.cancelled.reference, effect.cancelled.cancelled_at
        balance_cents = effect.cancelled.balance_after_cents
    elif effect.approved.cancelled is not None and effect.approved.cancelled.reference is not None:
        reference, at = effect.approved.cancelled.reference, effect.approved.cancelled.cancelled_at
        # The debit's stored balance is older than its cancellation.
        balance_cents = None
    else:
        return facts
    return replace(
        facts, reference=reference, cancels=facts.reference, at=at, balance_cents=balance_cents
    )
