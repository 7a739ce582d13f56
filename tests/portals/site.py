"""The portal under a real server, one per test process, over the database of tests/conftest.py.

The law: pages are asked over TCP as a browser asks them; nothing is called behind the server's
back, and mail leaves by SMTP (letterbox.py). The server trusts 127.0.0.1 as its proxy, so that a
test can come over TLS, or from an address of its own, by the two headers a proxy would add.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fastapi import FastAPI

from cardservice.app import create_app
from cardservice.wiring import Office, opened_office, opened_postman
from tests.portals.letterbox import Letterbox, opened_letterbox
from tests.running_app import running_app

PREFIX = "/partenaire"
_ADDRESSES = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """Where the portal answers, the office behind it, and where its mail arrives."""

    base_url: str
    app: FastAPI
    office: Office
    letterbox: Letterbox
    # The server's own: another engine on the same database, and its settings.
    served: Office

    def url(self, path: str) -> str:
        return self.base_url + path


@contextlib.contextmanager
def opened_site(office: Office) -> Iterator[Site]:
    """A server of its own engine, as `cjeune serve` has one, for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        letterbox = stack.enter_context(opened_letterbox())
        settings = replace(
            office.settings,
            smtp_host="127.0.0.1",
            smtp_port=letterbox.port,
            smtp_tls="none",
            public_origin=base_url,
        )
        served = stack.enter_context(opened_office(settings, serving=True))
        # The server outlives its tests; the postman is there for one test at a time (posting).
        app = create_app(served, posts_mail=False)
        proxied = {"proxy_headers": True, "forwarded_allow_ips": "127.0.0.1"}
        with running_app(app, listening, **proxied):
            try:
                yield Site(base_url, app, office, letterbox, served)
            finally:
                app.state.live.leave()


@contextlib.contextmanager
def posting(site: Site) -> Iterator[None]:
    """The service's postman on his rounds for as long as the block lasts."""

    async def rounds() -> None:
        async with opened_postman(site.served, origin=None):
            started.set()
            await asyncio.to_thread(over.wait)

    started, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(rounds()), daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield
    finally:
        over.set()
        thread.join(20)


@contextlib.contextmanager
def known_as(site: Site, public_origin: str | None) -> Iterator[None]:
    """The portal as its operator would have set it up under this name, or under none."""
    settings = replace(site.served.settings, smtp_host=None, public_origin=public_origin)
    site.app.state.office = replace(site.served, settings=settings)
    try:
        yield
    finally:
        site.app.state.office = site.served


def fresh_address() -> str:
    """A network address nobody has called from: budgets of addresses outlive a test."""
    number = next(_ADDRESSES)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
