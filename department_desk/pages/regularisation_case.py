"""`/regularisations/{reference}`: one debit, what was asked about it, and the verbs of the hotline.

The law: the page says what can be done and why the rest cannot; the services decide again. A second
agent's decision and a reversal ask for the code of this moment. Each form posted twice acts once.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.regularisation_inbox import (
    Case,
    RegularisationRow,
    acts_on,
    case_of,
    files_about,
    regularisations_of,
)
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.money import decimal_comma, parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.refuse_regularisation_file import refuse_regularisation_file
from cardservice.services.regularise import (
    Correction,
    Regularisation,
    ask_regularisation,
    decide_regularisation,
    reverse_regularisation,
)
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Shown
from department_desk.pages.regularisations import DECIDERS, INBOX
from department_desk.portal import AgentVisit, route

_FIELD_OF: Final = {
    "amount_unclear": "montant",
    "regularisation_too_much": "montant",
    "explanation_too_long": "piece",
    "totp_wrong": "code",
    "totp_used": "code",
    "sign_in_delayed": "code",
}
_SAID: Final = {
    "booked": "regularisation_booked",
    "waiting": "regularisation_waiting",
    "refused": "regularisation_refused",
    "reversed": "regularisation_reversed",
}


def show(visit: AgentVisit) -> Response:
    """The debit with everything about it."""
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
        if case is None:
            return unknown(visit)
        facts = _about(connection, case)
    return visit.page("regularisations/one.html", form=_first_form(case), **facts)


def ask(visit: AgentVisit) -> Response:
    """Gives back at once, or asks a second agent above the scheme's limit."""
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
    if case is None:
        return unknown(visit)
    reason = visit.form.text("motif")
    amount_cents = parse_euros(visit.form.text("montant"))
    if not amount_cents or reason not in REGULARISATION_REASONS:
        return _again(visit, Refused("amount_unclear"))
    done = ask_regularisation(
        visit.office.engine,
        Correction(case.reference, amount_cents, reason, visit.form.text("piece")),
        by=visit.signed_in.email,
        is_another=visit.form.checked("autre"),
    )
    return _onward(visit, case, done)


def answer(visit: AgentVisit) -> Response:
    """Tells the partner, or the youth, no: each in words of its own."""
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
        files = [] if case is None else files_about(connection, case.debit_id)
    side = visit.form.text("cote")
    file = next((one for one in files if one.asked_by == side), None)
    if case is None or file is None:
        return unknown(visit)
    done = refuse_regularisation_file(
        visit.office.engine,
        file.file_id,
        by=visit.signed_in.email,
        reason=visit.form.text(f"reponse_{side}"),
    )
    if isinstance(done, Refused):
        return _again(visit, done, answering=side)
    return visit.go(_address(case), said="file_refused")


def ask_decision(visit: AgentVisit) -> Response:
    """A second agent looks before deciding."""
    return _asking(visit, "regularisations/decide.html", state="waiting")


def decide(visit: AgentVisit) -> Response:
    """A second agent books it, or turns it down."""
    with unit_of_work(visit.office.engine) as connection:
        case, one = _named(visit, connection)
    if case is None or one is None:
        return unknown(visit)
    choice = visit.form.text("decision")
    if choice not in ("accorder", "refuser"):
        return refusal_page(visit, Refused("form_expired"), status=422)
    done = decide_regularisation(
        visit.office.engine,
        visit.office.keys,
        one.regularisation_id,
        by=visit.signed_in.email,
        totp=visit.form.text("code"),
        is_agreed=choice == "accorder",
    )
    return _onward(visit, case, done, again="regularisations/decide.html", one=one)


def ask_reversal(visit: AgentVisit) -> Response:
    """Asks before a booked regularisation is undone."""
    return _asking(visit, "regularisations/reverse.html", state="booked")


def reverse(visit: AgentVisit) -> Response:
    """Undoes a booked regularisation, whole and once."""
    with unit_of_work(visit.office.engine) as connection:
        case, one = _named(visit, connection)
    if case is None or one is None:
        return unknown(visit)
    done = reverse_regularisation(
        visit.office.engine,
        visit.office.keys,
        one.regularisation_id,
        by=visit.signed_in.email,
        totp=visit.form.text("code"),
    )
    return _onward(visit, case, done, again="regularisations/reverse.html", one=one)


def why_not_decide(one: RegularisationRow, agent_id: int) -> str | None:
    """The code of the reason why this agent does not decide; None when they may."""
    return "asked_it" if one.needs_second and one.asked_by_id == agent_id else None


def why_not_reverse(one: RegularisationRow, agent_id: int) -> str | None:
    """The same for undoing: who gave much does not take it back alone."""
    gave = (one.asked_by_id, one.decided_by_id)
    return "gave_it" if one.needs_second and agent_id in gave else None


def _case(visit: AgentVisit, connection: Connection) -> Case | None:
    return case_of(connection, visit.request.path_params["reference"])


def _named(
    visit: AgentVisit, connection: Connection
) -> tuple[Case | None, RegularisationRow | None]:
    """The debit and its regularisation of the address; a number of another debit is unknown."""
    case = _case(visit, connection)
    if case is None:
        return None, None
    number = visit.request.path_params["number"]
    rows = regularisations_of(connection, case.debit_id)
    return case, next((one for one in rows if one.regularisation_id == number), None)


def _address(case: Case) -> str:
    return f"{INBOX}/{case.reference}"


def _about(connection: Connection, case: Case) -> dict[str, Any]:
    limit = scheme.rule_number(
        connection, "regularisation_second_agent_cents", paris_today(connection)
    )
    return {
        "case": case,
        "files": files_about(connection, case.debit_id),
        "given": regularisations_of(connection, case.debit_id),
        "acts": acts_on(connection, case.debit_id),
        "address": _address(case),
        "limit_cents": limit,
        "why_not_decide": why_not_decide,
        "why_not_reverse": why_not_reverse,
    }


def _first_form(case: Case) -> Shown:
    """What the partner says was too much, as far as it is still there."""
    if case.asked_cents is None:
        return Shown()
    wanted = min(case.asked_cents, max(0, case.left_cents))
    # What a youth says is no reason of ours: the agent chooses one.
    reason = case.reason if case.reason in REGULARISATION_REASONS else ""
    return Shown({"motif": reason or "", "montant": decimal_comma(wanted) if wanted else ""})


def _asking(visit: AgentVisit, template: str, *, state: str) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        case, one = _named(visit, connection)
    if case is None or one is None:
        return unknown(visit)
    if one.state != state:
        return visit.go(_address(case))
    return visit.page(template, form=Shown(), case=case, one=one, address=_address(case))


def _onward(
    visit: AgentVisit,
    case: Case,
    done: Regularisation | Refused,
    *,
    again: str = "",
    one: RegularisationRow | None = None,
) -> Response:
    if isinstance(done, Regularisation):
        return visit.go(_address(case), said=_SAID[done.state])
    if not again:
        return _again(visit, done)
    return visit.refused_form(
        again,
        done,
        field=_FIELD_OF.get(done.code, ""),
        case=case,
        one=one,
        address=_address(case),
    )


def _again(visit: AgentVisit, refused: Refused, *, answering: str = "") -> Response:
    """The whole page once more, with what was typed; `answering` a side, or asking oneself."""
    with unit_of_work(visit.office.engine) as connection:
        case = _case(visit, connection)
        if case is None:
            return unknown(visit)
        facts = _about(connection, case)
    field = _FIELD_OF.get(refused.code, "")
    if refused.code == "reason_malformed":
        field = f"reponse_{answering}"
    return visit.refused_form("regularisations/one.html", refused, field=field, **facts)


_CASE: Final = "/regularisations/{reference}"
ROUTES: Final = [
    route("GET", _CASE, show, roles=DECIDERS),
    route("POST", f"{_CASE}/demander", ask, roles=DECIDERS),
    route("POST", f"{_CASE}/repondre", answer, roles=DECIDERS),
    route("GET", f"{_CASE}/{{number:number}}/decider", ask_decision, roles=DECIDERS),
    route("POST", f"{_CASE}/{{number:number}}/decider", decide, roles=DECIDERS),
    route("GET", f"{_CASE}/{{number:number}}/annuler", ask_reversal, roles=DECIDERS),
    route("POST", f"{_CASE}/{{number:number}}/annuler", reverse, roles=DECIDERS),
]
