"""Bodies into answers: what a JSON object of the service says, or None when it says no such thing.

The law: tolerant of members it does not know (the service may learn more), strict about those it
needs: type by type, an amount is a JSON integer, an instant has its zone. A body that lacks one is
not half believed: it is no answer. Pure; raises nothing on any JSON value.
"""

from __future__ import annotations

from typing import Any

from api_client.answers import (
    Approvable,
    Approved,
    Cancellation,
    Cancelled,
    Declined,
    Holder,
    Identified,
    PinPolicy,
    Problem,
    Wallet,
)
from api_client.members import (
    day,
    flag,
    instant,
    items_of,
    outcome_of,
    read_body,
    text,
    unlike,
    uuid,
    whole,
    words,
)

Body = dict[str, Any]


def debit(body: object) -> Approved | Declined | None:
    """A debit that was answered, asked for or listed."""
    match outcome_of(body):
        case "approved":
            return read_body(_approved, body)
        case "declined":
            return read_body(_declined_debit, body)
    return None


def check(body: object) -> Approvable | Declined | None:
    """A verdict."""
    match outcome_of(body):
        case "approved":
            return read_body(_approvable, body)
        case "declined":
            return read_body(_declined, body)
    return None


def cancellation(body: object) -> Cancelled | Declined | None:
    """What became of a cancellation."""
    match outcome_of(body):
        case "cancelled":
            return read_body(_cancelled, body)
        case "declined":
            return read_body(_declined_cancellation, body)
    return None


def identification(body: object) -> Identified | Declined | None:
    """What a reading found."""
    match outcome_of(body):
        case "identified":
            return read_body(_identified, body)
        case "declined":
            return read_body(_declined, body)
    return None


def problem(body: object, *, status: int, retry_after: int | None) -> Problem | None:
    """A problem; one that contradicts the status it came with is somebody else's."""

    def read(found: Body) -> Problem:
        if whole(found["status"]) != status or not 400 <= status <= 599:
            unlike()
        message = text(found.get("detail") or found.get("title"))
        named = found.get("operation_id")
        operation_id = None if named is None else uuid(named)
        return Problem(status, text(found["code"]), message, retry_after, operation_id)

    return read_body(read, body)


# One outcome each


def _approved(found: Body) -> Approved:
    shown = found.get("balance_after_cents")
    since = found.get("cancellation")
    return Approved(
        operation_id=uuid(found["operation_id"]),
        reference=text(found["reference"]),
        wallet=text(found["wallet"]),
        amount_cents=whole(found["amount_cents"]),
        balance_after_cents=None if shown is None else whole(shown),
        accepted_at=instant(found["accepted_at"]),
        business_day=day(found["business_day"]),
        last4=text(found["card"]["last4"]),
        replayed=flag(found["replayed"]),
        cancelled=None if since is None else _cancellation(since),
    )


def _approvable(found: Body) -> Approvable:
    return Approvable(
        wallet=text(found["wallet"]),
        amount_cents=whole(found["amount_cents"]),
        balance_after_cents=whole(found["balance_after_cents"]),
        last4=text(found["card"]["last4"]),
    )


def _declined(found: Body) -> Declined:
    operation_id = found.get("operation_id")
    wallet, amount_cents = found.get("wallet"), found.get("amount_cents")
    reference = found.get("reference")
    accepted_at, business_day = found.get("accepted_at"), found.get("business_day")
    return Declined(
        code=text(found["code"]),
        final=flag(found["final"]),
        message=text(found["message"]),
        next_step=text(found["next_step"]),
        facts={
            name: value
            for name, value in found.items()
            if type(value) is int and name != "amount_cents"
        },
        operation_id=None if operation_id is None else uuid(operation_id),
        wallet=None if wallet is None else text(wallet),
        amount_cents=None if amount_cents is None else whole(amount_cents),
        reference=None if reference is None else text(reference),
        accepted_at=None if accepted_at is None else instant(accepted_at),
        business_day=None if business_day is None else day(business_day),
    )


def _declined_debit(found: Body) -> Declined:
    declined = _declined(found)
    if None in (declined.operation_id, declined.wallet, declined.amount_cents):
        unlike()
    return declined


def _declined_cancellation(found: Body) -> Declined:
    declined = _declined(found)
    return declined if declined.operation_id is not None else unlike()


def _cancelled(found: Body) -> Cancelled:
    reference, balance = found["reference"], found["balance_after_cents"]
    return Cancelled(
        operation_id=uuid(found["operation_id"]),
        reference=None if reference is None else text(reference),
        balance_after_cents=None if balance is None else whole(balance),
        cancelled_at=instant(found["cancelled_at"]),
    )


def _cancellation(found: Body) -> Cancellation:
    reference = found["reference"]
    return Cancellation(
        reference=None if reference is None else text(reference),
        cancelled_at=instant(found["cancelled_at"]),
    )


def _identified(found: Body) -> Identified:
    holder, photo_url = found["holder"], found["holder"]["photo_url"]
    return Identified(
        identification=text(found["identification"]),
        expires_at=instant(found["expires_at"]),
        holder=Holder(
            first_name=words(holder["first_name"]),
            last_name_initial=words(holder["last_name_initial"]),
            age=whole(holder["age"]),
            photo_url=None if photo_url is None else text(photo_url),
        ),
        last4=text(found["card"]["last4"]),
        school_year=whole(found["card"]["school_year"]),
        wallets=tuple(
            Wallet(text(w["wallet"]), words(w["label"]), whole(w["balance_cents"]))
            for w in items_of(found["wallets"])
        ),
        pin=pin_policy(found["pin"]),
    )


def pin_policy(found: Body) -> PinPolicy:
    """When the holder types a PIN: of a holder as of a terminal. Inside a `read_body` only."""
    above = found["above_cents"]
    return PinPolicy(text(found["required"]), None if above is None else whole(above))
