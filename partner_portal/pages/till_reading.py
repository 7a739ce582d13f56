"""What a reader or a hand has typed, repaired: which card codes could have been meant (design §7).

The law: nothing is believed that the check characters do not confirm; a screen has none, and is
taken as it came where it can be. What none of the repairs explains is asked for as it came, and
answered like any other unknown code. Readers that think they
type on an American keyboard arrive garbled on a French one: `1` as `&`, `A` as `Q`.
"""

from __future__ import annotations

import re
from typing import Final

from cardservice.domain.card_code import fold_card_code
from cardservice.domain.screen_code import fold_screen_code

LONGEST: Final = 200

# Keys of an American keyboard as a French one writes them. One to one, so that nothing is guessed.
_DIGITS: Final = str.maketrans(
    {
        "&": "1", "é": "2", '"': "3", "'": "4", "(": "5", "-": "6", "è": "7", "_": "8", "ç": "9",
        "à": "0",
        # With the shift key locked; digits that were already right stay.
        "É": "2", "È": "7", "Ç": "9", "À": "0",
    }
)  # fmt: skip
_LETTERS: Final = str.maketrans("AQZWaqzw?,", "QAWZqawzMm")
# What a reader may send in front: STX, or the kind of code (`]Q1`; on a French keyboard `$A1`, with
# its capitals locked `£q1`).
_PREFIX: Final = re.compile(r"^\x02?(?:[\]$£][QA][0-6])?", re.IGNORECASE)


def meant_by(reading: str) -> list[str]:
    """The card codes that a reading may stand for, the likeliest first; never empty."""
    whole = reading.strip()
    bare = _PREFIX.sub("", whole, count=1)
    digits = _PREFIX.sub("", whole.translate(_DIGITS), count=1)
    spellings = (whole, bare, digits, digits.translate(_LETTERS))
    codes = [code for one in spellings if (code := fold_card_code(one)) is not None]
    return list(dict.fromkeys(codes or _screens(bare, spellings[-1]))) or [whole]


def _screens(bare: str, repaired: str) -> list[str]:
    """Small letters alone may be either a locked French keyboard's or a reader's own."""
    as_it_came = fold_screen_code(bare)
    if as_it_came is not None and bare.isupper():
        return [as_it_came]
    return [one for one in (as_it_came, fold_screen_code(repaired)) if one is not None]
