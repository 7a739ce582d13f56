"""The training server: terminal API v1 without money, every code and fault at hand (design §4).

The law: 401, then 422, then a known id, then 403, then declines, as at the service; the same shapes
and the same statuses. Everything is in memory and forgotten at the end. It imports nothing of the
service: what both say alike is held by golden exchanges and by `cjeune-conformance`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api_client.wall_clock import Clock, utc_now
from tpe_client.training import activation, counter, days, openapi
from tpe_client.training.asked import day_in, page_asked
from tpe_client.training.books import Books
from tpe_client.training.desk import address_of, books_of, form_of, route, terminal_of, with_fault
from tpe_client.training.doorway import API, Doorway
from tpe_client.training.faults import Pause
from tpe_client.training.forms import Malformed, Members, uuid_in
from tpe_client.training.portrait import portrait_of
from tpe_client.training.problems import Refused, problem, said
from tpe_client.training.school import School, open_school
from tpe_client.training.studio import STUDIO
from tpe_client.training.verdict import Asked


def create_stub(
    school: School | None = None, *, clock: Clock = utc_now, pause: Pause = asyncio.sleep
) -> Doorway:
    """The application, its books in `app.state.books`; `pause` waits where an answer comes late."""
    app = Starlette(
        routes=[*_ROUTES, *STUDIO],
        exception_handlers={
            Refused: _refused,
            Malformed: _malformed,
            HTTPException: _no_such_page,
            ClientDisconnect: _nobody_listens,
        },
    )
    app.router.redirect_slashes = False
    app.state.books = Books(school or open_school(), clock)
    app.state.pause = pause
    return Doorway(app)


async def _recognise(request: Request) -> Response:
    form = await form_of(request, "ActivationForm")
    code = form["activation_code"]
    body, status = activation.recognise(books_of(request), code, address=address_of(request))
    return said(body, status=status)


async def _confirm(request: Request) -> Response:
    form = await form_of(request, "ConfirmationForm")
    body, status = activation.confirm(
        books_of(request),
        form["activation_token"],
        label=form["label"],
        address=address_of(request),
    )
    return said(body, status=status)


async def _me(request: Request) -> Response:
    body, status = counter.me(books_of(request), terminal_of(request))
    return said(body, status=status)


async def _identify(request: Request) -> Response:
    books, terminal = books_of(request), terminal_of(request)
    form = await form_of(request, "ReadingForm")
    card = counter.card_read(books, form["reading"])
    return await with_fault(
        request,
        card,
        call="identification",
        operation_id=None,
        act=lambda: counter.identify(books, terminal, form["reading"]),
    )


async def _photo(request: Request) -> Response:
    books = books_of(request)
    found = books.photo_tokens.read(request.path_params["token"])
    if found is None or books.clock() >= found[1]:
        raise Refused("not_found")
    return Response(portrait_of(found[0].name), media_type="image/jpeg")


async def _check(request: Request) -> Response:
    terminal = terminal_of(request)
    form = await form_of(request, "CheckForm")
    body, status = counter.check(
        books_of(request), terminal, _asked(form), identification=form["identification"]
    )
    return said(body, status=status)


async def _take(request: Request) -> Response:
    books, terminal = books_of(request), terminal_of(request)
    operation_id = uuid_in(request.path_params["operation_id"])
    form = await form_of(request, "DebitForm")
    read = books.identifications.read(form["identification"])
    card = None if read is None else read.card
    if card is not None:
        books.attempts[operation_id] = card
    return await with_fault(
        request,
        card,
        call="debit",
        operation_id=operation_id,
        act=lambda: counter.take(
            books,
            terminal,
            operation_id,
            asked=_asked(form),
            identification=form["identification"],
        ),
    )


async def _ask(request: Request) -> Response:
    books, terminal = books_of(request), terminal_of(request)
    operation_id = uuid_in(request.path_params["operation_id"])
    return await with_fault(
        request,
        books.attempts.get(operation_id),
        call="question",
        operation_id=operation_id,
        act=lambda: counter.ask(books, terminal, operation_id),
    )


async def _cancel(request: Request) -> Response:
    books, terminal = books_of(request), terminal_of(request)
    operation_id = uuid_in(request.path_params["operation_id"])
    await form_of(request, "CancellationForm")
    return await with_fault(
        request,
        books.attempts.get(operation_id),
        call="cancellation",
        operation_id=operation_id,
        act=lambda: counter.cancel(books, terminal, operation_id),
    )


async def _mail_ticket(request: Request) -> Response:
    terminal = terminal_of(request)
    operation_id = uuid_in(request.path_params["operation_id"])
    await form_of(request, "TicketForm")
    body, status = counter.mail_ticket(books_of(request), terminal, operation_id)
    return said(body, status=status)


async def _list_day(request: Request) -> Response:
    books, terminal = books_of(request), terminal_of(request)
    page = page_asked(books, request.query_params.multi_items(), partner=terminal.partner.name)
    body, status = counter.list_day(
        books, terminal, day=page.day, limit=page.limit, before_no=page.before_no
    )
    return said(body, status=status)


async def _show_day(request: Request) -> Response:
    terminal = terminal_of(request)
    day = day_in(request.path_params["business_day"])
    body, status = days.show(books_of(request), terminal, day)
    return said(body, status=status)


async def _compare_day(request: Request) -> Response:
    terminal = terminal_of(request)
    day = day_in(request.path_params["business_day"])
    form = await form_of(request, "DayFiguresForm")
    body, status = days.compare(
        books_of(request),
        terminal,
        day,
        count=form["count"],
        amount_cents=form["amount_cents"],
    )
    return said(body, status=status)


async def _openapi(_request: Request) -> Response:
    return said(openapi.document())


async def _healthy(_request: Request) -> Response:
    return said({"status": "alive"})


async def _ready(_request: Request) -> Response:
    return said({"status": "ready"})


async def _metrics(request: Request) -> Response:
    sales = len(books_of(request).sales)
    return Response(
        f"# TYPE training_sales gauge\ntraining_sales {sales}\n", media_type="text/plain"
    )


def _asked(form: Members) -> Asked:
    return Asked(form["wallet"], form["amount_cents"], form["identity_checked"], form.get("pin"))


async def _refused(_request: Request, refused: Any) -> Response:
    return problem(refused.code, retry_after=refused.retry_after, **refused.members)


async def _malformed(_request: Request, found: Any) -> Response:
    return problem("malformed_request", errors=found.errors)


async def _nobody_listens(_request: Request, _failure: Any) -> Response:
    return problem("malformed_request", errors=[])


async def _no_such_page(_request: Request, failure: Any) -> Response:
    if failure.status_code == 405:
        answer = problem("method_not_allowed")
        answer.headers["allow"] = (failure.headers or {}).get("Allow", "")
        return answer
    return problem("not_found" if failure.status_code == 404 else "internal_error")


_ROUTES = [
    route("POST", f"{API}/terminals/activation", _recognise),
    route("POST", f"{API}/terminals/activation/confirmation", _confirm),
    route("GET", f"{API}/me", _me),
    route("POST", f"{API}/identifications", _identify),
    route("GET", f"{API}/photos/{{token}}", _photo),
    route("POST", f"{API}/debits/check", _check),
    route("PUT", f"{API}/debits/{{operation_id}}", _take),
    route("GET", f"{API}/debits/{{operation_id}}", _ask),
    route("PUT", f"{API}/debits/{{operation_id}}/cancellation", _cancel),
    route("POST", f"{API}/debits/{{operation_id}}/ticket", _mail_ticket),
    route("GET", f"{API}/debits", _list_day),
    route("GET", f"{API}/day-closes/{{business_day}}", _show_day),
    route("POST", f"{API}/day-closes/{{business_day}}", _compare_day),
    route("GET", f"{API}/openapi.json", _openapi),
    route("GET", "/healthz", _healthy),
    route("GET", "/readyz", _ready),
    route("GET", "/metrics", _metrics),
]
