"""Where this post keeps what makes it a terminal: its key, and the journal of its sales.

One folder, private to its user; `--folder` or CJEUNE_SCAN_FOLDER names another one (two tills on
one computer).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from api_client.journal import Journal
from api_client.key_file import TerminalKey, read_key_file
from api_client.transport import Line
from scanner.commands.failure import Failed
from scanner.texts import say

# What the fleet register shows of this program.
CLIENT: Final = "cjeune-scan/1.0"

_F = TypeVar("_F", bound=Callable[..., Any])


def folder_option(command: _F) -> _F:
    """Adds `--folder` to a command."""
    return click.option(
        "--folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=lambda: click.get_app_dir("cjeune-scan"),
        envvar="CJEUNE_SCAN_FOLDER",
        help=say("help.option.folder"),
    )(command)


def key_path(folder: Path) -> Path:
    """The file of the terminal's key."""
    return folder / "terminal.json"


def terminal_key(folder: Path) -> TerminalKey:
    """The key of this post; Failed when it was never activated."""
    key = read_key_file(key_path(folder))
    if key is None:
        raise Failed(say("failure.not_activated"))
    return key


def opened_line(folder: Path) -> Line:
    """This terminal's line to the service."""
    key = terminal_key(folder)
    try:
        return Line(key.base_url, key=key.key, client=CLIENT)
    except ValueError:
        raise Failed(say("activate.bad_address", address=key.base_url)) from None


def opened_journal(folder: Path) -> Journal:
    """This terminal's journal; JournalFailed when it cannot be trusted."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise Failed(say("failure.journal.JournalNotWritable")) from None
    return Journal.open(folder / "journal.sqlite")
