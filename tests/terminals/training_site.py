"""The training server under a real uvicorn, for tests: on a free port, stopped at the end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from tpe_client.conformance.manifest import Manifest, manifest_in
from tpe_client.training.books import Books
from tpe_client.training.doorway import Doorway
from tpe_client.training.manifest import manifest_of
from tpe_client.training.school import open_school
from tpe_client.training.stub import create_stub


@dataclass(frozen=True)
class TrainingSite:
    """Where the school answers, and its books."""

    base_url: str
    doorway: Doorway
    facts: dict[str, Any]

    @property
    def books(self) -> Books:
        books: Books = self.doorway.app.state.books
        return books

    @property
    def manifest(self) -> Manifest:
        return manifest_in(self.facts)


def _as_it_is(app: Doorway) -> ASGIApp:
    return app


@contextlib.contextmanager
def opened_training(
    *, around: Callable[[Doorway], ASGIApp] = _as_it_is, **options: Any
) -> Iterator[TrainingSite]:
    """A school of its own for as long as the block lasts; `around` wraps the application."""
    doorway = create_stub(open_school(), **options)
    # As the command binds it (serving.py): named as TCP, or every answer waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(
            uvicorn.Config(
                around(doorway),
                log_level="critical",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert httpx.get(f"{base_url}/healthz", timeout=20).status_code == 200
        try:
            yield TrainingSite(
                base_url, doorway, manifest_of(doorway.app.state.books.school, base_url=base_url)
            )
        finally:
            server.should_exit = True
            thread.join(20)
