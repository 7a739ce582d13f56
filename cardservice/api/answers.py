"""Facts into bodies: what the counter says, member by member (design §4).

The law: pure functions; one of them words a debit wherever it appears (taken, replayed, asked for,
listed), so that its members and values cannot differ. Sentences come from the catalogue, instants
leave as RFC 3339 UTC with `Z`, and a list never shows a balance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

from cardservice.api.sentences import refusal_texts, wallet_label
from cardservice.domain.codes import by_name
from cardservice.domain.short_code import operation_reference
from cardservice.services.activate_terminal import ActivationFacts, TerminalActivated
from cardservice.services.cancel_debit import CancellationAnswer
from cardservice.services.check_debit import DebitVerdict
from cardservice.services.identify_card import Identified
from cardservice.services.register import TerminalFacts
from cardservice.services.show_day_close import DayClosed

Body = dict[str, Any]


class DebitFactsStored(Protocol):
    """The stored facts of a debit: the money function's answer, or a row of the ledger."""

    @property
    def operation_no(self) -> int | None: ...
    @property
    def operation_id(self) -> UUID | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def code(self) -> str | None: ...
    @property
    def last4(self) -> str | None: ...
    @property
    def wallet(self) -> str | None: ...
    @property
    def amount_cents(self) -> int | None: ...
    @property
    def balance_after_cents(self) -> int | None: ...
    @property
    def tries_left(self) -> int | None: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def business_day(self) -> date | None: ...


def utc(instant: datetime | None) -> str:
    """`2026-11-22T14:32:07.123456Z`."""
    assert instant is not None, "an answer has its instant"
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def debit_body(facts: DebitFactsStored, *, replayed: bool, with_balance: bool = True) -> Body:
    """A debit that was answered: approved, or declined with its reason."""
    assert facts.operation_no is not None and facts.business_day is not None
    reference = {"reference": operation_reference(facts.operation_no)}
    amount = {"wallet": facts.wallet, "amount_cents": facts.amount_cents}
    when = {
        "accepted_at": utc(facts.accepted_at),
        "business_day": facts.business_day.isoformat(),
    }
    if facts.outcome == "approved":
        balance = {"balance_after_cents": facts.balance_after_cents} if with_balance else {}
        return {
            "outcome": "approved",
            "operation_id": str(facts.operation_id),
            **reference,
            **amount,
            **balance,
            **when,
            "card": {"last4": facts.last4},
            "replayed": replayed,
        }
    assert facts.code is not None, "a refusal has its code"
    return {
        **declined_body(
            facts.code,
            operation_id=facts.operation_id,
            balance_cents=facts.balance_after_cents if with_balance else None,
            tries_left=facts.tries_left,
        ),
        **reference,
        **amount,
        **when,
        "replayed": replayed,
    }


def declined_body(
    code: str,
    *,
    operation_id: UUID | None = None,
    balance_cents: int | None = None,
    tries_left: int | None = None,
) -> Body:
    """A refusal with the facts that belong to its code."""
    texts = refusal_texts(code, balance_cents=balance_cents, tries_left=tries_left)
    body: Body = {"outcome": "declined"}
    if operation_id is not None:
        body["operation_id"] = str(operation_id)
    body["code"] = code
    body["final"] = by_name[code].final
    body["message"] = texts.message
    body["next_step"] = texts.next_step
    if code == "insufficient_balance" and balance_cents is not None:
        body["balance_cents"] = balance_cents
    if code == "pin_wrong" and tries_left is not None:
        body["tries_left"] = tries_left
    return body


def expired_debit_body(operation_id: UUID, *, wallet: str, amount_cents: int) -> Body:
    """A debit that decided nothing: the same id may come again with a fresh identification."""
    return {
        **declined_body("identification_expired", operation_id=operation_id),
        "wallet": wallet,
        "amount_cents": amount_cents,
        "replayed": False,
    }


def checked_body(verdict: DebitVerdict) -> Body:
    """What the debit would be answered, less what only a debit has."""
    stored = {"wallet": verdict.wallet, "amount_cents": verdict.amount_cents}
    if verdict.code is not None:
        return {**declined_body(verdict.code, balance_cents=verdict.balance_cents), **stored}
    assert verdict.balance_cents is not None
    return {
        "outcome": "approved",
        **stored,
        "balance_after_cents": verdict.balance_cents - verdict.amount_cents,
        "card": {"last4": verdict.last4},
    }


def cancellation_body(answer: CancellationAnswer) -> Body:
    """A cancellation: done, refused, or a tombstone without reference and balance."""
    if answer.outcome == "declined":
        assert answer.code is not None
        return declined_body(answer.code, operation_id=answer.operation_id)
    assert answer.operation_no is not None
    return {
        "outcome": "cancelled",
        "operation_id": str(answer.operation_id),
        "reference": None if answer.is_tombstone else operation_reference(answer.operation_no),
        "balance_after_cents": answer.balance_after_cents,
        "cancelled_at": utc(answer.accepted_at),
    }


def cancellation_of(row: Any) -> Body | None:
    """What became of a stored debit (a row of db/queries/debits.py)."""
    if row.cancellation_no is None:
        return None
    # A debit that was declined moved nothing: what names it is a tombstone.
    is_tombstone = row.outcome == "declined"
    return {
        "reference": None if is_tombstone else operation_reference(row.cancellation_no),
        "cancelled_at": utc(row.cancelled_at),
    }


def identified_body(found: Identified, *, photo_url: str | None) -> Body:
    """Who is in front of the cashier, and what may be spent here."""
    return {
        "outcome": "identified",
        "identification": found.identification,
        "expires_at": utc(found.expires_at),
        "holder": {
            "first_name": found.first_name,
            "last_name_initial": found.last_name_initial,
            "age": found.age,
            "photo_url": photo_url,
        },
        "card": {"last4": found.last4, "school_year": found.school_year},
        "wallets": [
            {"wallet": wallet, "label": wallet_label(wallet), "balance_cents": balance_cents}
            for wallet, balance_cents in found.wallets.items()
        ],
        "pin": pin_policy(found.terminal.pin_required, found.terminal.above_cents),
    }


def pin_policy(required: str, above_cents: int | None) -> Body:
    """When this terminal asks for the PIN; `above_cents` only where it says something."""
    return {"required": required, "above_cents": above_cents if required == "above" else None}


def settings_body(
    *, pin_required: str, above_cents: int | None, limit_cents: int, ticket: bool
) -> Body:
    """How a terminal is set up."""
    return {
        "pin": pin_policy(pin_required, above_cents),
        "limit_cents": limit_cents,
        "ticket": ticket,
    }


def recognised_body(found: ActivationFacts) -> Body:
    """Step 1 of an activation: is this my place?"""
    return {
        "terminal_id": found.terminal_id,
        "activation_token": found.activation_token,
        "kind": found.kind,
        "partner": {"name": found.partner_name},
        "outlet": {"name": found.outlet_name, "address": found.outlet_address},
    }


def activated_body(activated: TerminalActivated) -> Body:
    """Step 2: the key, told this once, and the settings."""
    return {
        "terminal_key": activated.terminal_key,
        "terminal_id": activated.terminal_id,
        "settings": settings_body(
            pin_required=activated.pin_required,
            above_cents=activated.above_cents,
            limit_cents=activated.limit_cents,
            ticket=activated.ticket,
        ),
    }


def me_body(terminal: TerminalFacts, *, today: Iterable[Iterable[Any]]) -> Body:
    """The terminal about itself, with its own totals of the day."""
    return {
        "terminal": {
            "terminal_id": terminal.public_id,
            "label": terminal.label,
            "kind": terminal.kind,
        },
        "partner": {"name": terminal.partner_name},
        "outlet": {"name": terminal.outlet_name, "address": terminal.outlet_address},
        "settings": settings_body(
            pin_required=terminal.pin_required,
            above_cents=terminal.above_cents,
            limit_cents=terminal.limit_cents,
            ticket=terminal.ticket,
        ),
        "today": summed(wallet_totals(today)),
    }


def day_close_body(closed: DayClosed) -> Body:
    """A sealed day as its partner sees it."""
    return {
        "business_day": closed.business_day.isoformat(),
        "count": closed.count,
        "amount_cents": closed.amount_cents,
        "wallets": [asdict(wallet) for wallet in closed.wallets],
        "seal": closed.seal.hex(),
    }


def wallet_totals(rows: Iterable[Iterable[Any]]) -> list[Body]:
    """(wallet, count, amount_cents) of each wallet that has a debit."""
    return [
        {"wallet": wallet, "count": count, "amount_cents": amount_cents}
        for wallet, count, amount_cents in rows
    ]


def summed(wallets: list[Body]) -> Body:
    """Totals per wallet, with their sum in front."""
    return {
        "count": sum(wallet["count"] for wallet in wallets),
        "amount_cents": sum(wallet["amount_cents"] for wallet in wallets),
        "wallets": wallets,
    }
