"""Inviting a delegate, and changing what one may do: the same form (C33 to C35).

The law: the form says role, outlets, last day and ceiling, and nothing else is read from it; whose
delegate it is comes from the session and the address.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from starlette.responses import Response

from cardservice.db.queries.delegates import ListedDelegate
from cardservice.domain.money import decimal_comma, parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.change_delegate import change_delegate
from cardservice.services.csv_lines import day_written
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_delegate import invite_delegate
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Form, Shown
from partner_portal.pages.delegates import DELEGATES, id_in_path, with_delegate
from partner_portal.portal import PartnerVisit, route

_EVERY: Final = "tous"
_OUTLET: Final = re.compile("[0-9]{1,18}")
_FIELD_OF: Final = {
    "email_malformed": "courriel",
    "delegate_exists": "courriel",
    "delegate_role_unknown": "role",
    "delegate_needs_outlet": "points_de_vente",
    "delegate_end_passed": "dernier_jour",
    "date_malformed": "dernier_jour",
    "ceiling_out_of_range": "plafond",
}


def show_invite(visit: PartnerVisit) -> Response:
    """An empty form."""
    return visit.page(
        "delegates/invite.html", form=Shown(), roles=["cashier"], outlets=[_EVERY], known=None
    )


def invite(visit: PartnerVisit) -> Response:
    """Invites by mail."""
    asked = entrusted_in(visit.form)
    outcome: int | Refused
    if isinstance(asked, Refused):
        outcome = asked
    else:
        outcome = invite_delegate(
            visit.office.engine,
            visit.office.keys,
            lead=visit.signed_in,
            email=visit.form.text("courriel"),
            asked=asked,
        )
    if isinstance(outcome, Refused):
        return _refused(visit, outcome, "delegates/invite.html", None)
    return visit.go(f"{DELEGATES}/{outcome}", said="delegate_invited")


def show_change(visit: PartnerVisit) -> Response:
    """The form as things stand."""
    return with_delegate(visit, lambda delegate: _form_of(visit, delegate))


def change(visit: PartnerVisit) -> Response:
    """Changes role, outlets, last day, ceiling."""
    asked = entrusted_in(visit.form)
    outcome: object | Refused | None
    if isinstance(asked, Refused):
        outcome = asked
    else:
        outcome = change_delegate(
            visit.office.engine, lead=visit.signed_in, delegate_id=id_in_path(visit), asked=asked
        )
    if outcome is None:
        return unknown(visit)
    if isinstance(outcome, Refused):
        refused = outcome
        return with_delegate(
            visit, lambda delegate: _refused(visit, refused, "delegates/change.html", delegate)
        )
    return visit.go(f"{DELEGATES}/{id_in_path(visit)}", said="delegate_changed")


def entrusted_in(form: Form) -> Entrusted | Refused:
    """What a form entrusts. Refused: date_malformed; the office judges the rest."""
    last_day: date | None = None
    if written := form.text("dernier_jour"):
        last_day = day_written(written)
        if last_day is None or last_day == date.max:
            return Refused("date_malformed")
    role = form.text("role")
    return Entrusted(role, _outlets_in(form), last_day, _ceiling_in(form, role))


def _outlets_in(form: Form) -> frozenset[int] | None:
    ticked = form.all("points_de_vente")
    if _EVERY in ticked:
        return None
    # What is no number is no outlet of anybody: 0 is none either.
    return frozenset(int(one) if _OUTLET.fullmatch(one) else 0 for one in ticked)


def _ceiling_in(form: Form, role: str) -> int | None:
    """Only a cashier debits. What cannot be read is no amount, and the office refuses it."""
    written = form.text("plafond")
    if not written or role != "cashier":
        return None
    return parse_euros(written) or 0


def _form_of(visit: PartnerVisit, delegate: ListedDelegate) -> Response:
    if delegate.role == "lead" or delegate.state == "removed":
        return visit.go(f"{DELEGATES}/{delegate.delegate_id}")
    values = {
        "dernier_jour": "" if delegate.last_day is None else delegate.last_day.isoformat(),
        "plafond": "" if delegate.ceiling_cents is None else decimal_comma(delegate.ceiling_cents),
    }
    return visit.page(
        "delegates/change.html",
        form=Shown(values),
        roles=[delegate.role],
        outlets=[_EVERY] if delegate.every_outlet else [str(one) for one in delegate.outlet_ids],
        known=delegate,
    )


def _refused(
    visit: PartnerVisit, refused: Refused, page: str, known: ListedDelegate | None
) -> Response:
    if refused.code == "role_may_not":
        return refusal_page(visit, refused, status=403)
    return visit.refused_form(
        page,
        refused,
        field=_FIELD_OF.get(refused.code, ""),
        roles=visit.form.all("role"),
        outlets=visit.form.all("points_de_vente"),
        known=known,
    )


ROUTES: Final = [
    route("GET", "/delegues/inviter", show_invite, roles=LEAD),
    route("POST", "/delegues/inviter", invite, roles=LEAD),
    route("GET", "/delegues/{delegate_id:number}/modifier", show_change, roles=LEAD),
    route("POST", "/delegues/{delegate_id:number}/modifier", change, roles=LEAD),
]
