"""Carries a push to the browser's push service: one request, no redirect, bounded in time.

The law: the address came from a browser, so it is compared with the operator's list each time it is
called, and nowhere it points to is followed. What the service says decides: taken, gone, never, or
later.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cardservice.adapters.push.line import bounded_line
from cardservice.adapters.push.seal import sealed
from cardservice.adapters.push.vapid import PushKey
from cardservice.adapters.push.words import message_of
from cardservice.domain.push import (
    Push,
    PushGone,
    PushRefused,
    PushServiceAway,
    may_be_pushed_to,
)

# A debit is news for a day; later the page tells it.
_KEPT_SECONDS: Final = 24 * 3600
_GONE: Final = (404, 410)
_LATER: Final = (408, 425, 429)


@dataclass(frozen=True)
class PushCarrier:
    """`sender` is the address that mail comes from: how a push service reaches the operator.
    `seconds` bounds a push as a whole."""

    key: PushKey = field(repr=False)
    hosts: tuple[str, ...]
    sender: str
    seconds: float = 5.0

    def carry(self, push: Push) -> None:
        """Returns when the service has taken it; raises as domain/push.py says."""
        if not may_be_pushed_to(push.endpoint, self.hosts):
            raise PushRefused("an address that is not listed")
        try:
            body = sealed(message_of(push), p256dh=push.p256dh, auth=push.auth)
        except ValueError as failure:
            raise PushGone("keys that are none") from failure
        status = self._sent(push, body)
        if status in _GONE:
            raise PushGone(str(status))
        if status in _LATER or status >= 500:
            raise PushServiceAway(str(status))
        if not 200 <= status < 300:
            raise PushRefused(str(status))

    def _sent(self, push: Push, body: bytes) -> int:
        parts = urlsplit(push.endpoint)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        headers = {
            "Authorization": self.key.word_for(
                push.endpoint, sender=self.sender, wall_seconds=push.wall_seconds
            ),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_KEPT_SECONDS),
            "Urgency": "high",
            # The same name each time it is tried: what still waits is replaced, not doubled.
            "Topic": f"avis-{push.notice_id}",
        }
        is_tls = parts.scheme != "http"
        kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
        assert parts.hostname is not None, "the list has names alone"
        connection = kind(parts.hostname, parts.port)
        try:
            with bounded_line(
                parts.hostname, connection.port, seconds=self.seconds, is_tls=is_tls
            ) as connection.sock:
                connection.request("POST", path, body, headers)
                return connection.getresponse().status
        except (OSError, http.client.HTTPException) as failure:
            raise PushServiceAway(type(failure).__name__) from failure
        finally:
            connection.close()
