"""A service that is told to stop while pages listen: their streams end whole, and so does it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.settings import Settings
from cardservice.wiring import opened_office
from tests.faults.site import Service, Site
from tests.portals.youth.people import COOKIE, make_member, open_member_session

PAGES = 6
# The server waits ten seconds for answers that have no end, then cuts them.
WELL_BEFORE_IT_WOULD_CUT = 7.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_told_to_stop_ends_the_streams_of_open_pages_and_itself(
    fresh_site: Site, number: int
) -> None:
    service = fresh_site.service()
    with ExitStack() as pages:
        streams = [
            pages.enter_context(opened_stream(service, secret)) for secret in sessions(fresh_site)
        ]
        for stream in streams:
            # Drawn with no mark at all, so it is told at once: from here on it waits for news.
            assert read_event(stream) == "changed"
        told_at = time.monotonic()
        service.signal(number)
        # A stream that is cut lacks its last chunk, and http.client raises IncompleteRead.
        rest = [stream.read() for stream in streams]
        assert service.exit_status() == 0
        assert time.monotonic() - told_at < WELL_BEFORE_IT_WOULD_CUT
    assert all(b"event" not in left for left in rest)


def sessions(site: Site) -> list[str]:
    """The secrets of members who hold the cards of the cast."""
    with opened_office(Settings(data_dir=site.data_dir)) as office:
        with unit_of_work(office.engine) as connection:
            # Fifteen: no parent is asked before they may listen.
            connection.execute(text("UPDATE beneficiary SET birth_date = '2010-05-14'"))
        return [
            open_member_session(office, make_member(office, card=card))
            for card in site.cast.cards[:PAGES]
        ]


@contextmanager
def opened_stream(service: Service, secret: str) -> Iterator[HTTPResponse]:
    line = HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        line.request("GET", "/jeune/flux?vu=none", headers={"Cookie": f"{COOKIE}={secret}"})
        stream = line.getresponse()
        assert (stream.status, stream.chunked) == (200, True)
        assert stream.getheader("content-type", "").startswith("text/event-stream")
        yield stream
    finally:
        line.close()


def read_event(stream: HTTPResponse) -> str:
    """The name of the next event."""
    while line := stream.readline():
        if line.startswith(b"event: "):
            rest = stream.readline()
            assert rest.startswith(b"data: ") and stream.readline() == b"\n"
            return line.removeprefix(b"event: ").decode().strip()
    raise AssertionError("the stream ended without an event")
