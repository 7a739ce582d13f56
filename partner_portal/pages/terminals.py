"""« Mes terminaux »: what stands at which outlet, what it asks for, and its end (C43 to C48, C58).

The law: a partner's lead may put any terminal out of service but the portal's own till, which is
the Département's to close; a foreign terminal is answered like an unknown one.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.terminals_of_partner import (
    SEEN_DAYS,
    ListedTerminal,
    terminal_of,
    terminals_of,
)
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.webkit.doors import unknown
from partner_portal.portal import PREFIX, PartnerVisit, route

TERMINALS: Final = f"{PREFIX}/terminaux"


def show_all(visit: PartnerVisit) -> Response:
    """Every terminal by outlet; those out of service apart."""
    with unit_of_work(visit.office.engine) as connection:
        terminals = terminals_of(connection, visit.signed_in.partner_id)
    here = [one for one in terminals if one.state != "revoked"]
    by_outlet = {
        name: list(group) for name, group in groupby(here, key=lambda one: one.outlet_name)
    }
    return visit.page(
        "terminals/list.html",
        outlets=[(one, by_outlet.get(one.name, [])) for one in visit.signed_in.outlets],
        revoked=[one for one in terminals if one.state == "revoked"],
        seen_days=SEEN_DAYS - 1,
    )


def show_revoke(visit: PartnerVisit) -> Response:
    """Asks before a terminal is put out of service."""
    terminal = terminal_in_path(visit)
    if terminal is None or terminal.kind == "web_till":
        return unknown(visit)
    if terminal.state == "revoked":
        return visit.go(TERMINALS, said="terminal_was_revoked")
    return visit.page("terminals/revoke.html", terminal=terminal)


def revoke(visit: PartnerVisit) -> Response:
    """Puts a terminal out of service, from this commit on."""
    terminal = terminal_in_path(visit)
    if terminal is None or terminal.kind == "web_till":
        return unknown(visit)
    outcome = revoke_terminal(
        visit.office.engine, terminal_id=terminal.public_id, actor=visit.signed_in.actor
    )
    twice = isinstance(outcome, Refused)
    return visit.go(TERMINALS, said="terminal_was_revoked" if twice else "terminal_revoked")


def terminal_in_path(visit: PartnerVisit) -> ListedTerminal | None:
    """The terminal of this address, if it is this partner's."""
    with unit_of_work(visit.office.engine) as connection:
        return terminal_of(
            connection, visit.signed_in.partner_id, visit.request.path_params["public_id"]
        )


ROUTES: Final = [
    route("GET", "/terminaux", show_all, roles=LEAD),
    route("GET", "/terminaux/{public_id}/revoquer", show_revoke, roles=LEAD),
    route("POST", "/terminaux/{public_id}/revoquer", revoke, roles=LEAD),
]
