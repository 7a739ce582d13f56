"""`PUT /debits/{operation_id}/cancellation`: undo a whole debit on its own day.

The law: a suspended partner may cancel, any terminal of the partner may, and nobody who hangs up
stops it: the work is done in a thread that ends what it began.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import cancellation_body
from cardservice.api.contract import CANCEL_DEBIT
from cardservice.api.credentials import terminal_now
from cardservice.api.debits import NOT_A_UUID
from cardservice.api.desk import desk_of
from cardservice.api.forms import CancellationForm
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, read_form, said, uuid_in
from cardservice.services.cancel_debit import cancel_debit


async def cancel(request: Request) -> Response:
    """Cancels, or leaves a tombstone for a debit never seen."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    operation_id = uuid_in(request.path_params["operation_id"])
    if operation_id is None:
        return malformed_problem(NOT_A_UUID)
    form = await read_form(request, CancellationForm, may_be_empty=True)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    answer = await run_in_threadpool(
        cancel_debit,
        desk.office.engine,
        terminal=terminal,
        operation_id=operation_id,
        reason=form.reason,
    )
    if answer.status == "reused":
        return problem("operation_id_reused", operation_id=str(operation_id))
    return said(cancellation_body(answer), status=201 if answer.status == "recorded" else 200)


ROUTES = [
    LeanRoute("PUT", "/api/v1/debits/{operation_id}/cancellation", cancel, openapi=CANCEL_DEBIT)
]
