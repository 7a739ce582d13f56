"""Bodies into answers: what a JSON object of the service says, or None when it says no such thing.

The law: tolerant of members it does not know (the service may learn more), strict about those it
needs: type by type, an amount is a JSON integer, an instant has its zone. A body that lacks one is
not half believed: it is no answer. Pure; raises nothing on any JSON value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api_client.answers import (
    Activated,
    Approvable,
    Approved,
    Cancellation,
    Cancelled,
    Compared,
    Declined,
    Difference,
    Holder,
    Identified,
    Me,
    PinPolicy,
    Problem,
    Recognised,
    Settings,
    TicketMailed,
    Totals,
    Wallet,
    WalletTotals,
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


def me(body: object) -> Me | None:
    """The terminal about itself."""
    return read_body(_me, body)


@dataclass(frozen=True)
class Page:
    """A page of a day's list; the totals are the whole day's."""

    items: tuple[Approved | Declined, ...]
    totals: tuple[WalletTotals, ...]
    next_cursor: str | None


def page(body: object) -> Page | None:
    """A page of a day's list."""
    return read_body(_page, body)


def comparison(body: object) -> Compared | None:
    """A terminal's day against the ledger's."""
    return read_body(_comparison, body)


def ticket_mailed(body: object) -> TicketMailed | None:
    """`{sent: true}`."""
    return read_body(_ticket_mailed, body)


def recognised(body: object) -> Recognised | None:
    """Step 1 of an activation."""
    return read_body(_recognised, body)


def activated(body: object) -> Activated | None:
    """Step 2 of an activation."""
    return read_body(_activated, body)


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
            first_name=text(holder["first_name"]),
            last_name_initial=text(holder["last_name_initial"]),
            age=whole(holder["age"]),
            photo_url=None if photo_url is None else text(photo_url),
        ),
        last4=text(found["card"]["last4"]),
        school_year=whole(found["card"]["school_year"]),
        wallets=tuple(
            Wallet(text(w["wallet"]), text(w["label"]), whole(w["balance_cents"]))
            for w in items_of(found["wallets"])
        ),
        pin=_pin_policy(found["pin"]),
    )


# The terminal, its day, its activation


def _me(found: Body) -> Me:
    terminal, today = found["terminal"], found["today"]
    return Me(
        terminal_id=text(terminal["terminal_id"]),
        label=text(terminal["label"]),
        kind=text(terminal["kind"]),
        partner=text(found["partner"]["name"]),
        outlet=text(found["outlet"]["name"]),
        address=text(found["outlet"]["address"]),
        settings=_settings(found["settings"]),
        today=Totals(
            whole(today["count"]), whole(today["amount_cents"]), _totals(today["wallets"])
        ),
    )


def _page(found: Body) -> Page:
    items = tuple(debit(item) or unlike() for item in items_of(found["items"]))
    cursor = found["next_cursor"]
    return Page(items, _totals(found["totals"]), None if cursor is None else text(cursor))


def _comparison(found: Body) -> Compared:
    differences = tuple(
        Difference(text(each["field"]), whole(each["terminal"]), whole(each["server"]))
        for each in items_of(found["differences"])
    )
    return Compared(flag(found["matches"]), differences)


def _ticket_mailed(found: Body) -> TicketMailed:
    return TicketMailed() if found["sent"] is True else unlike()


def _recognised(found: Body) -> Recognised:
    return Recognised(
        terminal_id=text(found["terminal_id"]),
        activation_token=text(found["activation_token"]),
        kind=text(found["kind"]),
        partner=text(found["partner"]["name"]),
        outlet=text(found["outlet"]["name"]),
        address=text(found["outlet"]["address"]),
    )


def _activated(found: Body) -> Activated:
    key, terminal_id = text(found["terminal_key"]), text(found["terminal_id"])
    return Activated(key, terminal_id, _settings(found["settings"]))


def _settings(found: Body) -> Settings:
    limit_cents, ticket = whole(found["limit_cents"]), flag(found["ticket"])
    return Settings(_pin_policy(found["pin"]), limit_cents, ticket)


def _pin_policy(found: Body) -> PinPolicy:
    above = found["above_cents"]
    return PinPolicy(text(found["required"]), None if above is None else whole(above))


def _totals(found: object) -> tuple[WalletTotals, ...]:
    return tuple(
        WalletTotals(text(w["wallet"]), whole(w["count"]), whole(w["amount_cents"]))
        for w in items_of(found)
    )
