"""Facts for tests of the pure till: a card, a place, answers; keys typed one after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from api_client.answers import (
    Approved,
    Declined,
    Holder,
    Identified,
    Me,
    PinPolicy,
    Settings,
    Totals,
    Wallet,
)
from tpe_client.till.effects import Effect, Identify
from tpe_client.till.events import CardAnswered, Event, Key, Resumed
from tpe_client.till.states import Till
from tpe_client.till.step import first_till, step

AT = datetime(2026, 11, 22, 13, 32, tzinfo=UTC)
DAY = date(2026, 11, 22)
OPERATION = UUID("01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88")
CODE = "7K3M9QXWTB4HDN"
SPORT = Wallet("sport_culture_leisure", "Sport, culture, loisirs", 5555)
TUTORING = Wallet("tutoring", "Soutien scolaire", 5000)
NEVER, ALWAYS = PinPolicy("never", None), PinPolicy("always", None)
ABOVE = PinPolicy("above", 2000)
ME = Me(
    "7K2M9QXR", "Caisse 1", "box", "Librairie du Cours", "Boutique", "3 cours Mirabeau",
    Settings(NEVER, 10_000, True), Totals(0, 0, ()),
)  # fmt: skip
APPROVED = Approved(
    OPERATION, "D4K7M2QX", SPORT.wallet, 1055, 4500, AT, DAY, "7QXR", replayed=False
)
_NAMES = {"⏎": "enter", "⎋": "escape", "⌫": "back", "+": "menu", "↓": "down", "↑": "up"}


def found(pin: PinPolicy = NEVER, wallets: tuple[Wallet, ...] = (SPORT, TUTORING)) -> Identified:
    return Identified("AQ", AT, Holder("Inès", "B", 13, None), "7QXR", 2026, wallets, pin)


def declined(code: str, *, final: bool = False, **facts: int) -> Declined:
    return Declined(code, final, f"message of {code}", "next step", facts, OPERATION)


def ready_till() -> Till:
    """A till that has started and knows no past."""
    till, _ = first_till()
    return after(till, Resumed((), (), None))[0]


def after(till: Till, *events: Event) -> tuple[Till, list[Effect]]:
    """The till after these events, and all they asked for."""
    effects: list[Effect] = []
    for event in events:
        till, asked = step(till, event)
        effects += asked
    return till, effects


def typed(till: Till, keys: str) -> tuple[Till, list[Effect]]:
    """Keys one by one; `⏎` Enter, `⎋` Escape, `⌫` Backspace, `+` the menu's key."""
    return after(till, *(Key(_NAMES.get(key, key)) for key in keys))


def identified_till(pin: PinPolicy = NEVER, *, code: str = CODE) -> Till:
    """At the question who this is."""
    till, effects = typed(ready_till(), code + "⏎")
    asked = next(one for one in effects if isinstance(one, Identify))
    return after(till, CardAnswered(asked.turn, found(pin)))[0]
