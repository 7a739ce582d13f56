"""The till pass of one day: made and shown by the lead, opened on the phone of who bears it (C33).

The law: the secret stands in the address and in the QR, on pages that nobody keeps, and in no log;
the page that is opened by it says the same to every pass that does not hold.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.delegates import delegate_of
from cardservice.domain.money import decimal_comma, parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.csv_lines import day_written
from cardservice.services.end_day_pass import end_day_pass
from cardservice.services.make_day_pass import (
    DAYS_AHEAD,
    NewPass,
    make_day_pass,
    secret_of_pass,
)
from cardservice.services.open_day_pass import open_day_pass, pass_of_today
from cardservice.services.web_sessions import end_session
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Form, Shown
from cardservice.webkit.qr_drawing import qr_svg
from partner_portal.pages.delegates import DELEGATES, id_in_path
from partner_portal.portal import PREFIX, PartnerVisit, route

_PASSES: Final = f"{DELEGATES}/passe"
_OUTLET: Final = re.compile("[0-9]{1,18}")
_FIELD_OF: Final = {
    "delegate_name_malformed": "prenom",
    "outlet_unknown": "point_de_vente",
    "delegate_end_passed": "jour",
    "date_malformed": "jour",
    "ceiling_out_of_range": "plafond",
}


def show_form(visit: PartnerVisit) -> Response:
    """A form for today."""
    with unit_of_work(visit.office.engine) as connection:
        today = paris_today(connection)
        ceiling_cents = scheme.rule_number(connection, "day_pass_ceiling_cents", today)
        options = _options(connection, visit)
    values = {"jour": today.isoformat(), "plafond": decimal_comma(ceiling_cents)}
    return visit.page("delegates/pass_form.html", form=Shown(values), **options)


def make(visit: PartnerVisit) -> Response:
    """Makes the pass and shows it."""
    asked = _asked(visit.form)
    outcome: int | Refused
    if isinstance(asked, Refused):
        outcome = asked
    else:
        outcome = make_day_pass(
            visit.office.engine, visit.office.keys, lead=visit.signed_in, asked=asked
        )
    if not isinstance(outcome, Refused):
        return visit.go(f"{_PASSES}/{outcome}", said="pass_made")
    if outcome.code == "role_may_not":
        return refusal_page(visit, outcome, status=403)
    with unit_of_work(visit.office.engine) as connection:
        options = _options(connection, visit)
    field = _FIELD_OF.get(outcome.code, "")
    return visit.refused_form("delegates/pass_form.html", outcome, field=field, **options)


def show_pass(visit: PartnerVisit) -> Response:
    """The QR and its address, for as long as the pass holds; again as often as the lead likes."""
    with unit_of_work(visit.office.engine) as connection:
        bearer = delegate_of(
            connection, visit.signed_in.partner_id, id_in_path(visit), is_pass=True
        )
        if bearer is None:
            return unknown(visit)
        secret = secret_of_pass(connection, visit.office.keys, bearer.delegate_id)
    address = qr = None
    if secret is not None and bearer.group == "active":
        address = f"{visit.origin}{PREFIX}/passe/{secret}"
        qr = qr_svg(address, label=visit.portal.pages.texts["passes"]["qr_label"])
    return visit.page("delegates/pass.html", bearer=bearer, address=address, qr=qr)


def show_end(visit: PartnerVisit) -> Response:
    """Asks before a pass is ended."""
    with unit_of_work(visit.office.engine) as connection:
        bearer = delegate_of(
            connection, visit.signed_in.partner_id, id_in_path(visit), is_pass=True
        )
    return (
        unknown(visit)
        if bearer is None
        else visit.page("delegates/confirm.html", delegate=bearer, act="end_pass")
    )


def end(visit: PartnerVisit) -> Response:
    """Ends a pass at once."""
    outcome = end_day_pass(visit.office.engine, lead=visit.signed_in, delegate_id=id_in_path(visit))
    if outcome is None:
        return unknown(visit)
    if isinstance(outcome, Refused):
        return refusal_page(visit, outcome, status=403)
    return visit.go(DELEGATES, said="pass_ended")


def look(visit: PartnerVisit) -> Response:
    """What the QR leads to: says whose till would be opened, and opens nothing yet."""
    with unit_of_work(visit.office.engine) as connection:
        found = pass_of_today(connection, visit.request.path_params["secret"])
    if isinstance(found, Refused):
        return refusal_page(visit, found, status=404)
    return visit.page("delegates/pass_open.html", found=found)


def open_till(visit: PartnerVisit) -> Response:
    """Opens the till in this browser; whoever was signed in here is signed out."""
    opened = open_day_pass(
        visit.office.engine,
        secret=visit.request.path_params["secret"],
        browser=browser_label(visit.request.headers.get("user-agent", "")),
    )
    if isinstance(opened, Refused):
        return refusal_page(visit, opened, status=404)
    if visit.session is not None:
        with unit_of_work(visit.office.engine) as connection:
            end_session(connection, visit.session)
    return visit.with_session(visit.go(f"{PREFIX}/caisse"), opened)


def _asked(form: Form) -> NewPass | Refused:
    day = day_written(form.text("jour"))
    if day is None:
        return Refused("date_malformed")
    outlet = form.text("point_de_vente")
    return NewPass(
        form.text("prenom"),
        form.text("nom"),
        int(outlet) if _OUTLET.fullmatch(outlet) else 0,
        # An amount that cannot be read is no amount, which the office refuses.
        parse_euros(form.text("plafond")) or 0,
        day,
    )


def _options(connection: Connection, visit: PartnerVisit) -> dict[str, Any]:
    today = paris_today(connection)
    days: list[date] = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    return {
        "days": days,
        "outlets": [(one.outlet_id, one.name) for one in visit.signed_in.outlets],
    }


_ONE: Final = "/delegues/passe/{delegate_id:number}"
ROUTES: Final = [
    route("GET", "/delegues/passe", show_form, roles=LEAD),
    route("POST", "/delegues/passe", make, roles=LEAD),
    route("GET", _ONE, show_pass, roles=LEAD),
    route("GET", f"{_ONE}/terminer", show_end, roles=LEAD),
    route("POST", f"{_ONE}/terminer", end, roles=LEAD),
    route("GET", "/passe/{secret}", look, roles=None),
    route("POST", "/passe/{secret}", open_till, roles=None),
]
