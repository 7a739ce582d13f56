"""Connections of the pages on the event loop whose server went away and came back meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.db import engine as engines
from cardservice.db.engine import make_page_engine, unit_of_work
from cardservice.wiring import Office


async def server_process(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        asked = await connection.execute(text("SELECT pg_backend_pid()"))
        process: int = asked.scalar_one()
        return process


def end(office: Office, process: int) -> None:
    """As a server ends it that is stopped: the client learns of it when it asks again."""
    with unit_of_work(office.engine) as connection:
        ended = connection.execute(
            text("SELECT pg_terminate_backend(:process, 10000)"), {"process": process}
        )
        assert ended.scalar_one()


@pytest.mark.parametrize("rests", [True, False])
def test_a_connection_that_has_rested_is_replaced_and_a_busy_one_breaks_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, rests: bool
) -> None:
    # Nobody waits here: what counts as a rest is moved instead.
    monkeypatch.setattr(engines, "_ASKED_AFTER_SECONDS", -1.0 if rests else 3_600.0)

    async def story() -> None:
        engine = make_page_engine(office.database_url)
        try:
            first = await server_process(engine)
            assert await server_process(engine) == first, "one connection serves both"
            await asyncio.to_thread(end, office, first)
            if not rests:
                with pytest.raises(DBAPIError) as broken:
                    await server_process(engine)
                assert broken.value.connection_invalidated
            assert await server_process(engine) != first
        finally:
            await engine.dispose()

    asyncio.run(story())
