"""The streams of open pages, moment by moment: nothing that comes while a page is told is lost."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from sqlalchemy import create_engine

from youth_portal.live import HEARTBEAT_SECONDS, LivePages

HOLDER = 1
# A word that was lost would come with the heartbeat.
AT_ONCE_SECONDS = HEARTBEAT_SECONDS / 4


def told_while_it_is_told(meanwhile):
    """What a page hears next when `meanwhile(live)` happens while it is being told of mark `b`."""

    async def story():
        live = LivePages(create_engine("postgresql+psycopg://"))
        async with aclosing(live.events(HOLDER, "a")) as stream:
            assert (await anext(stream)).startswith("retry:")
            live._marks[HOLDER] = "b"
            assert "data: b" in await anext(stream)
            meanwhile(live)
            return await asyncio.wait_for(anext(stream, "the end"), AT_ONCE_SECONDS)

    return asyncio.run(story())


def test_news_that_comes_while_a_page_is_told_of_others_is_told_at_once():
    def changed_again(live):
        live._marks[HOLDER] = "c"
        live._wake(HOLDER)

    assert "data: c" in told_while_it_is_told(changed_again)


def test_a_stream_that_is_being_written_when_the_service_leaves_ends_at_once():
    assert told_while_it_is_told(LivePages.leave) == "the end"
