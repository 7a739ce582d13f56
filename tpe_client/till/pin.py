"""The holder's PIN between the keypad and the request.

The law: it has no text form. `repr` shows dots, nothing compares or pickles it, and `wipe` leaves
zeros behind.
"""

from __future__ import annotations

from typing import Final, NoReturn

LENGTH: Final = 4


class Pin:
    """Zero to four digits."""

    __slots__ = ("_digits",)

    def __init__(self, digits: bytes | bytearray = b"") -> None:
        assert len(digits) <= LENGTH
        self._digits = bytearray(digits)

    def __repr__(self) -> str:
        return f"Pin({'•' * len(self._digits)})"

    def __len__(self) -> int:
        return len(self._digits)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PIN is never stored")

    @property
    def is_whole(self) -> bool:
        return len(self._digits) == LENGTH

    def with_digit(self, digit: str) -> Pin:
        """One digit more; a fifth is not taken."""
        assert len(digit) == 1 and digit.isdecimal()
        return self if self.is_whole else Pin(self._digits + digit.encode("ascii"))

    def without_last(self) -> Pin:
        return Pin(self._digits[:-1])

    def reveal(self) -> str:
        """The digits, for the body of the request alone."""
        assert self.is_whole
        return self._digits.decode("ascii")

    def wipe(self) -> None:
        """Overwrites the digits and forgets them."""
        for place in range(len(self._digits)):
            self._digits[place] = 0
        self._digits.clear()
