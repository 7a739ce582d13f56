"""`GET /me`: a terminal about itself, with its own sales of the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Row
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import me_body
from cardservice.api.contract import ME
from cardservice.api.credentials import terminal_now
from cardservice.api.desk import desk_of
from cardservice.api.lean_route import LeanRoute
from cardservice.api.wire import said
from cardservice.db.engine import unit_of_work
from cardservice.db.queries import debits
from cardservice.services.register import TerminalFacts


async def show(request: Request) -> Response:
    """Settings that changed since yesterday reach a terminal here."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    today = await run_in_threadpool(_today, desk.office.engine, terminal)
    return said(me_body(terminal, today=today))


def _today(engine: Engine, terminal: TerminalFacts) -> Sequence[Row[Any]]:
    with unit_of_work(engine) as connection:
        return debits.totals_of_day(
            connection,
            partner_id=terminal.partner_id,
            day=debits.day_now(connection),
            terminal_id=terminal.terminal_id,
        )


ROUTES = [LeanRoute("GET", "/api/v1/me", show, openapi=ME)]
