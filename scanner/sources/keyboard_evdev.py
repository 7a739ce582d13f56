"""A USB reader in keyboard mode, read below the keyboard's layout (Linux).

The reader's own node is opened and grabbed: what it types reaches no other window, no layout
garbles it, and no rhythm has to be guessed. What keys mean is key_state.py's; this file is the thin
opener around it.

The law: never a person's keyboard: only a node that was named, or the one that calls itself a
reader. Half a code that was typed when the plug was pulled is dropped.
"""

from __future__ import annotations

import importlib
import re
import select
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Self

from scanner.sources.key_state import KeyState
from scanner.sources.line_splitter import LineSplitter, TooLong
from scanner.sources.reading import Happening, Reading, SourceFailed

evdev: Any
try:
    evdev = importlib.import_module("evdev")
except ImportError:
    # Not a Linux machine: there are no such nodes either.
    evdev = None

_BY_ID: Final = Path("/dev/input/by-id")
_CALLS_ITSELF_A_READER: Final = re.compile(
    r"barcode|scanner|bar_code|honeywell|zebra|datalogic|newland|symbol_|netum|imager",
    re.IGNORECASE,
)
_KEY_EVENT: Final = 1
_BLINK_SECONDS: Final = 0.05
_RETRY_SECONDS: Final = 1.0


def likely_nodes(names: Iterable[str] | None = None) -> list[str]:
    """The nodes that call themselves a reader, by their names under /dev/input/by-id."""
    if names is None:
        names = [str(node) for node in _BY_ID.glob("*-event-kbd")] if _BY_ID.is_dir() else []
    return sorted(name for name in names if _CALLS_ITSELF_A_READER.search(Path(name).name))


class KeyboardReader:
    """Reads and grabs one keyboard node. SourceFailed when it cannot be opened at first."""

    name = "keyboard"

    def __init__(self, node: str) -> None:
        self._node_path = node
        self._keys, self._splitter = KeyState(), LineSplitter()
        self._ready: deque[Reading | Happening] = deque()
        self._node: Any = self._opened()
        self._next_try_at = 0.0
        self._event_at = self._heard_at = 0.0

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next reading or happening; None when nothing came in that time."""
        until = time.monotonic() + seconds
        while not self._ready and (left := until - time.monotonic()) > 0:
            if self._node is None:
                self._look_for_it(left)
            else:
                self._listen(min(left, _BLINK_SECONDS))
        return self._ready.popleft() if self._ready else None

    def take(self, events: Iterable[Any]) -> None:
        """Takes key events in their order; what they end is given by `next`."""
        for event in events:
            if event.type == _KEY_EVENT:
                character = self._keys.key(event.code, event.value)
                self._tell(self._splitter.take(character.encode(), event.timestamp()))
                # Events carry the kernel's time; silence is counted on ours.
                self._event_at, self._heard_at = event.timestamp(), time.monotonic()

    def close(self) -> None:
        """Lets other windows have the keyboard again."""
        if self._node is not None:
            # Closing the node ends the grab as well.
            self._node.close()
            self._node = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, seconds: float) -> None:
        try:
            ready, _, _ = select.select([self._node], [], [], seconds)
            if ready:
                self.take(self._node.read())
            else:
                silent_for = time.monotonic() - self._heard_at
                self._tell(self._splitter.quiet(self._event_at + silent_for))
        except (OSError, ValueError):
            self.close()
            self._keys, self._splitter = KeyState(), LineSplitter()
            self._next_try_at = time.monotonic() + _RETRY_SECONDS
            self._ready.append(Happening.LOST)

    def _tell(self, found: Iterable[str | TooLong]) -> None:
        for one in found:
            self._ready.append(
                Happening.TOO_LONG if isinstance(one, TooLong) else Reading(self.name, one)
            )

    def _look_for_it(self, left: float) -> None:
        pause = self._next_try_at - time.monotonic()
        if pause > 0:
            select.select([], [], [], min(left, pause))
            return
        try:
            self._node = self._opened()
        except SourceFailed:
            self._next_try_at = time.monotonic() + _RETRY_SECONDS
        else:
            self._ready.append(Happening.FOUND)

    def _opened(self) -> Any:
        if evdev is None:
            raise SourceFailed("unreadable", self._node_path)
        try:
            node = evdev.InputDevice(self._node_path)
            node.grab()
        except FileNotFoundError:
            raise SourceFailed("not_found", self._node_path) from None
        except PermissionError:
            raise SourceFailed("not_allowed", self._node_path) from None
        except OSError as failure:
            code = "busy" if failure.errno == 16 else "unreadable"
            raise SourceFailed(code, self._node_path) from None
        return node
