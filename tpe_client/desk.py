"""The desk does what the till wants done: asks the service, keeps the journal, gives out tickets.

The law: everything that can move money goes through one thread, one after the other; the screen
never waits. A sale that fails in a way nobody foresaw is in doubt, never refused. What a thread
raises is told by its kind alone: its text or its variables could hold a PIN.
"""

from __future__ import annotations

import logging
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
from api_client.entries import Order
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
        if work is not None:
            crew, doing = work
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
            self._load_me(LoadMe())

    def _cancel(self, effect: CancelDebit) -> None:
        hands = self._hands
        answer = cancel_debit(
            hands.line,
            hands.journal,
            effect.operation_id,
            reason=effect.reason,
            patience=hands.patience,
        )
        self._told(LineSeen(not isinstance(answer, Unknown)))
        self._told(CancelAnswered(answer))
        self._load_me(LoadMe())

    def _resume(self, effect: Resume) -> None:
        hands = self._hands
        if effect.patiently:
            hands.tickets.forget_before(paris_day(hands.clock()))
        patience = hands.background if effect.patiently else _ONE_QUESTION
        seen = resolve_open(hands.line, hands.journal, patience=patience)
        resolved = tuple(entry for entry in seen if not entry.is_open)
        open_now = len(hands.journal.unresolved())
        if resolved or open_now:
            self._told(LineSeen(bool(resolved)))
        self._told(Resumed(resolved, open_now, hands.journal.last()))

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
        if hands.printing.is_absent:
            blocks = ticket(facts, copy=effect.copy, is_duplicate=effect.is_duplicate)
            self._told(TicketReady(tuple(preview(blocks, columns=hands.columns))))
            return
        hands.tickets.put(
            facts,
            copy=effect.copy,
            is_duplicate=effect.is_duplicate,
            day=effect.approved.business_day,
        )
        hands.printing.look()

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
