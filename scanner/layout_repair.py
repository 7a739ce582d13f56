"""Undoes what a French keyboard makes of a reader that believes it types on an American one.

`7K3M` arrives as `èK"?`: digits become the signs of their keys, A and Q, W and Z change places, M
is a question mark; with CapsLock digits survive and letters come in small. The table is one to
one, so nothing is guessed; but no table knows which keyboard it was. Hence the law: this room
offers spellings, and only check characters choose among them (scanner.card_payload).

The service's own till repairs by the same rules; tests/scanner/mangled_readings.json pins both.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

# Digits first as unshifted keys write them, then as they come with the shift key locked.
_DIGITS: Final = str.maketrans(
    {
        "&": "1", "é": "2", '"': "3", "'": "4", "(": "5", "-": "6", "è": "7", "_": "8", "ç": "9",
        "à": "0", "É": "2", "È": "7", "Ç": "9", "À": "0",
    }
)  # fmt: skip
_LETTERS: Final = str.maketrans("AQZWaqzw?,", "QAWZqawzMm")

# What a reader may say before the code: which kind of symbol it saw (`]Q1`; `$A&` in French).
_ANNOUNCED: Final = re.compile(r"^[\]$£][QA][0-6]", re.IGNORECASE)
_SELF_TEST: Final = "0123456789AZQWM"


class ReaderMode(StrEnum):
    """How a reader that showed the self-test code is set, as far as what arrived tells."""

    FAITHFUL = "faithful"
    LOWER_CASE = "lower_case"
    AMERICAN_ON_FRENCH = "american_on_french"
    AMERICAN_ON_FRENCH_LOCKED = "american_on_french_locked"
    UNKNOWN = "unknown"


def spellings(reading: str) -> tuple[str, ...]:
    """What may have been meant, each once: as read, digits repaired, letters repaired as well.

    Control characters and the announcement of a symbol are gone, white space stays; never empty.
    """
    came = without_controls(reading)
    digits = came.translate(_DIGITS)
    # Announcements are taken off last: `$A&` is one only once its digit is repaired.
    repaired = (came, digits, digits.translate(_LETTERS))
    return tuple(dict.fromkeys(s for one in repaired for s in (one.strip(), unannounced(one))))


def without_controls(reading: str) -> str:
    """The reading less STX, NUL, byte order marks and their like; line ends and tabs are kept."""
    return "".join(c for c in reading if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))


def unannounced(reading: str) -> str:
    """The reading less an AIM identifier of a QR code in front of it."""
    return _ANNOUNCED.sub("", reading.strip(), count=1).strip()


def reader_mode(received: str) -> ReaderMode:
    """Which setting of a reader turns the self-test code into what was received."""
    came = without_controls(received).strip()
    bare = (came, unannounced(came), unannounced(came.translate(_DIGITS)))
    if _SELF_TEST in bare:
        return ReaderMode.FAITHFUL
    if _SELF_TEST.lower() in bare:
        return ReaderMode.LOWER_CASE
    for one in (came, unannounced(came), came[3:]):
        if one.translate(_DIGITS).translate(_LETTERS).upper() == _SELF_TEST:
            digits_survived = one[:10].isdigit()
            return (
                ReaderMode.AMERICAN_ON_FRENCH_LOCKED
                if digits_survived
                else ReaderMode.AMERICAN_ON_FRENCH
            )
    return ReaderMode.UNKNOWN


def self_test_text() -> str:
    """What a self-test code holds: every digit, and the letters that keyboards move."""
    return _SELF_TEST
