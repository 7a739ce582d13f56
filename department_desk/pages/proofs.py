"""`/justificatifs`: what youths have sent to show who they are, and the agent's decision (C8, C14).

The law: each look at a picture is in the journal, under the agent's name; the decision is about the
pictures that were looked at, and they are gone with it. A refusal is a code of the list.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.adapters.qr_image import card_qr
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.admission import category_said
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.proofs import (
    ProofCase,
    asked_kinds,
    case_waiting,
    cases_waiting,
    count_of_cases,
    picture_waiting,
    proofs_of,
)
from cardservice.domain.calendar import age_on, paris_day
from cardservice.domain.eligibility import NotEligible
from cardservice.domain.refusal import Refused
from cardservice.services.decide_proofs import (
    PROOF_REASONS,
    Decided,
    Decision,
    accept_proofs,
    refuse_proofs,
    same_people,
)
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import MalformedForm, Shown
from cardservice.webkit.leafing import page_asked, page_count
from department_desk.portal import ADMITTERS, PREFIX, AgentVisit, route

_PROOFS: Final = f"{PREFIX}/justificatifs"
_PER_PAGE: Final = 30


def show(visit: AgentVisit) -> Response:
    """Who waits, the longest first."""
    with unit_of_work(visit.office.engine) as connection:
        last = page_count(count_of_cases(connection), per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        cases = cases_waiting(connection, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        today = paris_today(connection)
    return visit.page(
        "proofs/inbox.html",
        cases=cases,
        ages={case.member_id: (today - paris_day(case.since)).days for case in cases},
        page=page,
        last=last,
    )


def show_one(visit: AgentVisit) -> Response:
    """One youth: what they say, what they have sent, what can be decided."""
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
        if case is None:
            return _gone(visit)
        note(
            connection,
            actor=visit.signed_in.actor,
            action="proof.look",
            subject=f"member:{case.member_id}",
        )
        facts = _about(connection, case)
    return visit.page("proofs/one.html", form=Shown(), **facts)


def show_picture(visit: AgentVisit) -> Response:
    """One picture; who has looked at it is noted."""
    member_id, kind = visit.request.path_params["member_id"], visit.request.path_params["kind"]
    with unit_of_work(visit.office.engine) as connection:
        image = picture_waiting(connection, member_id, kind)
        if image is None:
            return unknown(visit)
        note(
            connection,
            actor=visit.signed_in.actor,
            action="proof.picture",
            subject=f"member:{member_id}",
            detail=kind,
        )
    return Response(image, media_type="image/jpeg")


def accept(visit: AgentVisit) -> Response:
    """Admits the youth, or hangs the portrait up."""
    done = accept_proofs(
        visit.office.engine,
        visit.office.keys,
        _decision(visit),
        by=visit.signed_in,
        draw=secrets.randbelow,
        prove=card_qr,
    )
    if isinstance(done, Decided) and done.grants_refused is not None:
        return visit.go(_PROOFS, said="proofs_accepted_without_money")
    return _onward(visit, done)


def refuse(visit: AgentVisit) -> Response:
    """Says no, for a reason of the list."""
    done = refuse_proofs(
        visit.office.engine,
        _decision(visit),
        by=visit.signed_in,
        reason=visit.form.text("motif"),
    )
    return _onward(visit, done, field="motif")


def _onward(visit: AgentVisit, done: Decided | Refused, *, field: str = "") -> Response:
    if isinstance(done, Decided):
        return visit.go(_PROOFS, said=f"proofs_{done.state}")
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
        if case is None:
            return _gone(visit)
        facts = _about(connection, case)
    if done.code == "proofs_person_unsure":
        field = "meme_personne"
    elif done.code != "proof_reason_unknown":
        field = ""
    return visit.refused_form("proofs/one.html", done, field=field, **facts)


def _decision(visit: AgentVisit) -> Decision:
    """About the pictures that the open page showed, and no others."""
    numbers = visit.form.text("images").split(",")
    if not all(number.isascii() and number.isdigit() and len(number) < 19 for number in numbers):
        raise MalformedForm("pictures are named by numbers")
    said = visit.form.text("dit")
    return Decision(
        visit.request.path_params["member_id"],
        tuple(map(int, numbers)),
        said,
        is_same_person=visit.form.checked("meme_personne"),
    )


def _case(visit: AgentVisit, connection: Connection) -> ProofCase | None:
    return case_waiting(connection, visit.request.path_params["member_id"])


def _gone(visit: AgentVisit) -> Response:
    """Somebody else has decided meanwhile, or there never was such a youth."""
    with unit_of_work(visit.office.engine) as connection:
        had_some = bool(proofs_of(connection, visit.request.path_params["member_id"]))
    return visit.go(_PROOFS, said="proofs_gone") if had_some else unknown(visit)


def _about(connection: Connection, case: ProofCase) -> dict[str, Any]:
    born = case.birth_date
    asked = asked_kinds(connection, case.member_id)
    known = [] if case.is_portrait or born is None else same_people(connection, case)
    category = category_said(connection, born, case.school_kind or "") if born else None
    return {
        "case": case,
        "age": None if born is None else age_on(born, paris_today(connection)),
        "category": None if isinstance(category, NotEligible) else category,
        "missing": [kind for kind in asked if kind not in case.kinds],
        "known": len(known),
        # The only one of these names, to be compared before their card and money are handed over.
        "namesake": known[0] if len(known) == 1 else None,
        "has_member": any(one.has_member for one in known),
        "reasons": [one for one in PROOF_REASONS if _fits(one, case)],
        "address": f"{_PROOFS}/{case.member_id}",
    }


def _fits(reason: str, case: ProofCase) -> bool:
    return reason == "unreadable" or (reason == "not_a_portrait") == case.is_portrait


_ONE: Final = "/justificatifs/{member_id:number}"
ROUTES: Final = [
    route("GET", "/justificatifs", show, roles=ADMITTERS),
    route("GET", _ONE, show_one, roles=ADMITTERS),
    route("GET", f"{_ONE}/images/{{kind}}", show_picture, roles=ADMITTERS),
    route("POST", f"{_ONE}/accepter", accept, roles=ADMITTERS),
    route("POST", f"{_ONE}/refuser", refuse, roles=ADMITTERS),
]
