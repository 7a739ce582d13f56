"""What the screen of a card shows: a payload that changes every thirty seconds (C19, design §7).

Thirty-six characters of a QR code's alphanumeric set: `D1`, twelve of the card's reference, six of
the step (thirty seconds since 1970, the most significant first), sixteen of a truncated
HMAC-SHA256 over both (80 bits). Whoever copies it has a card for a minute; whoever changes a
character has nothing.

It refuses to know the time, whose card it is, and which terminal has read it: a payload is genuine
or it is not. Whether a step is still good is the database's question, which has the clock.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cardservice.domain.crockford import ALPHABET, characters_of, symbols_in
from cardservice.domain.keys import Keys

STEP: Final = timedelta(seconds=30)
# Ten minutes without a network, and the step that is under way.
STEPS_SHOWN: Final = 21
REFERENCE_LENGTH: Final = 12

_MARK: Final = "D1"
_STEP_LENGTH: Final = 6
_SIGNED_LENGTH: Final = len(_MARK) + REFERENCE_LENGTH + _STEP_LENGTH
_MAC_LENGTH: Final = 16
_MAC_BYTES: Final = _MAC_LENGTH * 5 // 8
PAYLOAD_LENGTH: Final = _SIGNED_LENGTH + _MAC_LENGTH
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """A payload that we have signed: which screen card, and for which step."""

    reference: str
    step: int


def make_reference(draw: Callable[[int], int]) -> str:
    """A new reference, twelve characters (60 bits); `draw` is secrets.randbelow."""
    return characters_of(draw(len(ALPHABET)) for _ in range(REFERENCE_LENGTH))


def step_at(at: datetime) -> int:
    """The step that an aware instant belongs to."""
    return (at - _EPOCH) // STEP


def into_step(at: datetime) -> timedelta:
    """How long the step of an instant has lasted."""
    return (at - _EPOCH) % STEP


def screen_payload(keys: Keys, code: ScreenCode) -> str:
    """The 36 characters that a screen shows of a card during a step. No step is negative."""
    assert len(code.reference) == REFERENCE_LENGTH, "a reference has twelve characters"
    signed = _MARK + code.reference + _characters(code.step, _STEP_LENGTH)
    return signed + _mac(keys, signed)


def fold_screen_code(reading: str) -> str | None:
    """The canonical 36 characters of what has the shape of a payload, or None. Never raises.

    Spaces, dashes and case are ignored, O reads as 0, I and L as 1, as in a typed code.
    """
    symbols = symbols_in(reading)
    if symbols is None or len(symbols) != PAYLOAD_LENGTH:
        return None
    payload = characters_of(symbols)
    return payload if payload.startswith(_MARK) else None


def read_screen_payload(keys: Keys, reading: str) -> ScreenCode | None:
    """What a reading says if we have signed it; None for anything else. Never raises on a str."""
    payload = fold_screen_code(reading)
    if payload is None:
        return None
    signed, mac = payload[:_SIGNED_LENGTH], payload[_SIGNED_LENGTH:]
    if not hmac.compare_digest(mac, _mac(keys, signed)):
        return None
    reference, step = signed[len(_MARK) : -_STEP_LENGTH], signed[-_STEP_LENGTH:]
    return ScreenCode(reference, _number(step))


def _mac(keys: Keys, signed: str) -> str:
    digest = hmac.digest(keys.screen_card, signed.encode(), hashlib.sha256)[:_MAC_BYTES]
    return _characters(int.from_bytes(digest), _MAC_LENGTH)


def _characters(number: int, length: int) -> str:
    assert 0 <= number < 32**length, "a number that its characters hold"
    return characters_of(number >> 5 * place & 31 for place in reversed(range(length)))


def _number(characters: str) -> int:
    number = 0
    for character in characters:
        number = number << 5 | ALPHABET.index(character)
    return number
