"""The second stage at the door: a code of the application, or its enrolment for who leads (C32).

The law: these pages know nobody but the session at their own stage. Recovery codes are in one
answer, once, and nowhere else.
"""

from __future__ import annotations

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.enrol_authenticator import (
    Offer,
    enrol_authenticator,
    offered_authenticator,
)
from cardservice.services.second_factor import pass_second_factor
from cardservice.services.sign_in import SignedIn, arrive
from cardservice.services.web_sessions import Session
from cardservice.webkit.forms import Shown
from cardservice.webkit.qr_drawing import qr_svg
from partner_portal.pages.sign_in import at_stage, go_on, out_of_turn, wanted
from partner_portal.portal import SIGN_IN, PartnerVisit, route


def show_code(visit: PartnerVisit) -> Response:
    if _at(visit, "second_factor") is None:
        return out_of_turn(visit)
    return visit.page("sign_in/code.html", form=Shown(), wanted=wanted(visit), with_paper=False)


def give_code(visit: PartnerVisit) -> Response:
    session = _at(visit, "second_factor")
    if session is None:
        return out_of_turn(visit)
    on_paper = visit.form.text("code_de_secours")
    with unit_of_work(visit.office.engine) as connection:
        passed = pass_second_factor(
            connection,
            visit.office.keys,
            session,
            code=on_paper or visit.form.text("code"),
            is_recovery=bool(on_paper),
        )
    if not isinstance(passed, Refused):
        return go_on(visit, passed)
    if passed.code == "sign_in_failed":
        return visit.without_session(visit.go(SIGN_IN, said="sign_in_over"))
    return visit.refused_form(
        "sign_in/code.html",
        passed,
        field="code_de_secours" if on_paper else "code",
        wanted=wanted(visit),
        with_paper=bool(on_paper),
    )


def show_enrolment(visit: PartnerVisit) -> Response:
    session = _at(visit, "enrolment")
    if session is None:
        return out_of_turn(visit)
    offer = offer_to(visit, session)
    return visit.page(
        "sign_in/enrolment.html",
        form=Shown(),
        offer=offer,
        qr=enrolment_qr(visit, offer),
        wanted=wanted(visit),
    )


def enrol(visit: PartnerVisit) -> Response:
    session = _at(visit, "enrolment")
    if session is None or session.credential_id is None:
        return out_of_turn(visit)
    arrived: SignedIn | Refused
    with unit_of_work(visit.office.engine) as connection:
        codes = enrol_authenticator(
            connection,
            visit.office.keys,
            credential_id=session.credential_id,
            asked_by=session.session_hash,
            code=visit.form.text("code"),
        )
        if not isinstance(codes, Refused):
            arrived = arrive(connection, session)
    if isinstance(codes, Refused):
        offer = offer_to(visit, session)
        return visit.refused_form(
            "sign_in/enrolment.html",
            codes,
            field="code",
            offer=offer,
            qr=enrolment_qr(visit, offer),
            wanted=wanted(visit),
        )
    if isinstance(arrived, Refused):
        return visit.without_session(visit.go(SIGN_IN, said="sign_in_over"))
    onward = at_stage(visit, arrived.stage).headers["location"]
    page = visit.page("sign_in/recovery_codes.html", codes=codes, onward=onward, at_the_door=True)
    return visit.with_session(page, arrived.secret)


def offer_to(visit: PartnerVisit, session: Session) -> Offer:
    """The authenticator's secret that this session may enrol."""
    assert session.credential_id is not None, "a day's pass has no second factor"
    with unit_of_work(visit.office.engine) as connection:
        return offered_authenticator(
            connection,
            visit.office.keys,
            credential_id=session.credential_id,
            asked_by=session.session_hash,
            issuer=visit.office.settings.scheme_name,
        )


def enrolment_qr(visit: PartnerVisit, offer: Offer) -> str:
    """The offer as an authenticator scans it."""
    return qr_svg(offer.uri, label=visit.portal.pages.texts["account"]["qr_label"])


def _at(visit: PartnerVisit, stage: str) -> Session | None:
    session = visit.session
    return session if session is not None and session.stage == stage else None


ROUTES = [
    route("GET", "/connexion/code", show_code, roles=None),
    route("POST", "/connexion/code", give_code, roles=None),
    route("GET", "/connexion/application", show_enrolment, roles=None),
    route("POST", "/connexion/application", enrol, roles=None),
]
