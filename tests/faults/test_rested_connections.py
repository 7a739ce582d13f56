"""Connections of the pages on the event loop that their server has ended meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cardservice.db import engine as engines
from cardservice.db.engine import make_page_engine, unit_of_work
from cardservice.wiring import Office


async def server_process(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await process_of(connection)


async def process_of(connection: AsyncConnection) -> int:
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
            async with engine.connect() as connection:
                first, second = await process_of(connection), await server_process(engine)
            assert {first, second} == {await server_process(engine) for _ in range(2)}
            for process in (first, second):
                await asyncio.to_thread(end, office, process)
            if not rests:
                with pytest.raises(DBAPIError) as broken:
                    await server_process(engine)
                assert broken.value.connection_invalidated
            # The other one is replaced with it, and asked no more.
            fresh = {await server_process(engine)}
            monkeypatch.setattr(engines, "_ASKED_AFTER_SECONDS", 3_600.0)
            fresh |= {await server_process(engine) for _ in range(2)}
            assert not fresh & {first, second}
        finally:
            await engine.dispose()

    asyncio.run(story())
