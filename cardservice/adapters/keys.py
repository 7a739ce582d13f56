"""Reads the master key from its file, making one at the very first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cardservice.domain.keys import Keys


def load_keys(file: Path) -> Keys:
    """The keys of an instance. The file holds 32 bytes, mode 0600, and is never replaced.

    It must be kept with the backups but apart from them: without it no card can be read and no PIN
    checked; with it and a dump, both can be guessed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Keys(file.read_bytes())
    with os.fdopen(handle, "wb") as made:
        made.write(secrets.token_bytes(32))
        made.flush()
        os.fsync(made.fileno())
    return Keys(file.read_bytes())
