"""The fleet knows when each terminal called and by which program, and no sale waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.fleet import FleetTerminal, fleet
from cardservice.wiring import Office
from tests import makers
from tests.api.conftest import Server
from tests.api.stranger import Stranger


def written(server: Server) -> None:
    """What was noted is in the database."""
    asyncio.run_coroutine_threadsafe(server.app.state.desk.sightings.flush(), server.loop).result(
        20
    )


def kept(office: Office) -> FleetTerminal:
    with unit_of_work(office.engine) as connection:
        [one] = fleet(connection)
    return one


@pytest.mark.parametrize(
    ("headers", "program"),
    [
        ({"User-Agent": "cjeune-tpe/1.0 (Linux)"}, "cjeune-tpe/1.0"),
        ({"User-Agent": "Mozilla/5.0", "CJeune-Program": "cjeune-phone/1.2"}, "cjeune-phone/1.2"),
        ({"User-Agent": "Mozilla/5.0"}, None),
        ({"User-Agent": "<script>/1"}, None),
    ],
)
def test_a_call_is_seen_under_the_name_it_gives(
    office: Office,
    server: Server,
    stranger: Callable[..., Stranger],
    headers: dict[str, str],
    program: str | None,
) -> None:
    till = stranger(makers.make_terminal(office))
    assert kept(office).seen_at is None
    assert till.http.get("/me", headers=headers).status_code == 200
    written(server)
    seen = kept(office)
    assert seen.seen_at is not None
    assert seen.program == program


def test_a_sale_is_seen_too_and_a_wrong_key_is_not(
    office: Office, server: Server, stranger: Callable[..., Stranger]
) -> None:
    terminal = makers.make_terminal(office)
    assert stranger(None).http.get("/me", headers={"Authorization": "Bearer x"}).status_code == 401
    written(server)
    assert kept(office).seen_at is None
    till = stranger(terminal)
    till.debit_answer("forged")
    written(server)
    assert kept(office).seen_at is not None
