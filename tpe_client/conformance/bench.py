"""The bench a check works at: terminals and cards of the manifest, calls, and a clean-up.

The law: a check takes what it needs by its kind and is not run where there is none. What a check
has debited it cancels afterwards, so that the suite can run again; no call is repeated in secret.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tpe_client.conformance.endings import Broken, NotRun
from tpe_client.conformance.exchange import Answer, body_of
from tpe_client.conformance.expect import has_shape
from tpe_client.conformance.manifest import Card, Manifest, Terminal
from tpe_client.conformance.shapes import IDENTIFIED

API: Final = "/api/v1"
WALLETS: Final = ("sport_culture_leisure", "tutoring")
SMALL_CENTS: Final = 101
_MOST_KEPT: Final = 60


@dataclass
class Bench:
    """One check's bench. `client` knows the server's address."""

    client: httpx.Client
    manifest: Manifest
    exchanges: list[Answer] = field(default_factory=list)
    _debited: list[tuple[Terminal, str]] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        raw: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One question. `body` is sent as JSON, `raw` as it is."""
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key}")
        if body is not None or raw is not None:
            sent.setdefault("Content-Type", "application/json")
        arguments: dict[str, Any] = {"json": body} if body is not None else {"content": raw}
        got = self.client.request(method, path, headers=sent, **arguments)
        answer = Answer(
            method,
            path,
            sent=body if body is not None else raw if isinstance(raw, bytes) else None,
            with_key="Authorization" in sent,
            status=got.status_code,
            headers=got.headers,
            raw=got.content[:2000],
            body=body_of(got.content),
        )
        self.exchanges.append(answer)
        del self.exchanges[:-_MOST_KEPT]
        return answer

    def till(self, **wanted: object) -> Till:
        """A selling terminal: PIN `never` first, both wallets first; or one as wanted.

        `wanted`: pin, wallets (how many), state, not_partner, partner, not_terminal.
        """
        tills = self.tills(**wanted)
        if not tills:
            asked = ", ".join(f"{name}={value}" for name, value in wanted.items())
            raise NotRun(f"the manifest has no terminal with {asked or 'state=active'}")
        return tills[0]

    def tills(self, **wanted: object) -> list[Till]:
        """All of them, the simplest first."""
        asked = {"state": "active", **wanted}
        found = [one for one in self.manifest.terminals if _fits(one, asked)]
        order = {"never": 0, "above": 1, "always": 2}
        found.sort(key=lambda one: (-len(one.wallets), order[one.pin_required]))
        return [Till(self, one) for one in found]

    def card(self, nth: int = 0) -> Card:
        """A plain card that may pay; `nth` gives another one."""
        plain = [card for card in self.manifest.cards if card.is_plain]
        full = [card for card in plain if all(card.wallets.get(w, 0) >= 3000 for w in WALLETS)]
        if len(full) <= nth:
            raise NotRun(f"the manifest has fewer than {nth + 1} plain cards with 30.00 or more")
        return full[nth]

    def card_where(self, test: Callable[[Card], bool], what: str) -> Card:
        """The first card of a rare kind."""
        for card in self.manifest.cards:
            if test(card):
                return card
        raise NotRun(f"the manifest has no card {what}")

    def remember(self, terminal: Terminal, operation_id: str) -> None:
        """An approved debit, to be undone when the check has ended."""
        self._debited.append((terminal, operation_id))

    def tidy_up(self) -> None:
        """Cancels what the check has debited; a failure here is none of the check's."""
        debited, self._debited = self._debited, []
        for terminal, operation_id in debited:
            path = f"{API}/debits/{operation_id}/cancellation"
            self.call("PUT", path, key=terminal.key, body={"reason": "other"})


@dataclass(frozen=True, slots=True)
class Till:
    """A terminal at the bench."""

    bench: Bench
    terminal: Terminal

    @property
    def wallet(self) -> str:
        """A wallet that may be spent here."""
        return self.terminal.wallets[0]

    def call(self, method: str, path: str, **more: Any) -> Answer:
        """One question with this terminal's key."""
        return self.bench.call(method, API + path, key=self.terminal.key, **more)

    def me(self) -> Answer:
        return self.call("GET", "/me")

    def read(self, reading: str) -> Answer:
        return self.call("POST", "/identifications", body={"reading": reading})

    def identified(self, card: Card) -> dict[str, Any]:
        """The body of a card's identification, which must succeed."""
        answer = self.read(card.code)
        if answer.json.get("outcome") == "declined":
            raise Broken(f"a card that may pay is declined {answer.code}")
        return has_shape(answer, IDENTIFIED)

    def identification(self, card: Card) -> str:
        return str(self.identified(card)["identification"])

    def order(self, card: Card, **members: Any) -> dict[str, Any]:
        """The body of a small debit of this card, PIN included; `members` replace its own."""
        whole = {
            "identification": "",
            "wallet": self.wallet,
            "amount_cents": SMALL_CENTS,
            "identity_checked": True,
            "pin": card.pin,
            **members,
        }
        if not whole["identification"]:
            whole["identification"] = self.identification(card)
        return {name: value for name, value in whole.items() if value is not None}

    def debit(self, order: dict[str, Any], operation_id: str | None = None) -> Answer:
        """Takes a debit under this id, a new one by default."""
        operation_id = operation_id or new_id()
        answer = self.call("PUT", f"/debits/{operation_id}", body=order)
        if answer.json.get("outcome") == "approved":
            self.bench.remember(self.terminal, operation_id)
        return answer

    def check(self, order: dict[str, Any]) -> Answer:
        asked = {name: value for name, value in order.items() if name != "pin"}
        return self.call("POST", "/debits/check", body=asked)

    def ask(self, operation_id: str) -> Answer:
        return self.call("GET", f"/debits/{operation_id}")

    def cancel(self, operation_id: str, reason: str | None = "mistake") -> Answer:
        body = {} if reason is None else {"reason": reason}
        return self.call("PUT", f"/debits/{operation_id}/cancellation", body=body)

    def reachable_balance(self, card: Card) -> int | None:
        """A balance below this terminal's limit, made so by a small sale, if it can be."""
        if self.wallet not in [w["wallet"] for w in self.identified(card)["wallets"]]:
            return None
        limit_cents = int(self.me().json["settings"]["limit_cents"])
        if self.balance(card) >= limit_cents:
            self.debit(self.order(card))
        balance = self.balance(card)
        return balance if 0 < balance < limit_cents else None

    def balance(self, card: Card, wallet: str | None = None) -> int:
        """The balance that an identification shows now."""
        wanted = wallet or self.wallet
        for found in self.identified(card)["wallets"]:
            if found["wallet"] == wanted:
                return int(found["balance_cents"])
        raise Broken(f"the identification shows no wallet {wanted}")


def new_id() -> str:
    """A fresh operation id."""
    return str(uuid.uuid4())


def _fits(terminal: Terminal, asked: dict[str, object]) -> bool:
    facts: dict[str, object] = {
        "state": terminal.state,
        "pin": terminal.pin_required,
        "wallets": len(terminal.wallets),
        "partner": terminal.partner,
    }
    if "not_partner" in asked and terminal.partner == asked["not_partner"]:
        return False
    if "not_terminal" in asked and terminal.terminal_id == asked["not_terminal"]:
        return False
    return all(
        facts[name] == value
        for name, value in asked.items()
        if name not in ("not_partner", "not_terminal")
    )
