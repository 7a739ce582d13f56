"""What became of a sale or of its cancellation, in French words and as facts for a program.

The law: « refusé » is said of a refusal alone. Where nobody knows, the line says so and names the
reference for the assistance; it is never taken for a refusal by anyone who reads it.
"""

from __future__ import annotations

from api_client.answers import Approved, Cancelled, Declined, NoAnswer, Problem, Unknown
from api_client.journal import Entry
from scanner.amounts import euros
from scanner.texts import say, say_one_of

Outcome = Approved | Declined | Cancelled | Problem | NoAnswer | Unknown


def outcome_facts(outcome: Outcome) -> dict[str, object]:
    """The outcome for a program: `outcome`, and the exact code or reference that belongs to it."""
    match outcome:
        case Approved():
            return {
                "outcome": "approved",
                "operation_id": str(outcome.operation_id),
                "reference": outcome.reference,
                "wallet": outcome.wallet,
                "amount_cents": outcome.amount_cents,
                "balance_after_cents": outcome.balance_after_cents,
                "last4": outcome.last4,
                "accepted_at": outcome.accepted_at.isoformat(),
                "business_day": outcome.business_day.isoformat(),
                "replayed": outcome.replayed,
            }
        case Declined():
            named = None if outcome.operation_id is None else str(outcome.operation_id)
            facts: dict[str, object] = {"outcome": "declined", "code": outcome.code}
            return facts | {"final": outcome.final, "operation_id": named} | outcome.facts
        case Cancelled():
            return {
                "outcome": "cancelled",
                "operation_id": str(outcome.operation_id),
                "reference": outcome.reference,
                "balance_after_cents": outcome.balance_after_cents,
                "cancelled_at": outcome.cancelled_at.isoformat(),
            }
        case Problem():
            return {"outcome": "problem", "code": outcome.code, "status": outcome.status}
        case NoAnswer():
            return {"outcome": "no_answer", "reason": outcome.reason}
        case Unknown():
            return {
                "outcome": "unknown",
                "operation_id": str(outcome.operation_id),
                "local_reference": outcome.local_reference,
                "code": None if outcome.problem is None else outcome.problem.code,
            }


def sale_line(outcome: Outcome, *, label: str | None = None) -> str:
    """The outcome of a debit, to be read aloud; `label` is the wallet's name at the service."""
    match outcome:
        case Approved():
            return say(
                "debit.approved",
                amount=euros(outcome.amount_cents),
                label=label or say_one_of("wallets", outcome.wallet, wallet=outcome.wallet),
                reference=outcome.reference,
            )
        case Declined():
            words = {"message": outcome.message, "next_step": outcome.next_step}
            return say("debit.declined", **words).strip()
        case Cancelled():
            return say("debit.cancelled_since")
        case Problem():
            problem = say_one_of("failure.problem", outcome.code, message=outcome.message)
            return say("debit.not_taken", message=problem)
        case NoAnswer():
            return say("debit.offline")
        case Unknown():
            return say("debit.unknown", reference=outcome.local_reference)


def cancellation_line(outcome: Cancelled | Declined | Unknown) -> str:
    """The outcome of a cancellation, to be read aloud."""
    match outcome:
        case Cancelled(reference=None):
            return say("cancel.tombstone")
        case Cancelled():
            return say("cancel.done", reference=outcome.reference)
        case Declined():
            words = {"message": outcome.message, "next_step": outcome.next_step}
            return say("cancel.declined", **words).strip()
        case Unknown(problem=None):
            return say("cancel.unknown", reference=outcome.local_reference)
        case Unknown(problem=problem):
            assert problem is not None
            message = say_one_of("failure.problem", problem.code, message=problem.message)
            return say("cancel.refused", message=message)


def entry_line(entry: Entry) -> str:
    """An operation that an earlier run had left open, as it stands now."""
    return say(
        "open.one",
        reference=entry.reference or entry.local_reference,
        amount=euros(entry.order.amount_cents),
        state=say_one_of("open.state", entry.state, state=entry.state),
    )


def entry_facts(entry: Entry) -> dict[str, object]:
    """The same for a program."""
    return {
        "operation_id": str(entry.order.operation_id),
        "local_reference": entry.local_reference,
        "reference": entry.reference,
        "amount_cents": entry.order.amount_cents,
        "state": entry.state,
    }
