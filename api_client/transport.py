"""One terminal's line to the service: a method for each call of API v1, an answer for each.

The law: no method raises for the network; what cannot be read is `NoAnswer`, never a refusal. An
answer about an operation is believed only if it names that operation, and a debit's only if it also
names the order's wallet and amount. The PIN goes from the argument into the body and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from api_client import bodies, terminal_bodies
from api_client.answers import (
    Activated,
    Approvable,
    Approved,
    Cancelled,
    Compared,
    DayList,
    Declined,
    Identified,
    Me,
    NoAnswer,
    Problem,
    Recognised,
    TicketMailed,
)
from api_client.entries import Order
from api_client.exchange import Exchange, Limits

_API = "/api/v1"
_PHOTO = re.compile(r"/api/v1/photos/[A-Za-z0-9_-]{1,500}")
_VISIBLE = re.compile("[!-~]{1,500}")
_DEBITS_PER_PAGE = 200
# Ten thousand debits of one partner in a day; a list that goes on is not ours.
_MOST_PAGES = 50
_FOREIGN = NoAnswer("foreign")

_T = TypeVar("_T")


class Line:
    """Kept for as long as the program runs; may be used from several threads.

    `client` is what the fleet register shows, e.g. `cjeune-tpe/1.0`. `ca_file` names the
    certificates to trust instead of the public ones. ValueError for an address that a key may not
    be sent to, and for a key that is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None,
        client: str,
        ca_file: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        if not (key is None or _VISIBLE.fullmatch(key)) or not _VISIBLE.fullmatch(client):
            # Without its text: what is no key may still be a secret.
            raise ValueError("not a terminal's key, or not a program's name")
        self._key = key
        self._exchange = Exchange(
            base_url, client=client, ca_file=ca_file, limits=limits or Limits()
        )

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._exchange.close()

    # A sale

    def identify(self, reading: str) -> Identified | Declined | Problem | NoAnswer:
        """Who holds the card that was read or typed."""
        return self._ask("POST", "/identifications", bodies.identification, {"reading": reading})

    def check(self, order: Order) -> Approvable | Declined | Problem | NoAnswer:
        """What the debit would be answered now; writes nothing, tries no PIN."""
        answer: Approvable | Declined | Problem | NoAnswer
        answer = self._ask("POST", "/debits/check", bodies.check, _content(order))
        return answer if _has_content(answer, order) else _FOREIGN

    def send_debit(
        self, order: Order, *, pin: str | None
    ) -> Approved | Declined | Problem | NoAnswer:
        """Sends the order, for the first time or again. It must be in the journal already."""
        content = _content(order)
        if pin is not None:
            content["pin"] = pin
        answer: Approved | Declined | Problem | NoAnswer
        answer = self._ask("PUT", f"/debits/{order.operation_id}", bodies.debit, content)
        is_ours = _names(answer, order.operation_id) and _has_content(answer, order)
        return answer if is_ours else _FOREIGN

    def ask(self, operation_id: UUID) -> Approved | Declined | Problem | NoAnswer:
        """What became of it. Problem 404 `operation_unknown` proves nothing."""
        answer: Approved | Declined | Problem | NoAnswer
        answer = self._ask("GET", f"/debits/{operation_id}", bodies.debit)
        return answer if _names(answer, operation_id) else _FOREIGN

    def cancel(
        self, operation_id: UUID, *, reason: str
    ) -> Cancelled | Declined | Problem | NoAnswer:
        """Undoes a debit of today, or leaves a tombstone for one that has not come. May be sent
        again. `reason`: mistake, wrong_amount, wrong_wallet, holder_changed_mind, other."""
        path = f"/debits/{operation_id}/cancellation"
        answer: Cancelled | Declined | Problem | NoAnswer
        answer = self._ask("PUT", path, bodies.cancellation, {"reason": reason})
        return answer if _names(answer, operation_id) else _FOREIGN

    def mail_ticket(self, operation_id: UUID, *, email: str) -> TicketMailed | Problem | NoAnswer:
        """The holder's copy by mail, for an approved debit of today."""
        path = f"/debits/{operation_id}/ticket"
        return self._ask("POST", path, terminal_bodies.ticket_mailed, {"email": email})

    # The terminal and its day

    def me(self) -> Me | Problem | NoAnswer:
        """Name, place, settings and today's totals of this terminal."""
        return self._ask("GET", "/me", terminal_bodies.me)

    def day(self, business_day: date | None = None) -> DayList | Problem | NoAnswer:
        """All debits of the partner on a day (default: today), page after page."""
        asked: dict[str, str | int] = {"limit": _DEBITS_PER_PAGE}
        if business_day is not None:
            asked["business_day"] = business_day.isoformat()
        items: list[Approved | Declined] = []
        for _ in range(_MOST_PAGES):
            page = self._ask("GET", f"/debits?{urlencode(asked)}", terminal_bodies.page)
            if isinstance(page, Problem | NoAnswer):
                return page
            items += page.items
            if page.next_cursor is None:
                return DayList(tuple(items), page.totals)
            asked["cursor"] = page.next_cursor
        return NoAnswer("too_large")

    def compare(
        self, business_day: date, *, count: int, amount_cents: int
    ) -> Compared | Problem | NoAnswer:
        """This terminal's own figures of a closed day against the ledger's."""
        figures = {"count": count, "amount_cents": amount_cents}
        path = f"/day-closes/{business_day.isoformat()}"
        return self._ask("POST", path, terminal_bodies.comparison, figures)

    def photo(self, url: str) -> bytes | NoAnswer:
        """The holder's photo at the `photo_url` of an identification, for a minute."""
        return self._exchange.image(url) if _PHOTO.fullmatch(url) else _FOREIGN

    # Joining

    def recognise(self, activation_code: str) -> Recognised | Problem | NoAnswer:
        """Step 1 of an activation."""
        path, content = "/terminals/activation", {"activation_code": activation_code}
        return self._ask("POST", path, terminal_bodies.recognised, content)

    def confirm(self, activation_token: str, *, label: str) -> Activated | Problem | NoAnswer:
        """Step 2: succeeds once."""
        path = "/terminals/activation/confirmation"
        content = {"activation_token": activation_token, "label": label}
        return self._ask("POST", path, terminal_bodies.activated, content)

    def _ask(
        self,
        method: str,
        path: str,
        read: Callable[[object], _T | None],
        body: Mapping[str, object] | None = None,
    ) -> _T | Problem | NoAnswer:
        said = self._exchange.ask(method, _API + path, key=self._key, body=body)
        if isinstance(said, Problem | NoAnswer):
            return said
        answer = read(said)
        return NoAnswer("unreadable") if answer is None else answer


def _content(order: Order) -> dict[str, object]:
    return {
        "identification": order.identification,
        "wallet": order.wallet,
        "amount_cents": order.amount_cents,
        "identity_checked": order.identity_checked,
    }


def _names(
    answer: Approved | Declined | Cancelled | Problem | NoAnswer, operation_id: UUID
) -> bool:
    """Whether the answer is about this operation."""
    if isinstance(answer, NoAnswer):
        return True
    # Most problems are about the call and name no operation; another one's would be a stranger's.
    is_silent = isinstance(answer, Problem) and answer.operation_id is None
    return is_silent or answer.operation_id == operation_id


def _has_content(
    answer: Approved | Approvable | Declined | Problem | NoAnswer, order: Order
) -> bool:
    """Whether an answer about a sale is about this sale."""
    if isinstance(answer, Problem | NoAnswer):
        return True
    return (answer.wallet, answer.amount_cents) == (order.wallet, order.amount_cents)
