"""`POST /debits/{operation_id}/ticket`: the ticket by mail, when the holder asks for it (C57).

The law: a till is no machine for sending mail to strangers, so each debit and each terminal has its
budget; a suspended partner may still give the tickets of what was sold.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.contract import MAIL_TICKET
from cardservice.api.credentials import terminal_now
from cardservice.api.debits import NOT_A_UUID
from cardservice.api.desk import desk_of
from cardservice.api.forms import TicketForm
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, malformed, read_form, said, uuid_in
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.mail_ticket import mail_ticket


async def mail(request: Request) -> Response:
    """Writes the mail down; the postman takes it from there."""
    desk = desk_of(request)
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    operation_id = uuid_in(request.path_params["operation_id"])
    if operation_id is None:
        return malformed_problem(NOT_A_UUID)
    form = await read_form(request, TicketForm)
    if isinstance(form, Malformed):
        return malformed_problem(form)
    if not email_is_plausible(form.email):
        return malformed_problem(malformed("email", "email_malformed"))
    seconds = desk.ticket_budgets.seconds_to_wait(terminal, operation_id)
    if seconds:
        return problem("too_many_tickets", retry_after=seconds)
    # Counted before the wait: tickets asked for all at once must not get past together.
    desk.ticket_budgets.record(terminal, operation_id)
    sent = await run_in_threadpool(
        mail_ticket,
        desk.office.engine,
        terminal=terminal,
        operation_id=operation_id,
        email=form.email,
    )
    if isinstance(sent, Refused):
        return problem("operation_unknown", operation_id=str(operation_id))
    return said({"sent": True}, status=202)


ROUTES = [LeanRoute("POST", "/api/v1/debits/{operation_id}/ticket", mail, openapi=MAIL_TICKET)]
