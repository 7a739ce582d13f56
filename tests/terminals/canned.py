"""A service that says exactly the bytes a test wants, over a real socket, and keeps what it heard.

`answers` are taken in turn, the last one again and again; each is bytes to send, or a function that
is given the connection and the request and does what bad networks do.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Says = bytes | Callable[[socket.socket, bytes], None]


@dataclass
class Canned:
    """What it says, and what it heard: whole requests, in the order they came."""

    base_url: str
    answers: list[Says]
    heard: list[bytes] = field(default_factory=list)

    def next_answer(self) -> Says:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def bodies(self) -> list[Any]:
        """The JSON of each request; None where there was none."""
        found = [request.partition(b"\r\n\r\n")[2] for request in self.heard]
        return [json.loads(body) if body else None for body in found]


def response(status: int, body: object, *, kind: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP answer; `body` is bytes, or becomes JSON. `retry_after` names Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}", "Connection: close"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def problem(status: int, code: str, **members: object) -> bytes:
    """An RFC 9457 answer; the header Retry-After is the member `retry_after`."""
    retry_after = members.pop("retry_after", None)
    headers = {} if retry_after is None else {"retry_after": str(retry_after)}
    body = {"type": "x", "title": "t", "status": status, "detail": "d", "code": code} | members
    return response(status, body, kind="application/problem+json", **headers)


@contextlib.contextmanager
def canned_service(*answers: Says, tls: ssl.SSLContext | None = None) -> Iterator[Canned]:
    """Listens while the block lasts; one request for each connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                line = self.request
                if tls is not None:
                    line = tls.wrap_socket(line, server_side=True)
                request = _whole_request(line)
                said.heard.append(request)
                answer = said.next_answer()
                if callable(answer):
                    answer(line, request)
                else:
                    line.sendall(answer)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "http" if tls is None else "https"
        said = Canned(f"{scheme}://127.0.0.1:{server.server_address[1]}", list(answers))
        # Asked often whether to stop, because every test waits for the answer at its end.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield said
        finally:
            server.shutdown()
            thread.join(20)


def _whole_request(line: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += _some(line)
    head, _, body = request.partition(b"\r\n\r\n")
    for header in head.lower().split(b"\r\n"):
        if header.startswith(b"content-length:"):
            while len(body) < int(header.partition(b":")[2]):
                more = _some(line)
                body, request = body + more, request + more
    return request


def _some(line: socket.socket) -> bytes:
    received = line.recv(65_536)
    if not received:
        raise ConnectionResetError
    return received
