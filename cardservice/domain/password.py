"""What a password must be (C31): long, and on none of the lists that guessers begin with.

The law: length and strength, no composition rules (ANSSI and CNIL, NIST 800-63B). The lists are
zxcvbn's: leaked passwords, names, words, keyboard walks; what is known of the person and of the
scheme counts as guessed. A password is one text whatever keyboard typed it (NFC).

It refuses to know where passwords are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from zxcvbn import zxcvbn

from cardservice.domain.refusal import Refused

SHORTEST: Final = 12
LONGEST: Final = 128
# Of 4: "safely unguessable", beyond 10^8 tries on a stolen hash of ours.
_LEAST_SCORE: Final = 3
# What must be left of a password without the words that anybody knows of the person.
_LEAST_OF_ITS_OWN: Final = 8
# zxcvbn reads no more: beyond it, a password is judged by its first part.
_MOST_JUDGED: Final = 72
_NEAR_AT_HAND: Final = ("cjeune", "provence", "marseille", "bouches", "rhone", "departement")


def normalised(password: str) -> str:
    """The one form in which a password is judged, kept and compared."""
    return unicodedata.normalize("NFC", password)


def password_refusal(password: str, known: Iterable[str] = ()) -> Refused | None:
    """Why a new password is not taken; `known` is what anybody knows of the person.

    Refused: password_too_short, password_too_long, password_too_weak.
    """
    chosen = normalised(password)
    if len(chosen) < SHORTEST:
        return Refused("password_too_short", {"least": SHORTEST})
    if len(chosen) > LONGEST:
        return Refused("password_too_long", {"most": LONGEST})
    words = [*_NEAR_AT_HAND, *_words_of(known)]
    judged = zxcvbn(chosen[:_MOST_JUDGED], user_inputs=words)
    if judged["score"] < _LEAST_SCORE or len(_without(words, chosen)) < _LEAST_OF_ITS_OWN:
        return Refused("password_too_weak")
    return None


def _words_of(known: Iterable[str]) -> list[str]:
    """Each text and each of its words: `lea.martin@x.fr` also gives `lea` and `martin`."""
    texts = [_folded(text) for text in known]
    return [word for text in texts for word in (text, *re.split(r"[\W_]+", text)) if len(word) > 2]


def _without(words: list[str], password: str) -> str:
    """What is left without the words: zxcvbn knows each, but not that they go together."""
    left = _folded(password)
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left


def _folded(text: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
