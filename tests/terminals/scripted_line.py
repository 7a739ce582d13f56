"""A line that says what a test wrote down, and notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from api_client.answers import Approved, Cancellation, Cancelled, Declined, NoAnswer, Problem
from api_client.entries import Order
from api_client.transport import Line

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = date(2026, 11, 22)

SILENCE = NoAnswer("cut")
NOT_THERE = Problem(404, "operation_unknown", "…")
REVOKED = Problem(401, "terminal_revoked", "…")
SUSPENDED = Problem(403, "partner_suspended", "…")
REUSED = Problem(409, "operation_id_reused", "…")
BUSY = Problem(503, "unavailable", "…", 2)


class ScriptedLine:
    """`calls` are ("send" | "ask" | "cancel", operation id), in the order they came."""

    def __init__(self, *answers: Any, sees: Callable[[], object] = lambda: None) -> None:
        self._answers = list(answers)
        self._sees = sees
        self.calls: list[tuple[str, UUID]] = []
        self.seen: list[Any] = []

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.calls]

    def send_debit(self, order: Order, *, pin: str | None) -> Any:
        return self._next("send", order.operation_id)

    def ask(self, operation_id: UUID) -> Any:
        return self._next("ask", operation_id)

    def cancel(self, operation_id: UUID, *, reason: str) -> Any:
        return self._next("cancel", operation_id)

    def _next(self, name: str, operation_id: UUID) -> Any:
        self.calls.append((name, operation_id))
        self.seen.append(self._sees())
        assert self._answers, f"one call too many: {self.calls}"
        return self._answers.pop(0)


def scripted(*answers: Any, sees: Callable[[], object] = lambda: None) -> tuple[ScriptedLine, Line]:
    """The script, and the same as what the product takes it for."""
    script = ScriptedLine(*answers, sees=sees)
    return script, cast(Line, script)


def an_order(number: int = 1) -> Order:
    """Sale `number`, of 10,55 €."""
    wallet = "sport_culture_leisure"
    return Order(UUID(int=number << 4), "token", wallet, 1055, "7QXR", True)


def approved(order: Order, *, undone: bool = False, amount_cents: int | None = None) -> Approved:
    return Approved(
        order.operation_id,
        "D0004K7D",
        order.wallet,
        amount_cents or order.amount_cents,
        4500,
        AT,
        DAY,
        order.last4,
        False,
        Cancellation("D0004K8K", AT) if undone else None,
    )


def declined(order: Order, code: str = "insufficient_balance") -> Declined:
    facts = {"balance_cents": 830} if code == "insufficient_balance" else {}
    return Declined(
        code, False, "m", "n", facts, order.operation_id, order.wallet, order.amount_cents
    )


def undone(order: Order) -> Cancelled:
    return Cancelled(order.operation_id, "D0004K8K", 5555, AT)


def refused_cancellation(order: Order, code: str) -> Declined:
    return Declined(code, True, "m", "n", {}, order.operation_id)
