"""`/paiements/{reference}`: one movement of the holder's, and « Ce n'était pas moi »."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.member_home import Movement, movement_of
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_operation_reference
from cardservice.services.dispute_debit import dispute_debit
from cardservice.webkit.doors import unknown
from youth_portal.portal import LINKED, PREFIX, MemberVisit, route


def show(visit: MemberVisit) -> Response:
    """The movement of the address, if it is the holder's own."""
    with unit_of_work(visit.office.engine) as connection:
        movement = _asked(visit, connection)
    if movement is None:
        return unknown(visit)
    return visit.page("home/payment.html", one=movement)


def dispute(visit: MemberVisit) -> Response:
    """Pauses the card and opens the file; the page then says so."""
    with unit_of_work(visit.office.engine) as connection:
        movement = _asked(visit, connection)
    holder = visit.signed_in.beneficiary_id
    if movement is None or holder is None:
        return unknown(visit)
    done = dispute_debit(
        visit.office.engine,
        beneficiary_id=holder,
        operation_id=movement.operation_id,
        actor=visit.signed_in.actor,
    )
    if done is None:
        return unknown(visit)
    if isinstance(done, Refused):
        return visit.refused_form("home/payment.html", done, one=movement)
    said = "disputed_paused" if done.is_paused else "disputed"
    return visit.go(f"{PREFIX}/paiements/{movement.reference}", said=said)


def _asked(visit: MemberVisit, connection: Connection) -> Movement | None:
    number = fold_operation_reference(visit.request.path_params["reference"])
    holder = visit.signed_in.beneficiary_id
    if number is None or holder is None:
        return None
    return movement_of(connection, holder, number)


ROUTES: Final = [
    route("GET", "/paiements/{reference}", show, roles=LINKED),
    route("POST", "/paiements/{reference}/contester", dispute, roles=LINKED),
]
