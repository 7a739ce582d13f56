"""« Activer un téléphone »: a terminal for one's own phone, its code and QR, two steps (C43, C48).

The law: the code is told once, to the browser that asked for it: it rides in a cookie of that one
page, is shown only while it opens something, and is gone at the next look. It stands in no address,
no log and no session.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.terminals_of_partner import code_opens
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.make_phone import make_phone
from cardservice.services.make_terminal_code import TerminalCode, make_terminal_code
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Shown
from cardservice.webkit.qr_drawing import qr_svg
from partner_portal.pages.terminals import TERMINALS, terminal_in_path
from partner_portal.portal import PartnerVisit, route

_OUTLET: Final = re.compile("[0-9]{1,18}")
_COOKIE: Final = "cjeune-activation"
_COOKIE_SECONDS: Final = 300
_FIELD_OF: Final = {"terminal_label_malformed": "nom", "outlet_unknown": "point_de_vente"}


def show_new(visit: PartnerVisit) -> Response:
    """Which outlet, which name."""
    return visit.page("terminals/new_phone.html", form=Shown())


def make(visit: PartnerVisit) -> Response:
    """Makes the terminal, then goes where its code is shown."""
    outlet = visit.form.text("point_de_vente")
    made = make_phone(
        visit.office.engine,
        lead=visit.signed_in,
        outlet_id=int(outlet) if _OUTLET.fullmatch(outlet) else 0,
        label=visit.form.text("nom"),
        draw=secrets.randbelow,
    )
    if isinstance(made, TerminalCode):
        return _to_code(visit, made)
    if isinstance(made, str):
        # The same form, posted twice: its page says that the code was shown.
        return visit.go(_page_of(made))
    if made.code == "role_may_not":
        return refusal_page(visit, made, status=403)
    return visit.refused_form("terminals/new_phone.html", made, field=_FIELD_OF.get(made.code, ""))


def renew(visit: PartnerVisit) -> Response:
    """A fresh code for a phone that waits; the one before is worth nothing."""
    terminal = terminal_in_path(visit)
    if terminal is None or terminal.kind != "phone":
        return unknown(visit)
    made = make_terminal_code(
        visit.office.engine,
        terminal.public_id,
        draw=secrets.randbelow,
        actor=visit.signed_in.actor,
    )
    if isinstance(made, Refused):
        # Activated or revoked meanwhile: the page says which.
        return visit.go(_page_of(terminal.public_id))
    return _to_code(visit, made)


def show_code(visit: PartnerVisit) -> Response:
    """The code, if this browser has just been given it; else how to get a fresh one."""
    terminal = terminal_in_path(visit)
    if terminal is None or terminal.kind != "phone" or terminal.state == "revoked":
        return unknown(visit)
    told = visit.request.cookies.get(_COOKIE, "")
    with unit_of_work(visit.office.engine) as connection:
        shown = told if told and code_opens(connection, terminal.terminal_id, told) else None
    # The phone's own camera opens the app with it; a fragment is sent to no server.
    opening = f"{visit.origin}/tpe/#activation={shown}"
    qr = shown and qr_svg(opening, label=visit.portal.pages.texts["terminals"]["qr_label"])
    response = visit.page("terminals/code.html", terminal=terminal, code=shown, qr=qr)
    if told:
        response.delete_cookie(_COOKIE, path=_page_of(terminal.public_id))
    return response


def _to_code(visit: PartnerVisit, made: TerminalCode) -> Response:
    path = _page_of(made.terminal_id)
    response = visit.go(path)
    response.headers["cache-control"] = "no-store"
    response.set_cookie(
        _COOKIE,
        made.activation_code,
        path=path,
        max_age=_COOKIE_SECONDS,
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def _page_of(public_id: str) -> str:
    return f"{TERMINALS}/{public_id}/code"


ROUTES: Final = [
    route("GET", "/terminaux/nouveau", show_new, roles=LEAD),
    route("POST", "/terminaux/nouveau", make, roles=LEAD),
    route("GET", "/terminaux/{public_id}/code", show_code, roles=LEAD),
    route("POST", "/terminaux/{public_id}/code", renew, roles=LEAD),
]
