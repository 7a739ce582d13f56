"""`POST /identifications`: who is in front of me, and what may be spent here?

The law: 401, 422, 403, then the budgets, then the answer; an unknown code costs a miss, and the
miss that uses up the budget is the last one answered. What was found is noted for its holder.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.answers import declined_body, identified_body
from cardservice.api.contract import IDENTIFICATION
from cardservice.api.credentials import (
    key_hash_of,
    refused_form,
    refused_key,
    terminal_at_the_till,
    terminal_now,
)
from cardservice.api.desk import Desk, desk_of
from cardservice.api.forms import ReadingForm
from cardservice.api.lean_route import LeanRoute
from cardservice.api.photos import photo_url
from cardservice.api.problems import problem
from cardservice.api.wire import Malformed, read_form, said
from cardservice.services.identify_card import Identified, NotIdentified, identify_card


async def identify(request: Request) -> Response:
    """Identifies one reading."""
    desk = desk_of(request)
    key_hash = key_hash_of(request)
    terminal = await terminal_at_the_till(request, desk, key_hash)
    if isinstance(terminal, Response):
        return terminal
    form = await read_form(request, ReadingForm)
    if isinstance(form, Malformed):
        return await refused_form(desk, key_hash, form)

    address = address_of(request)
    if desk.budgets.seconds_to_wait(terminal, address):
        return await _too_many(request, desk, address)
    found = await identify_card(desk.till, key_hash=key_hash, reading=form.reading)
    if found is None:
        return await refused_key(desk, key_hash)
    if found.terminal.partner_state != "active":
        return problem("partner_suspended")
    return _told(desk, found, address)


def address_of(request: Request) -> str:
    """The caller's network address, as the server (or the proxy it trusts) says."""
    return "" if request.client is None else request.client.host


async def _too_many(request: Request, desk: Desk, address: str) -> Response:
    terminal = await terminal_now(request, desk)
    if isinstance(terminal, Response):
        return terminal
    if terminal.partner_state != "active":
        return problem("partner_suspended")
    return problem(
        "too_many_lookups", retry_after=max(1, desk.budgets.seconds_to_wait(terminal, address))
    )


def _told(desk: Desk, found: Identified | NotIdentified, address: str) -> Response:
    if found.card_id is not None:
        desk.reading_log.note(card_id=found.card_id, terminal_id=found.terminal.terminal_id)
    if isinstance(found, Identified):
        return said(identified_body(found, photo_url=photo_url(desk.till.keys, found)))
    if found.card_id is None:
        # Asked once more: readings sent all at once must not get past the budget together.
        seconds = desk.budgets.seconds_to_wait(found.terminal, address)
        if seconds:
            return problem("too_many_lookups", retry_after=seconds)
        desk.budgets.record_miss(found.terminal, address)
    return said(declined_body(found.code))


ROUTES = [LeanRoute("POST", "/api/v1/identifications", identify, openapi=IDENTIFICATION)]
