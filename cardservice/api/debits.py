"""Debits: take one, check one, ask for one, list a day's.

The law: 401, 422, a known id, 403, declines: in this order. Taking one is the hot path: nothing is
awaited but the till, and the office decides everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import (
    cancellation_of,
    checked_body,
    debit_body,
    expired_debit_body,
    wallet_totals,
)
from cardservice.api.contract import ASK_DEBIT, CHECK_DEBIT, LIST_DEBITS, TAKE_DEBIT
from cardservice.api.credentials import (
    key_hash_of,
    refused_form,
    refused_key,
    terminal_at_the_till,
    terminal_now,
)
from cardservice.api.day_list import DayPage, page_asked, sign_cursor
from cardservice.api.desk import desk_of
from cardservice.api.forms import CheckForm, DebitForm
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, malformed, read_form, said, uuid_in
from cardservice.db.engine import unit_of_work
from cardservice.db.queries import debits
from cardservice.services.check_debit import check_debit
from cardservice.services.register import TerminalFacts
from cardservice.services.take_debit import DebitAsked, take_debit

NOT_A_UUID = malformed("operation_id", "uuid")


async def take(request: Request) -> Response:
    """`PUT /debits/{operation_id}`."""
    desk = desk_of(request)
    key_hash = key_hash_of(request)
    terminal = await terminal_at_the_till(request, desk, key_hash)
    if isinstance(terminal, Response):
        return terminal
    operation_id = uuid_in(request.path_params["operation_id"])
    form = await read_form(request, DebitForm) if operation_id is not None else NOT_A_UUID
    if operation_id is None or isinstance(form, Malformed):
        assert isinstance(form, Malformed)
        return await refused_form(desk, key_hash, form)

    answer = await take_debit(
        desk.till,
        key_hash=key_hash,
        asked=DebitAsked(
            operation_id=operation_id,
            identification=form.identification,
            wallet=form.wallet,
            amount_cents=form.amount_cents,
            identity_checked=form.identity_checked,
            pin=form.pin,
        ),
    )
    if answer is None:
        return await refused_key(desk, key_hash)
    match answer.status:
        case "recorded":
            return said(debit_body(answer, replayed=False), status=201)
        case "replayed":
            return said(debit_body(answer, replayed=True))
        case "reused":
            return problem("operation_id_reused", operation_id=str(operation_id))
        case "suspended":
            return problem("partner_suspended")
    assert answer.status == "expired", f"a debit is not answered {answer.status}"
    return said(
        expired_debit_body(operation_id, wallet=form.wallet, amount_cents=form.amount_cents)
    )


async def check(request: Request) -> Response:
    """`POST /debits/check`."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    form = await read_form(request, CheckForm)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    if terminal.partner_state != "active":
        return problem("partner_suspended")
    verdict = await run_in_threadpool(
        check_debit,
        desk.till,
        desk.office.engine,
        terminal=terminal,
        asked=DebitAsked(
            # No id is needed to judge, and none is stored.
            operation_id=UUID(int=0),
            identification=form.identification,
            wallet=form.wallet,
            amount_cents=form.amount_cents,
            identity_checked=form.identity_checked,
            pin=None,
        ),
    )
    return said(checked_body(verdict))


async def ask(request: Request) -> Response:
    """`GET /debits/{operation_id}`."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    operation_id = uuid_in(request.path_params["operation_id"])
    if operation_id is None:
        return malformed_problem(NOT_A_UUID)
    row = await run_in_threadpool(_by_id, desk.office.engine, terminal, operation_id)
    if row is None:
        return problem("operation_unknown", operation_id=str(operation_id))
    return said({**debit_body(row, replayed=True), "cancellation": cancellation_of(row)})


async def list_day(request: Request) -> Response:
    """`GET /debits`."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    page = page_asked(
        desk.till.keys, request.query_params.multi_items(), partner_id=terminal.partner_id
    )
    if isinstance(page, Malformed):
        return malformed_problem(page)
    day, rows, totals = await run_in_threadpool(_of_day, desk.office.engine, terminal, page)
    shown = rows[: page.limit]
    items = [
        {
            **debit_body(row, replayed=True, with_balance=False),
            "cancellation": cancellation_of(row),
        }
        for row in shown
    ]
    next_cursor = None
    if len(rows) > page.limit:
        next_cursor = sign_cursor(
            desk.till.keys,
            partner_id=terminal.partner_id,
            day=day,
            before_no=shown[-1].operation_no,
        )
    return said({"items": items, "totals": wallet_totals(totals), "next_cursor": next_cursor})


def _by_id(engine: Engine, terminal: TerminalFacts, operation_id: UUID) -> Row[Any] | None:
    with unit_of_work(engine) as connection:
        return debits.by_id(connection, partner_id=terminal.partner_id, operation_id=operation_id)


def _of_day(
    engine: Engine, terminal: TerminalFacts, page: DayPage
) -> tuple[date, Sequence[Row[Any]], Sequence[Row[Any]]]:
    with unit_of_work(engine) as connection:
        day = page.day or debits.day_now(connection)
        rows = debits.of_day(
            connection,
            partner_id=terminal.partner_id,
            day=day,
            before_no=page.before_no,
            # One more than asked for tells whether there is a next page.
            limit=page.limit + 1,
        )
        totals = debits.totals_of_day(connection, partner_id=terminal.partner_id, day=day)
    return day, rows, totals


ROUTES = [
    LeanRoute("PUT", "/api/v1/debits/{operation_id}", take, openapi=TAKE_DEBIT),
    LeanRoute("POST", "/api/v1/debits/check", check, openapi=CHECK_DEBIT),
    LeanRoute("GET", "/api/v1/debits/{operation_id}", ask, openapi=ASK_DEBIT),
    LeanRoute("GET", "/api/v1/debits", list_day, openapi=LIST_DEBITS),
]
