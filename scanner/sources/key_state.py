"""Key codes of a Linux keyboard become the characters a reader meant: a small state machine.

The reader's own layout is American; the machine's layout does not matter, since codes are read
below it. Both shifts, CapsLock, the keypad, and keys typed with Alt by number are known; repeats of
a key that hangs are ignored. Pure: events come in, characters go out.
"""

from __future__ import annotations

from typing import Final

_PRESSED, _RELEASED = 1, 0
_CAPS_LOCK: Final = 58
_SHIFTS: Final = frozenset((42, 54))
_ALTS: Final = frozenset((56, 100))

_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
_SINGLE: Final = {15: "\t", 28: "\n", 57: " ", 96: "\n", 55: "*", 74: "-", 78: "+", 98: "/"}
_KEYPAD: Final = {
    71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0",
    83: ".",
}  # fmt: skip


def _plain_and_shifted() -> dict[int, tuple[str, str]]:
    keys = {code: (character, character) for code, character in (_SINGLE | _KEYPAD).items()}
    for first, plain, shifted in _ROWS:
        for at, pair in enumerate(zip(plain, shifted, strict=True)):
            keys[first + at] = pair
    return keys


_KEYS: Final = _plain_and_shifted()


class KeyState:
    """What is held down, and what CapsLock is."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._locked = False
        self._number = ""

    def key(self, code: int, value: int) -> str:
        """The character of one key event, or the empty text."""
        if code in _SHIFTS or code in _ALTS:
            return self._modifier(code, value)
        if value != _PRESSED:
            return ""
        if code == _CAPS_LOCK:
            self._locked = not self._locked
            return ""
        if self._held & _ALTS:
            # Readers set to "any layout" type each character as Alt and its number.
            self._number += _KEYPAD.get(code, "")
            return ""
        plain, shifted = _KEYS.get(code, ("", ""))
        up = bool(self._held & _SHIFTS) != (self._locked and plain.isalpha())
        return shifted if up else plain

    def _modifier(self, code: int, value: int) -> str:
        if value == _PRESSED:
            self._held.add(code)
        elif value == _RELEASED:
            self._held.discard(code)
            if code in _ALTS and self._number:
                number, self._number = int(self._number[-4:]), ""
                return chr(number) if 32 <= number < 256 else ""
        return ""
