"""A service and a network small enough to be obviously right, for properties over all their moods.

The service keeps what the contract says of operations (design §4) and nothing else. The network may
lose a request, lose an answer, or hold a copy back and deliver it whenever a test says so: long
after the terminal gave the sale up, if need be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from api_client.answers import Approved, Cancelled, Declined, NoAnswer, Problem
from api_client.entries import Order
from tests.terminals.scripted_line import (
    BUSY,
    NOT_THERE,
    REVOKED,
    SUSPENDED,
    approved,
    declined,
    refused_cancellation,
    undone,
)

Fate = Literal[
    "answered",
    "request_lost",
    "answer_lost",
    "held_back",
    "busy",
    "busy_but_done",
    "portal_page",
    "revoked",
    "suspended",
    "expired",
    "poor",
]
FATES: tuple[Fate, ...] = (
    "answered",
    "request_lost",
    "answer_lost",
    "held_back",
    "busy",
    "busy_but_done",
    "portal_page",
    "revoked",
    "suspended",
    "expired",
    "poor",
)


@dataclass
class ModelService:
    """Operations by id: what was decided first stays decided."""

    debits: dict[UUID, Approved | Declined] = field(default_factory=dict)
    cancelled: set[UUID] = field(default_factory=set)

    def take(self, order: Order, *, fate: Fate = "answered") -> Approved | Declined | Problem:
        stored = self.debits.get(order.operation_id)
        if stored is not None:
            return stored
        if fate == "suspended":
            return SUSPENDED
        if fate == "expired":
            return declined(order, "identification_expired")
        if order.operation_id in self.cancelled:
            answer: Approved | Declined = declined(order, "operation_cancelled")
        else:
            answer = declined(order) if fate == "poor" else approved(order)
        self.debits[order.operation_id] = answer
        return answer

    def ask(self, order: Order) -> Approved | Declined | Problem:
        stored = self.debits.get(order.operation_id)
        if isinstance(stored, Approved) and order.operation_id in self.cancelled:
            return approved(order, undone=True)
        return NOT_THERE if stored is None else stored

    def cancel(self, order: Order) -> Cancelled | Declined:
        stored = self.debits.get(order.operation_id)
        if isinstance(stored, Declined) and order.operation_id not in self.cancelled:
            return refused_cancellation(order, "debit_was_declined")
        self.cancelled.add(order.operation_id)
        return undone(order)

    def is_standing(self, operation_id: UUID) -> bool:
        """Whether somebody has paid for good."""
        is_approved = isinstance(self.debits.get(operation_id), Approved)
        return is_approved and operation_id not in self.cancelled


class ModelLine:
    """The line of a terminal through a network whose mood is asked for at each call."""

    def __init__(self, service: ModelService, mood: Callable[[], Fate]) -> None:
        self._service = service
        self.mood = mood
        self.on_its_way: list[Callable[[], object]] = []
        self.orders: dict[UUID, Order] = {}
        self.calls = 0

    def send_debit(self, order: Order, *, pin: str | None) -> Any:
        self.orders[order.operation_id] = order
        fate = self.mood()
        return self._carried(fate, lambda: self._service.take(order, fate=fate))

    def ask(self, operation_id: UUID) -> Any:
        order = self.orders[operation_id]
        return self._carried(self.mood(), lambda: self._service.ask(order))

    def cancel(self, operation_id: UUID, *, reason: str) -> Any:
        order = self.orders[operation_id]
        return self._carried(self.mood(), lambda: self._service.cancel(order))

    def deliver(self, number: int) -> None:
        """A copy that was held back arrives."""
        self.on_its_way.pop(number % len(self.on_its_way))()

    def _carried(self, fate: Fate, arrives: Callable[[], Any]) -> Any:
        self.calls += 1
        match fate:
            case "request_lost":
                return NoAnswer("offline")
            case "portal_page":
                return NoAnswer("foreign")
            case "revoked":
                return REVOKED
            case "busy":
                return BUSY
            case "held_back":
                self.on_its_way.append(arrives)
                return NoAnswer("timed_out")
            case "answer_lost" | "busy_but_done":
                arrives()
                return NoAnswer("cut") if fate == "answer_lost" else BUSY
        return arrives()
