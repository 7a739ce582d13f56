"""The real application under uvicorn on a free port, asked over HTTP as a stranger would.

One server for each test process, over the database of tests/conftest.py; `office` empties it
between tests, and a register that moved reaches the server by itself, as in production.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from PIL import Image

from cardservice.app import create_app
from cardservice.wiring import Office, opened_office
from tests.api.stranger import Stranger
from tests.makers import Till
from tests.running_app import running_app

_ADDRESSES = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """Where the service answers, and the application behind it."""

    base_url: str
    app: FastAPI
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def server(instance: Office) -> Iterator[Server]:
    """A server of its own engine, as `cjeune serve` has one."""
    with opened_office(instance.settings, serving=True) as office:
        # It outlives its tests: mail that another test reads must not leave by this door.
        app = create_app(office, posts_mail=False)
        inner = app.router.lifespan_context

        @contextlib.asynccontextmanager
        async def noting_its_loop(app: FastAPI) -> AsyncIterator[None]:
            async with inner(app):
                app.state.loop = asyncio.get_running_loop()
                yield

        app.router.lifespan_context = noting_its_loop
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            with running_app(app, listening) as base_url:
                yield Server(base_url, app, app.state.loop)


@pytest.fixture
def stranger(server: Server, office: Office) -> Iterator[Callable[..., Stranger]]:
    """Makes a client of a terminal's key, or of none; all from one address of this test's own."""
    opened: list[Stranger] = []
    # The budgets of addresses live as long as the process: each test calls from its own.
    address = f"127.{next(_ADDRESSES)}.0.1"

    def make(till: Till | None = None, **options: str) -> Stranger:
        key = None if till is None else till.key
        client = Stranger(server.base_url, key, **{"address": address, **options})
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def written_readings(server: Server) -> Callable[[], None]:
    """Has the notes of readings written now, instead of within the second."""

    def write() -> None:
        log = server.app.state.desk.reading_log
        asyncio.run_coroutine_threadsafe(log.flush(), server.loop).result(10)

    return write


@pytest.fixture
def portrait() -> bytes:
    """A small image."""
    file = io.BytesIO()
    Image.new("RGB", (60, 80), "navy").save(file, "PNG")
    return file.getvalue()
