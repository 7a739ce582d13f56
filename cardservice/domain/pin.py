"""Which four digits a youth may choose as PIN (C58).

Law: never what anybody would try first, and never the birth date, which the identity
card shown at the till gives away (requirements §2). Three tries then guess nothing.

Ten thousand PINs are few, so the list of refused ones is kept short: repeats, runs and
the birth date. It refuses to know how a PIN is stored, compared or blocked.
"""

import re
from datetime import date
from itertools import permutations
from typing import Final

_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")

# The keypad's order, where 0 stands both before 1 and after 9: 0123 and 7890 are runs.
_UPWARDS: Final = "01234567890"
_DOWNWARDS: Final = _UPWARDS[::-1]


def pin_is_four_digits(pin: str) -> bool:
    """Whether `pin` is exactly four ASCII digits; never raises on a str."""
    return _FOUR_DIGITS.fullmatch(pin) is not None


def weak_pin_reason(pin: str, birth_date: date) -> str | None:
    """Why this PIN may not be chosen, as a refusal code, or None when it may (C58).

    "pin_too_simple": one digit four times, or a run up or down (1234, 4321, 7890).
    "pin_is_birth_date": the year of birth (YYYY), or any two of DD, MM and YY in either
    order. ValueError unless the PIN has four digits: that is asked first.
    """
    if not pin_is_four_digits(pin):
        raise ValueError("a PIN is judged only once it has four digits")

    if len(set(pin)) == 1 or pin in _UPWARDS or pin in _DOWNWARDS:
        return "pin_too_simple"

    if pin in _read_off(birth_date):
        return "pin_is_birth_date"
    return None


def _read_off(birth_date: date) -> set[str]:
    day, month, year = f"{birth_date.day:02d}", f"{birth_date.month:02d}", f"{birth_date.year:04d}"
    return {year} | {"".join(pair) for pair in permutations((day, month, year[2:]), 2)}
