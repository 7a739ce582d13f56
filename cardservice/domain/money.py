"""Money: whole euro cents inside, French figures at the edges (C52, C71).

Law: an amount is an integer number of cents. There is no rounding anywhere in the
product, because a partner is reimbursed what was debited, to the cent; so a float is
never a sum of money, and neither is True. Only this file turns cents into text or text
into cents.

It refuses to know whose money it is and which amounts a debit may have.
"""

import re
from dataclasses import dataclass
from typing import Final

_NBSP: Final = "\u00a0"

# People paste amounts from web pages and spreadsheets, which part thousands with the
# narrow or the wide no-break space. [0-9], because \d also takes Arabic digits.
_SPACE: Final = "[ \u00a0\u202f]"
_EUROS: Final = re.compile(
    rf"{_SPACE}*(?P<whole>[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+|[0-9]+)"
    rf"(?:[.,](?P<part>[0-9]{{1,2}}))?{_SPACE}*€?{_SPACE}*"
)
# More whole euros than any budget has, few enough for a bigint of cents.
_MOST_DIGITS: Final = 12


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """A sum in euro cents; negative for a correction. TypeError unless `cents` is an int.

    Adds, subtracts and compares with `Money` only: a bare number has no unit.
    """

    cents: int

    def __post_init__(self) -> None:
        _assert_cents(self.cents)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents - other.cents)


def format_euros(amount_cents: int) -> str:
    """`1 234,56 €`, negative `-15,50 €`; both spaces are U+00A0, the only no-break space.

    TypeError unless `amount_cents` is an int.
    """
    sign, euros, cents = _parts(amount_cents)
    grouped = f"{euros:,}".replace(",", _NBSP)
    return f"{sign}{grouped},{cents:02d}{_NBSP}€"


def decimal_comma(amount_cents: int) -> str:
    """`1234,56` for CSV columns (C64): no grouping, no sign but a minus, two decimals.

    TypeError unless `amount_cents` is an int.
    """
    sign, euros, cents = _parts(amount_cents)
    return f"{sign}{euros},{cents:02d}"


def parse_euros(text: str) -> int | None:
    """The cents of an amount as a cashier types it, or None (C52).

    Reads "10,55", "10.55", "10,5", "10", "1 234,56 €". Refuses signs, more than two
    decimals, spaces elsewhere than before thousands, twelve digits passed, all else.
    """
    match = _EUROS.fullmatch(text)
    if match is None:
        return None
    whole = re.sub(_SPACE, "", match["whole"])
    if len(whole) > _MOST_DIGITS:
        return None
    # "10,5" is ten euros fifty, not ten euros five.
    return int(whole) * 100 + int((match["part"] or "").ljust(2, "0"))


def _parts(amount_cents: int) -> tuple[str, int, int]:
    _assert_cents(amount_cents)
    # The sign first: divmod of a negative number would borrow a euro.
    euros, cents = divmod(abs(amount_cents), 100)
    return ("-" if amount_cents < 0 else ""), euros, cents


def _assert_cents(cents: int) -> None:
    # type() and not isinstance(): True is an int to Python.
    if type(cents) is not int:
        raise TypeError(f"an amount is an int of cents, not a {type(cents).__name__}")
