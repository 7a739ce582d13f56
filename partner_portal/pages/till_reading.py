"""What a reader or a hand has typed, repaired: which card codes could have been meant (design §7).

The law: nothing is believed that the check characters do not confirm; what none of the repairs
explains is asked for as it came, and answered like any other unknown code. Readers that think they
type on an American keyboard arrive garbled on a French one: `1` as `&`, `A` as `Q`.
"""

from __future__ import annotations

import re
from typing import Final

from cardservice.domain.card_code import fold_card_code

LONGEST: Final = 200

# Keys of an American keyboard as a French one writes them. One to one, so that nothing is guessed.
# The capitals are those of a locked shift key; digits that were already right stay.
_DIGITS: Final = str.maketrans("&é\"'(-è_çàÉÈÇÀ", "12345678902790")
_LETTERS: Final = str.maketrans("AQZWaqzw?,", "QAWZqawzMm")
# What a reader may send in front: STX, or the kind of code (`]Q1`, or `$A&` on a French keyboard).
_PREFIX: Final = re.compile(r"^(?:\x02)?(?:[\]$][QA][0-6&é\"'(è-])?", re.IGNORECASE)


def meant_by(reading: str) -> list[str]:
    """The card codes that a reading may stand for, the likeliest first; never empty."""
    bare = _PREFIX.sub("", reading.strip(), count=1)
    digits = bare.translate(_DIGITS)
    spellings = (reading.strip(), bare, digits, digits.translate(_LETTERS))
    codes = [code for one in spellings if (code := fold_card_code(one)) is not None]
    return list(dict.fromkeys(codes)) or [reading.strip()]
