"""Facts into bodies: what the school says, member by member, as design §4 writes it.

The law: pure functions; one of them words a debit wherever it appears, so that its members and
values cannot differ; a list never shows a balance.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tpe_client.training.books import Cancellation, Sale
from tpe_client.training.references import reference_of
from tpe_client.training.school import Activation, Card, Partner, Terminal
from tpe_client.training.sentences import decline_texts, wallet_label
from tpe_client.training.verdict import CANCELLATION_DECLINES, DECLINES, Asked

Body = dict[str, Any]


def rfc3339(instant: datetime) -> str:
    """`2026-11-22T14:32:07.123456Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def declined(
    code: str,
    *,
    operation_id: UUID | None = None,
    balance_cents: int | None = None,
    tries_left: int | None = None,
) -> Body:
    """A refusal with the facts that belong to its code."""
    message, next_step = decline_texts(code, balance_cents=balance_cents, tries_left=tries_left)
    body: Body = {"outcome": "declined"}
    if operation_id is not None:
        body["operation_id"] = str(operation_id)
    body |= {
        "code": code,
        "final": {**DECLINES, **CANCELLATION_DECLINES}[code],
        "message": message,
        "next_step": next_step,
    }
    if code == "insufficient_balance" and balance_cents is not None:
        body["balance_cents"] = balance_cents
    if code == "pin_wrong" and tries_left is not None:
        body["tries_left"] = tries_left
    return body


def debit(sale: Sale, *, replayed: bool, with_balance: bool = True) -> Body:
    """A debit that was answered."""
    when = {
        "accepted_at": rfc3339(sale.accepted_at),
        "business_day": sale.business_day.isoformat(),
    }
    named = {"reference": reference_of(sale.operation_no)}
    amount = {"wallet": sale.wallet, "amount_cents": sale.amount_cents}
    if sale.code is not None:
        refusal = declined(
            sale.code,
            operation_id=sale.operation_id,
            balance_cents=sale.balance_after_cents if with_balance else None,
            tries_left=sale.tries_left,
        )
        return {**refusal, **named, **amount, **when, "replayed": replayed}
    assert sale.card is not None
    balance = {"balance_after_cents": sale.balance_after_cents} if with_balance else {}
    return {
        "outcome": "approved",
        "operation_id": str(sale.operation_id),
        **named,
        **amount,
        **balance,
        **when,
        "card": {"last4": sale.card.last4},
        "replayed": replayed,
    }


def not_decided(operation_id: UUID, asked: Asked) -> Body:
    """`identification_expired`: nothing is stored, the same id may come again."""
    return {
        **declined("identification_expired", operation_id=operation_id),
        "wallet": asked.wallet,
        "amount_cents": asked.amount_cents,
        "replayed": False,
    }


def checked(asked: Asked, *, code: str | None, balance_cents: int | None, card: Card) -> Body:
    """What the debit would be answered, less what only a debit has."""
    amount = {"wallet": asked.wallet, "amount_cents": asked.amount_cents}
    if code is not None:
        return {**declined(code, balance_cents=balance_cents), **amount}
    assert balance_cents is not None
    return {
        "outcome": "approved",
        **amount,
        "balance_after_cents": balance_cents - asked.amount_cents,
        "card": {"last4": card.last4},
    }


def cancelled(done: Cancellation) -> Body:
    """A cancellation: done, refused, or a tombstone."""
    if done.code is not None:
        return declined(done.code, operation_id=done.operation_id)
    return {
        "outcome": "cancelled",
        "operation_id": str(done.operation_id),
        "reference": None if done.is_tombstone else reference_of(done.operation_no),
        "balance_after_cents": done.balance_after_cents,
        "cancelled_at": rfc3339(done.cancelled_at),
    }


def cancellation_of(sale: Sale, done: Cancellation | None) -> Body | None:
    """What became of a stored debit."""
    if done is None:
        return None
    return {
        "reference": None if sale.code is not None else reference_of(done.operation_no),
        "cancelled_at": rfc3339(done.cancelled_at),
    }


def pin_policy(terminal: Terminal | Activation, card: Card | None = None) -> Body:
    """When the PIN is asked for; some school cards always ask."""
    required = "always" if card is not None and card.asks_pin else terminal.pin_required
    return {
        "required": required,
        "above_cents": terminal.above_cents if required == "above" else None,
    }


def settings(terminal: Terminal) -> Body:
    """How a terminal is set up."""
    return {
        "pin": pin_policy(terminal),
        "limit_cents": terminal.limit_cents,
        "ticket": terminal.ticket,
    }


def place(partner: Partner) -> Body:
    """Partner and outlet."""
    return {
        "partner": {"name": partner.trade_name},
        "outlet": {"name": partner.outlet, "address": partner.address},
    }


def me(terminal: Terminal, *, today: list[dict[str, Any]]) -> Body:
    """The terminal about itself, with its own totals."""
    return {
        "terminal": {
            "terminal_id": terminal.terminal_id,
            "label": terminal.label,
            "kind": terminal.kind,
        },
        **place(terminal.partner),
        "settings": settings(terminal),
        "today": summed(today),
    }


def wallets(card: Card, partner: Partner, balances: dict[tuple[str, str], int]) -> list[Body]:
    """What may be spent here: the holder's wallets that the agreement covers."""
    if partner.state == "agreement_ended":
        return []
    return [
        {
            "wallet": wallet,
            "label": wallet_label(wallet),
            "balance_cents": balances[card.name, wallet],
        }
        for wallet in card.wallets
        if wallet in partner.wallets
    ]


def summed(totals: list[dict[str, Any]]) -> Body:
    """Totals per wallet, with their sum in front."""
    return {
        "count": sum(total["count"] for total in totals),
        "amount_cents": sum(total["amount_cents"] for total in totals),
        "wallets": totals,
    }
