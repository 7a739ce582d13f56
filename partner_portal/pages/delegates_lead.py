"""Handing the lead over to another delegate (C32): a page that says what it means, with proof.

The law: nobody hands a partner over by a slip of the hand or from a browser that was left open.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.queries.delegates import ListedDelegate
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.hand_over_lead import hand_over_lead
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import MalformedForm, Shown
from partner_portal.pages.delegates import DELEGATES, id_in_path, with_delegate
from partner_portal.portal import SIGN_IN, PartnerVisit, route

_STAYS, _LEAVES = "comptable", "part"
PROOF_FIELD_OF: Final = {
    "proof_needed": "mot_de_passe",
    "password_wrong": "mot_de_passe",
    "sign_in_delayed": "mot_de_passe",
    "totp_wrong": "code",
    "totp_used": "code",
}


def show(visit: PartnerVisit) -> Response:
    """What a hand-over to this delegate means, and what it asks for."""
    return with_delegate(visit, lambda delegate: _show(visit, delegate))


def hand_over(visit: PartnerVisit) -> Response:
    """Hands over; both people sign in again with what they are from now on."""
    afterwards = visit.form.text("ensuite")
    if afterwards not in (_STAYS, _LEAVES):
        raise MalformedForm("the old lead stays or leaves")
    outcome = hand_over_lead(
        visit.office.engine,
        visit.office.keys,
        lead=visit.signed_in,
        delegate_id=id_in_path(visit),
        stays=afterwards == _STAYS,
        password=visit.form.raw("mot_de_passe"),
        code=visit.form.text("code"),
    )
    if outcome is None:
        return unknown(visit)
    if not isinstance(outcome, Refused):
        return visit.without_session(visit.go(SIGN_IN, said="lead_handed_over"))
    refused = outcome
    if refused.code == "role_may_not":
        return refusal_page(visit, refused, status=403)
    return with_delegate(
        visit,
        lambda delegate: visit.refused_form(
            "delegates/hand_over.html",
            refused,
            field=PROOF_FIELD_OF.get(refused.code, ""),
            delegate=delegate,
            afterwards=[afterwards],
        ),
    )


def _show(visit: PartnerVisit, delegate: ListedDelegate) -> Response:
    if delegate.role == "lead" or delegate.group != "active":
        return visit.go(f"{DELEGATES}/{delegate.delegate_id}")
    return visit.page(
        "delegates/hand_over.html", form=Shown(), delegate=delegate, afterwards=[_STAYS]
    )


ROUTES: Final = [
    route("GET", "/delegues/{delegate_id:number}/principal", show, roles=LEAD),
    route("POST", "/delegues/{delegate_id:number}/principal", hand_over, roles=LEAD, slow=True),
]
