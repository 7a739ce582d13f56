"""What pages on the event loop ask the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.portals.site import Site


@contextmanager
def questions_of_pages(site: Site) -> Iterator[list[str]]:
    """Grows with each statement; no postman and no notes ask by their engine."""
    engine = site.app.state.pages.sync_engine
    asked: list[str] = []

    def note(*told: object) -> None:
        asked.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
