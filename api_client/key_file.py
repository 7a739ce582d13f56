"""The terminal's key, where the service is and who the terminal is, in one private file.

The law: readable by its owner alone (0600), replaced whole or not at all, refused when others could
have read it; the key is in no `repr`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

_FORMAT = "cjeune-terminal-key-1"
_MOST_BYTES = 8_192


class KeyFileFailed(Exception):
    """The file is there and cannot be used. `code`: not_private, unreadable, not_writable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class TerminalKey:
    """What a terminal needs to call the service."""

    base_url: str
    terminal_id: str
    key: str = field(repr=False)


def read_key_file(path: Path) -> TerminalKey | None:
    """None when there is no file: this terminal is not activated. KeyFileFailed otherwise."""
    try:
        with path.open("rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileFailed("not_private")
            written = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError:
        raise KeyFileFailed("unreadable") from None
    return _read(written)


def write_key_file(path: Path, key: TerminalKey) -> None:
    """Replaces the file; it is on the disk when this returns. KeyFileFailed("not_writable")."""
    content = json.dumps(
        {
            "format": _FORMAT,
            "base_url": key.base_url,
            "terminal_id": key.terminal_id,
            "terminal_key": key.key,
        },
        indent=2,
    )
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError:
        raise KeyFileFailed("not_writable") from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _read(written: bytes) -> TerminalKey:
    try:
        found = json.loads(written)
        members = (found["base_url"], found["terminal_id"], found["terminal_key"])
        if found["format"] != _FORMAT or not all(isinstance(m, str) and m for m in members):
            raise ValueError
    except (ValueError, TypeError, KeyError):
        # The chain would carry the file's text, and with it the key, into a traceback.
        raise KeyFileFailed("unreadable") from None
    return TerminalKey(*members)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
