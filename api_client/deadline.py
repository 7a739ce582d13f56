"""An end to every exchange: not only each read has a time limit, all of them together have.

Without it a line that delivers a byte every few seconds would hold a till for an hour. Not bounded
here: looking a name up, which the operating system ends in its own time, and a name with several
addresses, each of which may take the whole time to connect. The law: the
limit belongs to the thread that asks, and is set anew for each exchange; a stream that reaches it
says so as the time-out it is.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore


class Deadline:
    """When the exchange of this thread ends, whatever has arrived."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The exchange inside the block has so many seconds."""
        self._of_thread.ends_at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._of_thread.ends_at = None

    def left(self, timeout: float | None) -> float | None:
        """`timeout`, or the time until the end if that is less; may be negative."""
        ends_at: float | None = getattr(self._of_thread, "ends_at", None)
        if ends_at is None:
            return timeout
        seconds = ends_at - time.monotonic()
        return seconds if timeout is None else min(timeout, seconds)


class DeadlineBackend(httpcore.NetworkBackend):
    """Connections of the operating system's own kind, watched by `deadline`."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.left(timeout)
        if seconds is not None and seconds <= 0:
            raise httpcore.ConnectTimeout
        stream = self._inner.connect_tcp(host, port, seconds, local_address, socket_options)
        return _WatchedStream(stream, self._deadline)


class _WatchedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self._deadline.left(timeout)
        if seconds is not None and seconds <= 0:
            raise httpcore.ReadTimeout
        return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = self._deadline.left(timeout)
        if seconds is not None and seconds <= 0:
            raise httpcore.WriteTimeout
        self._inner.write(buffer, seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.left(timeout)
        if seconds is not None and seconds <= 0:
            raise httpcore.ConnectTimeout
        stream = self._inner.start_tls(ssl_context, server_hostname, seconds)
        return _WatchedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
