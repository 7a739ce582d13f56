"""A line to a push service, open for a time that is counted as a whole.

The law: resolving, every address that is tried, the handshake and what is said on the line share
one deadline; when it is over the line is cut, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def bounded_line(host: str, port: int, *, seconds: float, is_tls: bool) -> Iterator[socket.socket]:
    """A connected socket; OSError when there is none in time."""
    deadline = time.monotonic() + seconds
    line = _connected(_resolved(host, port, deadline), deadline)
    if is_tls:
        line = ssl.create_default_context().wrap_socket(
            line, server_hostname=host, do_handshake_on_connect=False
        )

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            # Not the TLS shutdown: it would swap the line's nature under who reads from it.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    watch = threading.Timer(max(deadline - time.monotonic(), 0), hang_up)
    watch.daemon = True
    watch.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        yield line
    finally:
        watch.cancel()
        line.close()


def _resolved(host: str, port: int, deadline: float) -> list[Any]:
    """In a thread that nobody waits for beyond the deadline: a resolver knows no bound of ours."""
    found: list[Any] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(deadline - time.monotonic(), 0))
    return list(found)


def _connected(addresses: list[Any], deadline: float) -> socket.socket:
    for family, kind, protocol, _, address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        line = socket.socket(family, kind, protocol)
        line.settimeout(left)
        try:
            line.connect(address)
        except OSError:
            line.close()
            continue
        return line
    raise TimeoutError("no address answered in time")
