"""Tells a USB reader's burst from a person's keys before either reaches the till (design §7).

Both arrive on one keyboard. A key is held back for as long as a reader could still be typing; then
it is a person's. The law: a reader's text reaches the till whole, as a card, or not at all; its
digits never become a PIN or an amount, its Enter never a yes.
"""

from __future__ import annotations

from scanner.bursts import FEWEST_CHARACTERS, LARGEST_GAP_SECONDS, MOST_CHARACTERS
from tpe_client.till.events import CardRead, Key

HOLD_SECONDS = LARGEST_GAP_SECONDS


class KeyGate:
    """Keys in, cards and keys out. Time is given, in seconds that only go forward."""

    def __init__(self) -> None:
        self._held: list[tuple[str, str]] = []
        self._last_at = 0.0

    def key(self, name: str, *, character: str, at: float) -> list[Key | CardRead]:
        """Takes a key by its name for the till and by what it would type."""
        out = self.quiet(at)
        self._last_at = at
        if name == "enter":
            return out + self._ended(then=[Key("enter")])
        if not character:
            # No reader sends arrows or Escape: what is held was a person's, too.
            return out + self._ended(then=[Key(name)])
        if len(self._held) >= MOST_CHARACTERS:
            self._held.clear()
        self._held.append((name, character))
        return out

    def quiet(self, at: float) -> list[Key | CardRead]:
        """To be asked when nothing comes: what is held longer than a reader pauses is let go."""
        if not self._held or at - self._last_at < HOLD_SECONDS:
            return []
        return self._ended(then=[])

    def _ended(self, *, then: list[Key | CardRead]) -> list[Key | CardRead]:
        held, self._held = self._held, []
        if len(held) >= FEWEST_CHARACTERS:
            # A reader's own Enter belongs to its text.
            return [CardRead("".join(character for _, character in held))]
        return [*(Key(name) for name, _ in held), *then]
