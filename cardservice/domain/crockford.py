"""The thirty-two characters that people read and type, as numbers one can check.

Card codes and short codes are words over GF(32): each character is five bits, addition
is XOR, multiplication is modulo x^5 + x^2 + 1. In a field a check character can be made
to catch *every* swap, which no sum modulo 32 does (research/scanning.md, 4.1).

Law: one alphabet (Crockford's, without I, L, O, U) and one way of reading it kindly.
It refuses to know how long a code is or what it opens.
"""

from collections.abc import Iterable, Sequence
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# The generator is x itself (2): its powers run through all 31 non-zero symbols, so the
# weights of up to 31 neighbouring positions all differ.
_ORDER: Final = 31


def _powers_of_the_generator() -> tuple[int, ...]:
    powers = [1]
    for _ in range(_ORDER - 1):
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return tuple(powers)


_POWER: Final = _powers_of_the_generator()
_LOG: Final = {power: exponent for exponent, power in enumerate(_POWER)}

_DASHES: Final = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"


def _kind_reading() -> dict[str, int]:
    # ASCII letters only: str.upper() would turn a dotless i or a long s into a letter
    # that nobody printed.
    symbols = {}
    for number, character in enumerate(ALPHABET):
        symbols[character] = symbols[character.lower()] = number
    for lookalike, meant in (("O", "0"), ("I", "1"), ("L", "1")):
        symbols[lookalike] = symbols[lookalike.lower()] = ALPHABET.index(meant)
    return symbols


_SYMBOL: Final = _kind_reading()


def symbols_in(reading: str) -> list[int] | None:
    """The numbers 0..31 of what was read or typed; None when a character is foreign.

    White space of any kind, dashes and case are ignored; O reads as 0, I and L as 1.
    Never raises on a str.
    """
    symbols = []
    for character in reading:
        symbol = _SYMBOL.get(character)
        if symbol is not None:
            symbols.append(symbol)
        elif not (character.isspace() or character in _DASHES):
            return None
    return symbols


def characters_of(symbols: Iterable[int]) -> str:
    """The canonical characters of numbers 0..31."""
    return "".join(ALPHABET[symbol] for symbol in symbols)


def product(left: int, right: int) -> int:
    """Multiplication in GF(32)."""
    if left == 0 or right == 0:
        return 0
    return _POWER[(_LOG[left] + _LOG[right]) % _ORDER]


def quotient(dividend: int, divisor: int) -> int:
    """Division in GF(32). ZeroDivisionError for a divisor of 0."""
    if divisor == 0:
        raise ZeroDivisionError("GF(32) has no quotient by zero")
    if dividend == 0:
        return 0
    return _POWER[(_LOG[dividend] - _LOG[divisor]) % _ORDER]


def weight(position: int) -> int:
    """The generator to the power of `position`."""
    return _POWER[position % _ORDER]


def plain_sum(symbols: Iterable[int]) -> int:
    """The sum in GF(32), where adding is XOR."""
    total = 0
    for symbol in symbols:
        total ^= symbol
    return total


def weighted_sum(symbols: Sequence[int]) -> int:
    """The sum of each symbol times the weight of its position, the first being 0."""
    total = 0
    for at, symbol in enumerate(symbols):
        total ^= _WEIGHED[at % _ORDER][symbol]
    return total


# Each of the 32 symbols times each weight: every code that is read or shown asks for some.
_WEIGHED: Final = tuple(
    tuple(product(symbol, weight(at)) for symbol in range(len(ALPHABET))) for at in range(_ORDER)
)
