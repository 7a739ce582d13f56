"""A reason that an agent writes down: for a budget, a refused account, a refused question.

The law: long enough to say something, short enough to be read, and nothing in it that cannot be
seen.
"""

from __future__ import annotations

from typing import Final

from cardservice.domain.refusal import Refused

FEWEST_CHARACTERS: Final = 3
MOST_CHARACTERS: Final = 500
# People write paragraphs, and paste amounts with no-break spaces.
_SEEN_AS_SPACE: Final = str.maketrans(dict.fromkeys("\n\r\t\u00a0\u202f", " "))


def reason_refusal(reason: str) -> Refused | None:
    """None for a reason that can be kept. Refused: reason_malformed."""
    written = reason.strip()
    if not FEWEST_CHARACTERS <= len(written) <= MOST_CHARACTERS:
        return Refused("reason_malformed")
    if not written.translate(_SEEN_AS_SPACE).isprintable():
        return Refused("reason_malformed")
    return None
