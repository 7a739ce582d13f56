"""Hands an address that holds a card code to the browser, past every command line.

What a browser is started with can be read by all programs of the computer for as long as it runs.
So it is started with an address of this very program, under a name nobody can guess, and is sent on
from there.

The law: asked from this computer only, answered once, for a few seconds; where the system tells
whose a connection is (Linux), to this user alone. What it cannot do: elsewhere another user's
program that watches command lines and is quicker than the browser gets the code, and the till does
not open; and the browser's own history keeps the address it was sent on to
(Chromium's does, although the till replaces it at once).
"""

from __future__ import annotations

import os
import secrets
import threading
import webbrowser
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

_MOST_SECONDS: Final = 20.0
_TURN_SECONDS: Final = 0.05
_CONNECTIONS: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def hand_over(
    address: str,
    *,
    open_browser: Callable[[str], bool] = webbrowser.open,
    seconds: float = _MOST_SECONDS,
) -> bool:
    """Whether a browser has come for the address within that time."""
    with _Door(address) as door:
        turns = threading.Thread(target=door.serve_forever, args=(_TURN_SECONDS,), daemon=True)
        turns.start()
        try:
            return open_browser(door.address_here) and door.taken.wait(seconds)
        finally:
            door.shutdown()


class _Door(ThreadingHTTPServer):
    # A browser keeps spare connections open: none of them may hold up the end.
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.address = address
        self.name = f"/{secrets.token_urlsafe(32)}"
        self.taken = threading.Event()
        self._one_at_a_time = threading.Lock()

    @property
    def address_here(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.name}"

    def is_given(self, name: str, *, port: int) -> bool:
        """Whether this request gets the address: the right name, our own user, the first one."""
        if not secrets.compare_digest(name.encode(), self.name.encode()):
            return False
        with self._one_at_a_time:
            if self.taken.is_set() or not _is_ours(port, self.server_port):
                return False
            self.taken.set()
            return True


class _Answer(BaseHTTPRequestHandler):
    server_version, sys_version = "cjeune-scan", ""
    timeout = 5
    server: _Door

    def do_GET(self) -> None:
        if self.server.is_given(self.path, port=self.client_address[1]):
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", self.server.address)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
        else:
            self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: stderr is the cashier's."""


def _is_ours(their_port: int, our_port: int) -> bool:
    """Whether the other end belongs to this user; yes where the system does not tell."""
    for table in _CONNECTIONS:
        try:
            rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
        except (OSError, ValueError):
            continue
        for row in rows:
            ports = [int(end.rpartition(":")[2], 16) for end in row[1:3]]
            if ports == [their_port, our_port]:
                return int(row[7]) == os.getuid()
    return True
