"""A terminal joins in two steps: is this my place? then yes, and its key is kept (C48).

The law: step 2 succeeds once and tells the key once. So that no key is lost to a full disk, the
file is proven writable before step 2 is sent. A step 2 whose answer was lost is not repeated: the
code is used up or dead, a new one is asked for.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from api_client.answers import Activated, NoAnswer, Problem, Recognised
from api_client.key_file import TerminalKey, write_key_file
from api_client.transport import Line


def recognise(
    base_url: str, activation_code: str, *, client: str
) -> Recognised | Problem | NoAnswer:
    """Step 1: whose terminal this would be. Can be repeated until step 2. ValueError for an
    address that no key may be sent to (see `Line`)."""
    with Line(base_url, key=None, client=client) as line:
        return line.recognise(activation_code)


def confirm(
    base_url: str, recognised: Recognised, *, label: str, client: str, key_path: Path
) -> Activated | Problem | NoAnswer:
    """Step 2: the key is in the file when this answers Activated. KeyFileFailed before anything
    is sent when the file cannot be written."""
    # What it writes opens nothing; what counts is that there is room and right to write it.
    _prove_writable(key_path)
    with Line(base_url, key=None, client=client) as line:
        answer = line.confirm(recognised.activation_token, label=label)
    if isinstance(answer, Activated):
        write_key_file(key_path, TerminalKey(base_url, answer.terminal_id, answer.terminal_key))
    return answer


def _prove_writable(key_path: Path) -> None:
    trial = key_path.with_name(f"{key_path.name}.trial")
    try:
        write_key_file(trial, TerminalKey("trial", "trial", "-" * 200))
    finally:
        with contextlib.suppress(OSError):
            trial.unlink()
