"""One request, one bounded answer: the wire under a terminal's line.

The law: TLS verified, no redirect followed, nothing of the environment trusted (no proxy, no key
log), nothing logged, answers bounded in bytes and in time. What comes back is JSON of the kind our
service sends, or `NoAnswer`: the page of a hotel's portal never becomes an answer. The engine of
httpx is used without httpx around it, which logs every address it asks for.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore

from api_client import bodies
from api_client.answers import NoAnswer, Problem
from api_client.deadline import Deadline, DeadlineBackend

MOST_BYTES = 256 * 1024
MOST_BYTES_OF_A_PHOTO = 2 * 1024 * 1024

_CONNECT_SECONDS, _READ_SECONDS, _WHOLE_SECONDS = 5.0, 10.0, 20.0
# Less than servers and proxies keep a connection: a till that sells once in five minutes must not
# begin each sale on a line that was closed behind its back.
_KEPT_SECONDS = 3.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECONDS = re.compile("[0-9]{1,6}")


@dataclass(frozen=True)
class Limits:
    """Seconds for connecting, for each read, and for the whole exchange."""

    connect_seconds: float = _CONNECT_SECONDS
    read_seconds: float = _READ_SECONDS
    whole_seconds: float = _WHOLE_SECONDS


@dataclass(frozen=True)
class _Arrived:
    status: int
    headers: Mapping[str, str]
    content: bytes


class Exchange:
    """A small pool of connections to one service."""

    def __init__(self, base_url: str, *, client: str, ca_file: str | None, limits: Limits) -> None:
        self._origin = origin_of(base_url)
        self._client = client
        self._limits = limits
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(cafile=ca_file or certifi.where()),
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=_KEPT_SECONDS,
            retries=0,
            network_backend=DeadlineBackend(self._deadline),
        )

    def close(self) -> None:
        self._pool.close()

    def ask(
        self, method: str, path: str, *, key: str | None, body: Mapping[str, object] | None = None
    ) -> dict[str, Any] | Problem | NoAnswer:
        """The JSON object of a success, the problem, or why there is neither."""
        arrived = self._arrived(method, path, key=key, body=body, most_bytes=MOST_BYTES)
        if isinstance(arrived, NoAnswer):
            return arrived
        kind = arrived.headers.get("content-type", "").partition(";")[0].strip().lower()
        if arrived.status in (200, 201, 202) and kind == "application/json":
            said = _json(arrived.content)
            return said if isinstance(said, dict) else NoAnswer("unreadable")
        if arrived.status >= 400 and kind == "application/problem+json":
            problem = bodies.problem(
                _json(arrived.content),
                status=arrived.status,
                retry_after=_seconds(arrived.headers.get("retry-after", "")),
            )
            return problem or NoAnswer("unreadable")
        return NoAnswer("foreign")

    def image(self, path: str) -> bytes | NoAnswer:
        """The bytes of an image, asked for without the key: its address is the permission."""
        arrived = self._arrived("GET", path, key=None, body=None, most_bytes=MOST_BYTES_OF_A_PHOTO)
        if isinstance(arrived, NoAnswer):
            return arrived
        is_image = arrived.headers.get("content-type", "").lower().startswith("image/")
        return arrived.content if arrived.status == 200 and is_image else NoAnswer("foreign")

    def _arrived(
        self,
        method: str,
        path: str,
        *,
        key: str | None,
        body: Mapping[str, object] | None,
        most_bytes: int,
    ) -> _Arrived | NoAnswer:
        try:
            with self._deadline.within(self._limits.whole_seconds):
                return self._send(method, path, key=key, body=body, most_bytes=most_bytes)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
            is_tls = isinstance(failure.__context__, ssl.SSLError) or "SSL" in str(failure)
            return NoAnswer("tls" if is_tls else "offline")
        except httpcore.TimeoutException:
            return NoAnswer("timed_out")
        except UnicodeError:
            # A name with an empty or endless label; the resolver never hears of it.
            return NoAnswer("offline")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return NoAnswer("cut")

    def _send(
        self,
        method: str,
        path: str,
        *,
        key: str | None,
        body: Mapping[str, object] | None,
        most_bytes: int,
    ) -> _Arrived | NoAnswer:
        headers: dict[bytes | str, bytes | str] = {
            "user-agent": self._client,
            "accept": "application/json, application/problem+json, image/*",
            # A compressed answer could be small on the wire and fill the memory.
            "accept-encoding": "identity",
        }
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        if body is not None:
            headers["content-type"] = "application/json"
        with self._pool.stream(
            method,
            self._origin + path,
            headers=headers,
            content=None if body is None else json.dumps(body).encode(),
            extensions={"timeout": self._timeouts()},
        ) as response:
            arrived = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            if arrived.get("content-encoding", "identity").lower() != "identity":
                return NoAnswer("foreign")
            content = bytearray()
            for chunk in response.iter_stream():
                content += chunk
                if len(content) > most_bytes:
                    return NoAnswer("too_large")
            return _Arrived(response.status, MappingProxyType(arrived), bytes(content))

    def _timeouts(self) -> dict[str, float]:
        connect, read = self._limits.connect_seconds, self._limits.read_seconds
        return {"connect": connect, "read": read, "write": read, "pool": connect}


def origin_of(base_url: str) -> str:
    """`https://host[:port]`, without what may follow. ValueError for any other kind of address, and
    for plain http beyond this very machine: the key and PINs would travel in clear."""
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("not an address of a service") from None
    if not host or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("not an address of a service")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("not an address that a key may be sent to")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")


def _json(content: bytes) -> object:
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):
        # Half a JSON, not UTF-8, a number of thousands of digits, brackets without end.
        return None
    return found


def _seconds(retry_after: str) -> int | None:
    """A number of seconds; the date that HTTP also allows is not used by our service."""
    return int(retry_after) if _SECONDS.fullmatch(retry_after.strip()) else None
