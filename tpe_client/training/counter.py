"""The school's counter: what each call does to the books, in the contract's order.

The law: a known id before 403, 403 before declines; a replay moves nothing and costs no try; any
terminal of the partner may ask and cancel. It refuses to know HTTP: a problem is raised as Refused.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tpe_client.training import bodies
from tpe_client.training.bodies import rfc3339
from tpe_client.training.books import Books, Cancellation, Identification, Sale
from tpe_client.training.budgets import record_miss, seconds_to_wait
from tpe_client.training.problems import Refused
from tpe_client.training.school import Card, Terminal, folded
from tpe_client.training.verdict import Asked, pin_is_due, settle_pin, stable_refusal

Told = tuple[dict[str, Any], int]

IDENTIFIED_FOR = timedelta(minutes=5)
PHOTO_FOR = timedelta(seconds=60)


def card_read(books: Books, reading: str) -> Card | None:
    """The school card of a reading."""
    return books.school.cards.get(folded(reading))


def identify(books: Books, terminal: Terminal, reading: str) -> Told:
    """`POST /identifications`."""
    _assert_not_suspended(terminal)
    keys = (("terminal", terminal.terminal_id), ("partner", terminal.partner.name))
    seconds = seconds_to_wait(books, keys)
    if seconds:
        raise Refused("too_many_lookups", retry_after=seconds)
    card = card_read(books, reading)
    if card is None or card.refused_reading == "card_unknown":
        record_miss(books, keys)
        return bodies.declined("card_unknown"), 200
    if card.refused_reading is not None:
        return bodies.declined(card.refused_reading), 200
    return _identified(books, terminal, card), 200


def _identified(books: Books, terminal: Terminal, card: Card) -> dict[str, Any]:
    now = books.clock()
    expires_at = now if card.refused_debit == "identification_expired" else now + IDENTIFIED_FOR
    photo_url = None
    if card.photo:
        photo_url = "/api/v1/photos/" + books.photo_tokens.give((card, now + PHOTO_FOR))
    return {
        "outcome": "identified",
        "identification": books.identifications.give(
            Identification(card, terminal.terminal_id, expires_at)
        ),
        "expires_at": rfc3339(expires_at),
        "holder": {
            "first_name": card.first_name,
            "last_name_initial": card.last_name_initial,
            "age": card.age,
            "photo_url": photo_url,
        },
        "card": {"last4": card.last4, "school_year": _school_year(books)},
        "wallets": bodies.wallets(card, terminal.partner, books.balances),
        "pin": bodies.pin_policy(terminal, card),
    }


def check(books: Books, terminal: Terminal, asked: Asked, identification: str) -> Told:
    """`POST /debits/check`: the verdict, writing nothing."""
    _assert_not_suspended(terminal)
    read = books.identifications.read(identification)
    if read is None or _has_expired(books, terminal, read):
        amount = {"wallet": asked.wallet, "amount_cents": asked.amount_cents}
        return {**bodies.declined("identification_expired"), **amount}, 200
    card = read.card
    code = stable_refusal(books, terminal, card, asked)
    if code is None and pin_is_due(terminal, card, asked.amount_cents):
        code = "pin_required" if books.tries[card.name] < 3 else "pin_blocked"
    balance_cents = books.balances.get((card.name, asked.wallet))
    return bodies.checked(asked, code=code, balance_cents=balance_cents, card=card), 200


def take(
    books: Books, terminal: Terminal, operation_id: UUID, *, asked: Asked, identification: str
) -> Told:
    """`PUT /debits/{operation_id}`: 201 decided now, 200 replayed or not decided."""
    read = books.identifications.read(identification)
    known = books.sales.get(operation_id)
    if known is not None:
        if not _is_same(known, terminal, asked, read):
            raise Refused("operation_id_reused", operation_id=str(operation_id))
        return bodies.debit(known, replayed=True), 200
    tombstone = books.cancellations.get(operation_id)
    if tombstone is not None and tombstone.partner != terminal.partner.name:
        raise Refused("operation_id_reused", operation_id=str(operation_id))
    _assert_not_suspended(terminal)

    code: str | None = None
    tries_left = None
    if tombstone is not None:
        code = "operation_cancelled"
    elif read is None or _has_expired(books, terminal, read):
        return bodies.not_decided(operation_id, asked), 200
    else:
        code = stable_refusal(books, terminal, read.card, asked)
        if code is None and pin_is_due(terminal, read.card, asked.amount_cents):
            code, tries_left = settle_pin(books, read.card, asked.pin)
    card = None if read is None else read.card
    sale = _booked(
        books, terminal, operation_id, asked=asked, card=card, code=code, tries_left=tries_left
    )
    return bodies.debit(sale, replayed=False), 201


def _booked(
    books: Books,
    terminal: Terminal,
    operation_id: UUID,
    *,
    asked: Asked,
    card: Card | None,
    code: str | None,
    tries_left: int | None,
) -> Sale:
    balance_cents = None
    if card is not None and code in (None, "insufficient_balance"):
        balance_cents = books.balances[card.name, asked.wallet]
        if code is None:
            balance_cents -= asked.amount_cents
            assert balance_cents >= 0, "never beyond the balance"
            books.balances[card.name, asked.wallet] = balance_cents
    now = books.clock()
    return books.keep(
        Sale(
            operation_no=books.next_no(),
            operation_id=operation_id,
            terminal=terminal,
            card=card,
            wallet=asked.wallet,
            amount_cents=asked.amount_cents,
            code=code,
            balance_after_cents=balance_cents,
            tries_left=tries_left,
            accepted_at=now,
            business_day=books.business_day(now),
        )
    )


def ask(books: Books, terminal: Terminal, operation_id: UUID) -> Told:
    """`GET /debits/{operation_id}`."""
    sale = _own_sale(books, terminal, operation_id)
    if sale is None:
        raise Refused("operation_unknown", operation_id=str(operation_id))
    done = bodies.cancellation_of(sale, books.cancelled(operation_id))
    return {**bodies.debit(sale, replayed=True), "cancellation": done}, 200


def cancel(books: Books, terminal: Terminal, operation_id: UUID) -> Told:
    """`PUT /debits/{operation_id}/cancellation`."""
    known = books.cancellations.get(operation_id)
    sale = books.sales.get(operation_id)
    owner = known.partner if known else sale.terminal.partner.name if sale else None
    if owner not in (None, terminal.partner.name):
        raise Refused("operation_id_reused", operation_id=str(operation_id))
    if known is not None:
        return bodies.cancelled(known), 200

    now = books.clock()
    code, balance_cents = None, None
    if sale is not None:
        code = _cancellation_refusal(books, sale, now)
        if code is None:
            assert sale.card is not None
            balance_cents = books.balances[sale.card.name, sale.wallet] + sale.amount_cents
            books.balances[sale.card.name, sale.wallet] = balance_cents
    done = Cancellation(
        operation_no=books.next_no(),
        operation_id=operation_id,
        partner=terminal.partner.name,
        code=code,
        balance_after_cents=balance_cents,
        cancelled_at=now,
        is_tombstone=sale is None,
    )
    books.cancellations[operation_id] = done
    return bodies.cancelled(done), 201


def _cancellation_refusal(books: Books, sale: Sale, now: datetime) -> str | None:
    if sale.code is not None:
        return "debit_was_declined"
    if sale.business_day != books.business_day(now):
        return "cancellation_day_over"
    return None if sale.card is None else sale.card.refused_cancellation


def mail_ticket(books: Books, terminal: Terminal, operation_id: UUID) -> Told:
    """`POST /debits/{operation_id}/ticket`: the school says it was sent, and sends nothing."""
    keys = (("ticket", operation_id),)
    seconds = seconds_to_wait(books, keys)
    if seconds:
        raise Refused("too_many_tickets", retry_after=seconds)
    record_miss(books, keys)
    sale = _own_sale(books, terminal, operation_id)
    today = books.business_day(books.clock())
    if sale is None or sale.code is not None or sale.business_day != today:
        raise Refused("operation_unknown", operation_id=str(operation_id))
    return {"sent": True}, 202


def me(books: Books, terminal: Terminal) -> Told:
    """`GET /me`."""
    day = books.business_day(books.clock())
    own = books.of_day(terminal.partner.name, day, terminal_id=terminal.terminal_id)
    return bodies.me(terminal, today=books.totals(own)), 200


def list_day(
    books: Books, terminal: Terminal, *, day: date | None, limit: int, before_no: int | None
) -> Told:
    """`GET /debits`: a page of the partner's debits, totals over the whole day."""
    day = day or books.business_day(books.clock())
    sales = books.of_day(terminal.partner.name, day)
    found = [sale for sale in sales if before_no is None or sale.operation_no < before_no]
    shown = found[:limit]
    items = [
        {
            **bodies.debit(sale, replayed=True, with_balance=False),
            "cancellation": bodies.cancellation_of(sale, books.cancelled(sale.operation_id)),
        }
        for sale in shown
    ]
    next_cursor = None
    if len(found) > limit:
        next_cursor = books.cursors.give((terminal.partner.name, day, shown[-1].operation_no))
    return {"items": items, "totals": books.totals(sales), "next_cursor": next_cursor}, 200


def _own_sale(books: Books, terminal: Terminal, operation_id: UUID) -> Sale | None:
    sale = books.sales.get(operation_id)
    is_own = sale is not None and sale.terminal.partner.name == terminal.partner.name
    return sale if is_own else None


def _is_same(sale: Sale, terminal: Terminal, asked: Asked, read: Identification | None) -> bool:
    """Same partner and content; an identification nobody can read names no other card."""
    return (
        sale.terminal.partner.name == terminal.partner.name
        and sale.wallet == asked.wallet
        and sale.amount_cents == asked.amount_cents
        and (read is None or sale.card is None or read.card.name == sale.card.name)
    )


def _has_expired(books: Books, terminal: Terminal, read: Identification) -> bool:
    return read.terminal_id != terminal.terminal_id or books.clock() >= read.expires_at


def _assert_not_suspended(terminal: Terminal) -> None:
    if terminal.partner.state == "suspended":
        raise Refused("partner_suspended")


def _school_year(books: Books) -> int:
    today = books.business_day(books.clock())
    return today.year if today.month >= 9 else today.year - 1
