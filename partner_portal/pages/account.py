"""« Mon compte »: password, authenticator, recovery codes, sessions of the person (C30, C31).

The law: whatever changes the access asks the password again, ends the other sessions and gives this
one a new secret; every act is in the journal, and in the person's mail where it matters.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import PERSONAL
from cardservice.services.choose_password import change_password
from cardservice.services.enrol_authenticator import enrol_authenticator
from cardservice.services.prove_again import prove_password
from cardservice.services.recovery_codes import new_recovery_codes, recovery_codes_left
from cardservice.services.spaces import note_in_spaces, spaces_of
from cardservice.services.web_sessions import (
    Session,
    end_session_named,
    end_sessions,
    move_session,
    sessions_of,
)
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from partner_portal.pages.second_factor import enrolment_qr, offer_to
from partner_portal.portal import PREFIX, SIGN_IN, PartnerVisit, route

_HOME = f"{PREFIX}/compte"
_FIELDS = {
    "password_wrong": "mot_de_passe",
    "sign_in_delayed": "mot_de_passe",
    "passwords_differ": "mot_de_passe_encore",
}


def show(visit: PartnerVisit) -> Response:
    return visit.page("account/account.html", form=Shown(), **_facts(visit))


def change(visit: PartnerVisit) -> Response:
    new = visit.form.raw("mot_de_passe_nouveau")
    changed: str | Refused | None = Refused("passwords_differ")
    if new == visit.form.raw("mot_de_passe_encore"):
        with unit_of_work(visit.office.engine) as connection:
            changed = change_password(
                connection,
                visit.office.keys,
                _session(visit),
                old=visit.form.raw("mot_de_passe"),
                new=new,
            )
    if isinstance(changed, Refused):
        field = _FIELDS.get(changed.code, "mot_de_passe_nouveau")
        return visit.refused_form("account/account.html", changed, field=field, **_facts(visit))
    if changed is None:
        return visit.go(SIGN_IN, said="sign_in_over")
    return visit.with_session(visit.go(_HOME, said="password_changed"), changed)


def show_authenticator(visit: PartnerVisit) -> Response:
    offer = offer_to(visit, _session(visit))
    return visit.page(
        "account/authenticator.html", form=Shown(), offer=offer, qr=enrolment_qr(visit, offer)
    )


def enrol(visit: PartnerVisit) -> Response:
    session, keys = _session(visit), visit.office.keys
    who = _credential(session)
    with unit_of_work(visit.office.engine) as connection:
        wrong = prove_password(
            connection, keys, credential_id=who, password=visit.form.raw("mot_de_passe")
        )
        codes = wrong or enrol_authenticator(
            connection,
            keys,
            credential_id=who,
            asked_by=session.session_hash,
            code=visit.form.text("code"),
        )
        if not isinstance(codes, Refused):
            end_sessions(connection, credential_id=who, but=session)
            secret = move_session(connection, session, stage="open")
    if isinstance(codes, Refused):
        offer = offer_to(visit, session)
        return visit.refused_form(
            "account/authenticator.html",
            codes,
            field="mot_de_passe" if wrong else "code",
            offer=offer,
            qr=enrolment_qr(visit, offer),
        )
    if secret is None:
        return visit.go(SIGN_IN, said="sign_in_over")
    page = visit.page("sign_in/recovery_codes.html", codes=codes, onward=_HOME, at_the_door=False)
    return visit.with_session(page, secret)


def show_codes(visit: PartnerVisit) -> Response:
    if not visit.signed_in.has_second_factor:
        return visit.go(f"{_HOME}/application")
    return visit.page("account/new_codes.html", form=Shown())


def renew_codes(visit: PartnerVisit) -> Response:
    if not visit.signed_in.has_second_factor:
        return visit.go(f"{_HOME}/application")
    who = _credential(_session(visit))
    with unit_of_work(visit.office.engine) as connection:
        wrong = prove_password(
            connection,
            visit.office.keys,
            credential_id=who,
            password=visit.form.raw("mot_de_passe"),
        )
        codes = [] if wrong else new_recovery_codes(connection, visit.office.keys, who)
        if codes:
            note_in_spaces(connection, who, action="delegate.recovery_codes_renewed")
    if wrong is not None:
        return visit.refused_form("account/new_codes.html", wrong, field="mot_de_passe")
    return visit.page("sign_in/recovery_codes.html", codes=codes, onward=_HOME, at_the_door=False)


def end_one(visit: PartnerVisit) -> Response:
    session = _session(visit)
    handle = str(visit.request.path_params["handle"])
    with unit_of_work(visit.office.engine) as connection:
        found = end_session_named(connection, credential_id=_credential(session), handle=handle)
        if found:
            _note_ended(visit, connection)
    if not found:
        return unknown(visit)
    if handle == session.handle:
        return visit.without_session(visit.go(SIGN_IN, said="signed_out"))
    return visit.go(_HOME, said="session_ended")


def end_others(visit: PartnerVisit) -> Response:
    session = _session(visit)
    with unit_of_work(visit.office.engine) as connection:
        if end_sessions(connection, credential_id=_credential(session), but=session):
            _note_ended(visit, connection)
    return visit.go(_HOME, said="sessions_ended")


def _facts(visit: PartnerVisit) -> dict[str, Any]:
    session = _session(visit)
    who = _credential(session)
    with unit_of_work(visit.office.engine) as connection:
        return {
            "sessions": sessions_of(connection, who),
            "here": session.handle,
            "codes_left": recovery_codes_left(connection, who),
            "spaces": spaces_of(connection, who),
        }


def _note_ended(visit: PartnerVisit, connection: Connection) -> None:
    note(
        connection,
        actor=visit.signed_in.actor,
        action="delegate.sessions_ended",
        subject=visit.signed_in.actor,
        partner_id=visit.signed_in.partner_id,
    )


def _session(visit: PartnerVisit) -> Session:
    assert visit.session is not None, "the door lets nobody in without one"
    return visit.session


def _credential(session: Session) -> int:
    assert session.credential_id is not None, "PERSONAL roles have a credential"
    return session.credential_id


ROUTES = [
    route("GET", "/compte", show, roles=PERSONAL),
    route("POST", "/compte/mot-de-passe", change, roles=PERSONAL, slow=True),
    route("GET", "/compte/application", show_authenticator, roles=PERSONAL),
    route("POST", "/compte/application", enrol, roles=PERSONAL, slow=True),
    route("GET", "/compte/secours", show_codes, roles=PERSONAL),
    route("POST", "/compte/secours", renew_codes, roles=PERSONAL, slow=True),
    route("POST", "/compte/sessions", end_others, roles=PERSONAL),
    route("POST", "/compte/sessions/{handle}", end_one, roles=PERSONAL),
]
