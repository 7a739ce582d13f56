"""Gives the people of a demonstration their cards, and each card its part to play.

The law: cards are issued and activated by the services, every QR proved, every PIN one that the
rules allow. Enough cards are never spent from, so that scripts find full wallets (design §5).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from random import Random
from typing import TypeVar

from sqlalchemy import text

from cardservice.adapters.qr_image import card_qr
from cardservice.db.engine import unit_of_work
from cardservice.demo.kept import KeptCard
from cardservice.domain.pin import weak_pin_reason
from cardservice.domain.refusal import Refused
from cardservice.services.activate_card import activate_card
from cardservice.services.block_card import block_card
from cardservice.services.issue_cards import issue_cards
from cardservice.services.pause_card import pause_card
from cardservice.services.replace_card import replace_card
from cardservice.wiring import Office

T = TypeVar("T")
Progress = Callable[[int, int], object]

ACTOR = "demo"
# Cards with full wallets that no history touches; a county has no fewer cards than FEWEST.
UNTOUCHED = 36
FEWEST = 60
# In a hundred: holders who have not activated their card yet.
_WAITING = 7
_CASES_IN = 400
_HANDS = 8


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card and its holder; `category` is collegien or youth."""

    serial: str
    code: str
    pin: str
    beneficiary_id: int
    category: str

    @property
    def kept(self) -> KeptCard:
        """What the demonstration keeps of it."""
        return KeptCard(self.serial, self.code, self.pin)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who does what: `spenders` buy, `waiting` have not activated, the others meet their case."""

    untouched: list[HeldCard]
    spenders: list[HeldCard]
    youths: list[HeldCard]
    waiting: list[HeldCard]
    blocked: list[HeldCard]
    paused: list[HeldCard]
    replaced: list[HeldCard]

    @property
    def activated(self) -> list[HeldCard]:
        """All cards but those that wait."""
        return [
            *self.untouched, *self.spenders, *self.youths, *self.blocked, *self.paused,
            *self.replaced,
        ]  # fmt: skip


def succeed(answer: T | Refused) -> T:
    """The result of a service that a demonstration never gives a reason to refuse."""
    assert not isinstance(answer, Refused), f"refused in a demonstration: {answer}"
    return answer


def issue_all(
    office: Office,
    school_year: int,
    *,
    pins: Mapping[int, str],
    progress: Progress = lambda done, total: None,
) -> list[HeldCard]:
    """A card for everybody of a school year; `pins` are those that holders have chosen before."""
    codes: dict[str, str] = {}
    while True:
        lot = succeed(
            issue_cards(
                office.engine,
                office.keys,
                school_year=school_year,
                draw=secrets.randbelow,
                prove=card_qr,
                actor=ACTOR,
                progress=lambda done, total: progress(len(codes) + done, len(codes) + total),
            )
        )
        codes.update((card.serial, card.code) for card in lot.cards)
        if lot.waiting == 0:
            return [
                HeldCard(serial, codes[serial], pins.get(holder) or _pin(birth), holder, category)
                for serial, holder, birth, category in _holders(office, school_year)
            ]


def give_parts(random: Random, cards: Sequence[HeldCard]) -> Cast:
    """Deals the parts, the same for the same seed."""
    pupils = [card for card in cards if card.category == "collegien"]
    youths = [card for card in cards if card.category == "youth"]
    random.shuffle(pupils)
    cases = max(1, len(cards) // _CASES_IN)
    deal = iter(pupils)

    def take(count: int) -> list[HeldCard]:
        return list(islice(deal, count))

    untouched = take(min(UNTOUCHED, len(pupils) * 7 // 10))
    blocked, paused, replaced = take(cases), take(cases), take(cases)
    waiting = take(max(1, len(pupils) * _WAITING // 100))
    waiting_youths = len(youths) * _WAITING // 100
    return Cast(
        untouched=untouched,
        spenders=list(deal),
        youths=youths[waiting_youths:],
        waiting=waiting + youths[:waiting_youths],
        blocked=blocked,
        paused=paused,
        replaced=replaced,
    )


def activate_all(
    office: Office, cards: Sequence[HeldCard], *, progress: Progress = lambda done, total: None
) -> None:
    """Each holder links the card and chooses the PIN."""

    def activate(card: HeldCard) -> None:
        succeed(
            activate_card(office.engine, office.keys, reading=card.code, pin=card.pin, actor=ACTOR)
        )

    in_many_hands(activate, cards, progress=progress)


def meet_cases(office: Office, cast: Cast) -> list[HeldCard]:
    """Cards are lost, mislaid and worn out; returns the new cards of those that were replaced."""
    for card in cast.blocked:
        succeed(
            block_card(
                office.engine, office.keys, card_name=card.serial, reason="lost", actor=ACTOR
            )
        )
    for card in cast.paused:
        succeed(pause_card(office.engine, office.keys, card_name=card.serial, actor=ACTOR))
    new_cards = []
    for card in cast.replaced:
        done = succeed(
            replace_card(
                office.engine,
                office.keys,
                card_name=card.serial,
                draw=secrets.randbelow,
                prove=card_qr,
                actor=ACTOR,
            )
        )
        new_cards.append(replace(card, serial=done.card.serial, code=done.card.code))
    activate_all(office, new_cards)
    return new_cards


def in_many_hands(
    work: Callable[[T], object],
    things: Sequence[T],
    *,
    progress: Progress = lambda done, total: None,
) -> None:
    """Does many small units of work side by side: each waits for the disk, not for the others."""
    with ThreadPoolExecutor(_HANDS) as hands:
        try:
            for done, _ in enumerate(hands.map(work, things), start=1):
                progress(done, len(things))
        except BaseException:
            # Somebody who stops a build must not wait for thousands of things still to do.
            hands.shutdown(cancel_futures=True)
            raise


def _holders(office: Office, school_year: int) -> list[tuple[str, int, date, str]]:
    with unit_of_work(office.engine) as connection:
        found = connection.execute(
            text(
                "SELECT c.serial, c.beneficiary_id, b.birth_date, y.category FROM card c"
                " JOIN beneficiary b USING (beneficiary_id)"
                " JOIN beneficiary_year y USING (beneficiary_id, school_year)"
                " WHERE c.school_year = :school_year ORDER BY c.serial"
            ),
            {"school_year": school_year},
        )
        return [row._tuple() for row in found]


def _pin(birth_date: date) -> str:
    """A PIN that the holder may choose."""
    while True:
        pin = f"{secrets.randbelow(10_000):04d}"
        if weak_pin_reason(pin, birth_date) is None:
            return pin
