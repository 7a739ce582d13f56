"""The SIRET: the fourteen digits by which the State knows a partner's establishment.

Law: INSEE's key, which is Luhn's, except for La Poste (SIREN 356 000 000), whose
establishments outgrew it: for them the sum of the digits is a multiple of 5.
It refuses to know whether the establishment exists or is open.
"""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[0-9]{14}")
_LA_POSTE: Final = "356000000"
_NOBODY: Final = "000000000"


def siret_is_valid(text: str) -> bool:
    """Whether `text` is exactly 14 ASCII digits whose key holds; never raises on a str."""
    if _SHAPE.fullmatch(text) is None or text.startswith(_NOBODY):
        return False
    if _luhn_holds(text):
        return True
    return text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0


def _luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
