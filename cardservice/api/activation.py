"""A terminal joins in two steps: is this my place? then yes, and the key (C48).

The law: no key is asked for, so wrong codes have a budget per address; wrong, used and expired are
one answer. Step 2 succeeds once, and its thread ends what it began.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import activated_body, recognised_body
from cardservice.api.contract import ACTIVATE, CONFIRM
from cardservice.api.desk import Desk, desk_of
from cardservice.api.forms import ActivationForm, ConfirmationForm
from cardservice.api.identifications import address_of
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, malformed, read_form, said
from cardservice.domain.refusal import Refused
from cardservice.services.activate_terminal import confirm_activation, recognise_activation_code


async def recognise(request: Request) -> Response:
    """Step 1: `POST /terminals/activation`."""
    desk = desk_of(request)
    form = await read_form(request, ActivationForm)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    seconds = desk.budgets.seconds_to_wait_activating(address_of(request))
    if seconds:
        return problem("too_many_lookups", retry_after=seconds)
    found = await run_in_threadpool(
        recognise_activation_code,
        desk.office.engine,
        desk.till.keys,
        activation_code=form.activation_code,
    )
    if isinstance(found, Refused):
        return _refused(request, desk, found)
    return said(recognised_body(found), status=201)


async def confirm(request: Request) -> Response:
    """Step 2: `POST /terminals/activation/confirmation`."""
    desk = desk_of(request)
    form = await read_form(request, ConfirmationForm)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    seconds = desk.budgets.seconds_to_wait_activating(address_of(request))
    if seconds:
        return problem("too_many_lookups", retry_after=seconds)
    activated = await run_in_threadpool(
        confirm_activation,
        desk.office.engine,
        desk.till.keys,
        activation_token=form.activation_token,
        label=form.label,
    )
    if isinstance(activated, Refused):
        return _refused(request, desk, activated)
    return said(activated_body(activated), status=201)


def _refused(request: Request, desk: Desk, refused: Refused) -> Response:
    if refused.code == "terminal_label_malformed":
        return malformed_problem(malformed("label", refused.code))
    desk.budgets.record_failed_activation(address_of(request))
    return problem("activation_unknown")


_PATH = "/api/v1/terminals/activation"
ROUTES = [
    LeanRoute("POST", _PATH, recognise, openapi=ACTIVATE),
    LeanRoute("POST", f"{_PATH}/confirmation", confirm, openapi=CONFIRM),
]
