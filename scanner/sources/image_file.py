"""Readings from pictures: photographs of cards, one or several files.

The law: a picture is somebody else's file and may hold anything: what cannot be opened is told by
its name, what holds no code yields nothing, and neither stops the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from scanner.decode import read_codes
from scanner.sources.reading import Happening, Reading, SourceFailed

_MOST_BYTES: Final = 64 * 1024 * 1024


class ImageFiles:
    """Reads the codes of these files, one file after another; SourceFailed by `next`."""

    name = "image"

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = deque(paths)
        self._ready: deque[Reading] = deque()

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next code; OVER after the last. A file that cannot be read: SourceFailed."""
        while not self._ready:
            if not self._paths:
                return Happening.OVER
            content = _content(self._paths.popleft())
            self._ready.extend(Reading(self.name, text) for text in read_codes(content))
        return self._ready.popleft()

    def close(self) -> None:
        """Leaves the files that are left unread."""
        self._paths.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileNotFoundError
        if path.stat().st_size > _MOST_BYTES:
            raise SourceFailed("unreadable", str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise SourceFailed("not_found", str(path)) from None
    except PermissionError:
        raise SourceFailed("not_allowed", str(path)) from None
    except OSError:
        raise SourceFailed("unreadable", str(path)) from None
