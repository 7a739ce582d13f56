"""Bodies into answers, continued: the terminal about itself, its day, its activation.

The law is that of bodies.py: tolerant of what it does not know, strict about what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from api_client.answers import (
    Activated,
    Approved,
    Compared,
    Declined,
    Difference,
    Me,
    Recognised,
    Settings,
    TicketMailed,
    Totals,
    WalletTotals,
)
from api_client.bodies import Body, debit, pin_policy
from api_client.members import flag, items_of, read_body, text, unlike, whole, words


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


# Member by member


def _me(found: Body) -> Me:
    terminal, today = found["terminal"], found["today"]
    return Me(
        terminal_id=text(terminal["terminal_id"]),
        label=words(terminal["label"]),
        kind=text(terminal["kind"]),
        partner=words(found["partner"]["name"]),
        outlet=words(found["outlet"]["name"]),
        address=words(found["outlet"]["address"]),
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
        partner=words(found["partner"]["name"]),
        outlet=words(found["outlet"]["name"]),
        address=words(found["outlet"]["address"]),
    )


def _activated(found: Body) -> Activated:
    key, terminal_id = text(found["terminal_key"]), text(found["terminal_id"])
    return Activated(key, terminal_id, _settings(found["settings"]))


def _settings(found: Body) -> Settings:
    limit_cents, ticket = whole(found["limit_cents"]), flag(found["ticket"])
    return Settings(pin_policy(found["pin"]), limit_cents, ticket)


def _totals(found: object) -> tuple[WalletTotals, ...]:
    return tuple(
        WalletTotals(text(w["wallet"]), whole(w["count"]), whole(w["amount_cents"]))
        for w in items_of(found)
    )
