"""Day closes: show a partner's closed day, and compare a terminal's own figures with it."""

from __future__ import annotations

from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import day_close_body
from cardservice.api.contract import COMPARE_DAY, DAY_CLOSE
from cardservice.api.credentials import terminal_now
from cardservice.api.day_list import day_in
from cardservice.api.desk import desk_of
from cardservice.api.forms import DayFiguresForm
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, malformed, read_form, said
from cardservice.services.compare_day_close import compare_day_close
from cardservice.services.show_day_close import show_day_close

_PATH = "/api/v1/day-closes/{business_day}"
_NOT_A_DAY = malformed("business_day", "date")


async def show(request: Request) -> Response:
    """The partner's figures of a sealed day."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    day = day_in(request.path_params["business_day"])
    if day is None:
        return malformed_problem(_NOT_A_DAY)
    closed = await run_in_threadpool(
        show_day_close, desk.office.engine, partner_id=terminal.partner_id, day=day
    )
    return problem("day_not_closed") if closed is None else said(day_close_body(closed))


async def compare(request: Request) -> Response:
    """What differs between the terminal's journal and the ledger."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    day = day_in(request.path_params["business_day"])
    if day is None:
        return malformed_problem(_NOT_A_DAY)
    form = await read_form(request, DayFiguresForm)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    differences = await run_in_threadpool(
        compare_day_close,
        desk.office.engine,
        terminal=terminal,
        day=day,
        count=form.count,
        amount_cents=form.amount_cents,
    )
    if differences is None:
        return problem("day_not_closed")
    return said(
        {"matches": not differences, "differences": [asdict(found) for found in differences]}
    )


ROUTES = [
    LeanRoute("GET", _PATH, show, openapi=DAY_CLOSE),
    LeanRoute("POST", _PATH, compare, openapi=COMPARE_DAY),
]
