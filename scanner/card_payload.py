"""What a reading means: a plastic card's code, a screen card, or something that is no card at all.

A plastic card's code is 14 characters that keep two Reed-Solomon laws over GF(32) (design §7). The
service computes the same in its own rulebook, which this program may not import: the vectors of
tests/rules/card_code_vectors.json pin the two together.

The law: a code identifies, it proves nothing; nothing is guessed into a valid code. What is one
character away from one is offered as a question, never taken. A web address is never opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scanner.layout_repair import spellings, unannounced, without_controls

LONGEST_READING: Final = 200
CODE_LENGTH: Final = 14

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DASHES: Final = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"
# The shape alone: reference, step and authenticator are the service's affair.
_SCREEN_CARD: Final = re.compile(r"D1[0-9A-Z]{16,118}")


class Kind(StrEnum):
    """What kind of thing was read."""

    CARD = "card"
    """A plastic card's code; its check characters hold."""
    SCREEN_CARD = "screen_card"
    """The changing code of a card shown on a telephone; only the service can tell if it holds."""
    MISREAD = "misread"
    """As long as a card's code, but a check fails: mistyped or damaged."""
    FOREIGN = "foreign"
    """Anything else: an address, another scheme's code, noise."""


@dataclass(frozen=True)
class Meaning:
    """A reading understood.

    `readings` are what the service may be asked for, the likeliest first: one as a rule, two when
    two spellings pass every check, none for what is no card. `did_you_mean` is for the eye only.
    """

    kind: Kind
    readings: tuple[str, ...] = ()
    repaired: bool = False
    did_you_mean: str | None = None

    @property
    def shown(self) -> str | None:
        """The card as anybody may see it: its last four characters."""
        return f"•••• {self.readings[0][-4:]}" if self.kind is Kind.CARD else None


def meaning_of(reading: str) -> Meaning:
    """Understands what was scanned or typed, keyboard repaired. Never raises on a str."""
    if len(reading) > LONGEST_READING:
        return Meaning(Kind.FOREIGN)
    offered = spellings(reading)
    as_it_came = unannounced(without_controls(reading))
    codes = _each_once(map(fold_card_code, offered))
    if codes:
        return Meaning(Kind.CARD, codes, repaired=codes[0] != fold_card_code(as_it_came))
    screens = _screen_cards(as_it_came, offered[-1])
    if screens:
        repaired = screens[0] != _screen_card(as_it_came)
        return Meaning(Kind.SCREEN_CARD, screens, repaired=repaired)
    if any(len(_symbols_in(one) or ()) == CODE_LENGTH for one in offered):
        return Meaning(
            Kind.MISREAD, did_you_mean=next(iter(_each_once(map(nearest, offered))), None)
        )
    return Meaning(Kind.FOREIGN)


def fold_card_code(reading: str) -> str | None:
    """The canonical 14 characters of a reading, or None; spaces, dashes and case are ignored.

    O reads as 0, I and L as 1. None for a foreign character, another length or a failing check.
    """
    symbols = _symbols_in(reading)
    if symbols is None or len(symbols) != CODE_LENGTH or any(_checks(symbols)):
        return None
    return "".join(_ALPHABET[symbol] for symbol in symbols)


def nearest(reading: str) -> str | None:
    """The one code that differs from the reading in a single character, or None.

    The two sums tell an error's size and its size times its weight: their quotient is the place.
    """
    symbols = _symbols_in(reading)
    if symbols is None or len(symbols) != CODE_LENGTH:
        return None
    error, weighed = _checks(symbols)
    if error == 0 or weighed == 0:
        return None
    place = (_LOG[weighed] - _LOG[error]) % _ORDER
    if place >= CODE_LENGTH:
        return None
    symbols[place] ^= error
    return "".join(_ALPHABET[symbol] for symbol in symbols)


def print_card_code(code: str) -> str:
    """`XXXX XXXX XXXX XX`, as it stands on the card."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def _screen_cards(as_it_came: str, repaired: str) -> tuple[str, ...]:
    """No check tells spellings apart here: as it came, unless it cannot be; small letters alone
    may be either a locked French keyboard's or a reader's own."""
    if as_it_came.isupper() and _screen_card(as_it_came):
        return _each_once((_screen_card(as_it_came),))
    return _each_once((_screen_card(as_it_came), _screen_card(repaired)))


def _screen_card(text: str) -> str | None:
    folded = "".join(text.split()).upper()
    # str.upper() makes letters of signs nobody printed; the pattern wants ASCII of the original.
    return folded if text.isascii() and _SCREEN_CARD.fullmatch(folded) else None


def _each_once(found: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in found if one is not None))


_ORDER: Final = 31


def _powers_of_the_generator() -> list[int]:
    powers = [1]
    while len(powers) < _ORDER:
        doubled = powers[-1] << 1
        # The field is GF(2)[x] modulo x^5 + x^2 + 1, its generator x.
        powers.append(doubled if doubled < 32 else doubled ^ 0b100101)
    return powers


_POWER: Final = _powers_of_the_generator()
_LOG: Final = {power: exponent for exponent, power in enumerate(_POWER)}


def _kind_reading() -> dict[str, int]:
    # ASCII letters only: upper-casing would turn a dotless i into a letter nobody printed.
    kind = {}
    for symbol, character in enumerate(_ALPHABET):
        kind[character] = kind[character.lower()] = symbol
    for lookalikes, meant in (("Oo", "0"), ("IiLl", "1")):
        kind.update(dict.fromkeys(lookalikes, kind[meant]))
    return kind


_SYMBOL: Final = _kind_reading()


def _symbols_in(reading: str) -> list[int] | None:
    symbols = []
    for character in reading:
        symbol = _SYMBOL.get(character)
        if symbol is not None:
            symbols.append(symbol)
        elif not (character.isspace() or character in _DASHES):
            return None
    return symbols


def _checks(symbols: list[int]) -> tuple[int, int]:
    """The sum of the symbols, and their sum weighted by the generator's powers; 0 if right."""
    plain = weighed = 0
    for place, symbol in enumerate(symbols):
        plain ^= symbol
        if symbol:
            weighed ^= _POWER[(_LOG[symbol] + place) % _ORDER]
    return plain, weighed
