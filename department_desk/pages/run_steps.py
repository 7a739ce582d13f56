"""The steps of a run taken from the desk: draft, submit, approve, send back, cancel, export.

The law: a page asks, the clearing house decides and is the one to refuse; whoever acts is the
person of the session, and approving or exporting asks for the authenticator's code once more. Each
step taken twice is taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.runs import DeskRun
from cardservice.domain.money import parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.written_reason import reason_refusal
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Shown
from clearing.payer import debtor_of
from clearing.run.approve import approve_run
from clearing.run.cancel import cancel_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run
from clearing.run.record import Run
from clearing.run.submit import reject_run, submit_run
from department_desk.pages.fortnights import deadline_of
from department_desk.pages.run import address_of, run_asked
from department_desk.portal import APPROVER, FINANCE, PREPARER, AgentVisit, route
from department_desk.rendering import start_rendering

_FIELD_OF: Final = {
    "total_differs": "total",
    "amount_unclear": "total",
    "totp_wrong": "code",
    "totp_used": "code",
    "sign_in_delayed": "code",
    "reason_malformed": "motif",
}


def draft(visit: AgentVisit) -> Response:
    """Gathers what is owed, or gathers it again."""
    period = visit.request.path_params["period"]
    done = draft_run(visit.office.engine, period, by=visit.signed_in.email)
    if isinstance(done, Refused) and done.code == "period_unknown":
        return unknown(visit)
    return _onward(visit, done, said="run_drafted")


def submit(visit: AgentVisit) -> Response:
    """Freezes the draft for somebody else to approve."""
    period = visit.request.path_params["period"]
    done = submit_run(visit.office.engine, period, by=visit.signed_in.email)
    return _onward(visit, done, said="run_submitted")


def ask_approval(visit: AgentVisit) -> Response:
    """Shows what is about to be approved, and asks for its total and a code."""
    return _asking(visit, "run/approve.html", ("submitted",))


def approve(visit: AgentVisit) -> Response:
    """Approves, and has the papers rendered beside the pages."""
    total_cents = parse_euros(visit.form.text("total"))
    if total_cents is None:
        return _refused(visit, Refused("amount_unclear"), "run/approve.html")
    done = approve_run(
        visit.office.engine,
        visit.office.keys,
        visit.request.path_params["period"],
        by=visit.signed_in.email,
        total_cents=total_cents,
        totp=visit.form.text("code"),
        looked_at=visit.form.text("vu"),
    )
    if isinstance(done, Refused):
        return _refused(visit, done, "run/approve.html")
    start_rendering(visit.office, done.run_id)
    return _onward(visit, done, said="run_approved")


def ask_rejection(visit: AgentVisit) -> Response:
    """Asks why the run goes back."""
    return _asking(visit, "run/reject.html", ("submitted",))


def reject(visit: AgentVisit) -> Response:
    """Sends a submitted run back to who prepares."""
    return _with_reason(visit, reject_run, "run/reject.html", said="run_rejected")


def ask_cancellation(visit: AgentVisit) -> Response:
    """Asks why the run is given up."""
    return _asking(visit, "run/cancel.html", ("draft", "rejected", "submitted", "approved"))


def cancel(visit: AgentVisit) -> Response:
    """Gives the run up before it goes to the bank: what it held is owed again."""
    return _with_reason(visit, cancel_run, "run/cancel.html", said="run_cancelled")


def ask_export(visit: AgentVisit) -> Response:
    """Shows what the bank file will say, and asks for a code."""
    return _asking(visit, "run/export.html", ("approved",))


def export(visit: AgentVisit) -> Response:
    """Fixes the bank file; it is downloaded from the run's page."""
    office = visit.office
    with unit_of_work(office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None:
            return unknown(visit)
        if run.exported_at is not None:
            return visit.go(address_of(run.period_key), said="run_exported")
        # Spent also when the export is refused: a code serves once, whatever it served for.
        proved = agent_with_totp(
            connection, office.keys, visit.signed_in.email, visit.form.text("code")
        )
    if isinstance(proved, Refused):
        return _refused(visit, proved, "run/export.html")
    debtor = debtor_of(office.engine, office.settings)
    if isinstance(debtor, Refused):
        return _refused(visit, debtor, "run/export.html")
    done = export_run(office.engine, run.period_key, by=proved.email, debtor=debtor)
    if isinstance(done, Refused):
        return _refused(visit, done, "run/export.html")
    return _onward(visit, done, said="run_exported")


def _asking(visit: AgentVisit, template: str, states: tuple[str, ...]) -> Response:
    """A page that asks before a step; one that comes too late leads back to the run."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        today = day_now(connection)
    if run is None:
        return unknown(visit)
    if run.state not in states:
        return visit.go(address_of(run.period_key))
    return visit.page(template, form=Shown(), **_about(run, today))


def _with_reason(
    visit: AgentVisit, step: Callable[..., Run | Refused], template: str, *, said: str
) -> Response:
    reason = visit.form.text("motif")
    malformed = reason_refusal(reason)
    if malformed is not None:
        return _refused(visit, malformed, template)
    period = visit.request.path_params["period"]
    done = step(visit.office.engine, period, by=visit.signed_in.email, reason=reason)
    return _onward(visit, done, said=said)


def _onward(visit: AgentVisit, done: Run | Refused, *, said: str) -> Response:
    """Back to the run, which tells where it stands now; a refusal has a page of its own."""
    if isinstance(done, Refused):
        return refusal_page(visit, done, status=409)
    return visit.go(address_of(done.period_key), said=said)


def _refused(visit: AgentVisit, refused: Refused, template: str) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        today = day_now(connection)
    if run is None:
        return unknown(visit)
    field = _FIELD_OF.get(refused.code, "")
    return visit.refused_form(template, refused, field=field, **_about(run, today))


def _about(run: DeskRun, today: Any) -> dict[str, Any]:
    return {
        "run": run,
        "address": address_of(run.period_key),
        "deadline": deadline_of(run),
        "today": today,
    }


_RUN: Final = "/quinzaines/{period}"
ROUTES: Final = [
    route("POST", f"{_RUN}/preparer", draft, roles=PREPARER),
    route("POST", f"{_RUN}/soumettre", submit, roles=PREPARER),
    route("GET", f"{_RUN}/valider", ask_approval, roles=APPROVER),
    route("POST", f"{_RUN}/valider", approve, roles=APPROVER),
    route("GET", f"{_RUN}/renvoyer", ask_rejection, roles=APPROVER),
    route("POST", f"{_RUN}/renvoyer", reject, roles=APPROVER),
    route("GET", f"{_RUN}/annuler", ask_cancellation, roles=FINANCE),
    route("POST", f"{_RUN}/annuler", cancel, roles=FINANCE),
    route("GET", f"{_RUN}/exporter", ask_export, roles=FINANCE),
    route("POST", f"{_RUN}/exporter", export, roles=FINANCE),
]
