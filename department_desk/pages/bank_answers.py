"""What the bank says without a file, typed in: a transfer, a whole run, a refused file; and the
release of what came back (C67, C68).

The law: what is typed is a message like another and is kept with who typed it. A refused file and a
release pay a second time: both ask the authenticator's code. Releasing takes an approver, another
than who brought the failure in, and a reason.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_desk import RunAtBank, runs_at_bank
from cardservice.db.queries.debits import day_now
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.written_reason import reason_refusal
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import MalformedForm, Shown
from clearing.bank.finding import DUPLICATES
from clearing.bank.inbox import WaitingTransfer, waiting_again
from clearing.bank.reasons import known_reasons, reason_of
from clearing.bank.typed import (
    LONGEST_REFERENCE,
    answer_transfer,
    confirm_run,
    reject_file,
    release_transfer,
)
from department_desk.pages.run import address_of
from department_desk.portal import APPROVER, FINANCE, PREFIX, AgentVisit, route

_BANK: Final = f"{PREFIX}/banque"
_MOST_WAITING: Final = 10_000
_OUTCOMES: Final = ("paid", "failed")
_FIELD_OF: Final = {
    "transfer_unknown": "numero",
    "transfer_failed": "numero",
    "bank_reason_unknown": "motif_banque",
    "bank_reason_duplicate": "motif_banque",
    "bank_day_impossible": "jour",
    "date_malformed": "jour",
    "bank_reference_malformed": "reference",
    "reason_malformed": "motif",
    "totp_wrong": "code",
    "totp_used": "code",
    "sign_in_delayed": "code",
}


def ask_transfer(visit: AgentVisit) -> Response:
    """An empty form, or one for the transfer that is named."""
    shown = Shown({"numero": visit.query.text("numero")[:40]})
    return visit.page("bank/transfer.html", form=shown, **_choices(visit))


def answer(visit: AgentVisit) -> Response:
    """One transfer was paid, or came back."""
    outcome = visit.form.text("issue")
    if outcome not in _OUTCOMES:
        raise MalformedForm("neither paid nor failed")
    day = _day(visit)
    done: Any = Refused("date_malformed")
    if day is not None:
        done = answer_transfer(
            visit.office.engine,
            visit.form.text("numero").upper(),
            outcome=outcome,
            happened_on=day,
            by=visit.signed_in.email,
            reason_code=visit.form.text("motif_banque") or None if outcome == "failed" else None,
        )
    if isinstance(done, Refused):
        return _refused(visit, done, "bank/transfer.html")
    return visit.go(_BANK, said="transfer_answered")


def ask_payment(visit: AgentVisit) -> Response:
    """Asks for the day and the reference of the debit on the statement."""
    run = _run_at_bank(visit)
    if run is None:
        return visit.go(_BANK)
    return visit.page("bank/paid.html", form=Shown(), run=run, **_choices(visit))


def confirm(visit: AgentVisit) -> Response:
    """The account was debited of all that was not rejected."""
    period, day = visit.request.path_params["period"], _day(visit)
    done: Any = Refused("date_malformed")
    if day is not None:
        done = confirm_run(
            visit.office.engine,
            period,
            happened_on=day,
            reference=visit.form.text("reference")[: LONGEST_REFERENCE + 1],
            by=visit.signed_in.email,
        )
    if isinstance(done, Refused):
        return _refused_run(visit, done, "bank/paid.html")
    return visit.go(address_of(period), said="run_paid")


def ask_refusal(visit: AgentVisit) -> Response:
    """Asks why the bank refused the whole file."""
    run = _run_at_bank(visit)
    if run is None:
        return visit.go(_BANK)
    return visit.page("bank/refused.html", form=Shown(), run=run, **_choices(visit))


def refuse_file(visit: AgentVisit) -> Response:
    """The bank refused the whole file: everything in it is owed again."""
    period, day = visit.request.path_params["period"], _day(visit)
    done: Any = Refused("date_malformed")
    if day is not None:
        done = _proved(visit)
    if day is not None and not isinstance(done, Refused):
        done = reject_file(
            visit.office.engine,
            period,
            reason_code=visit.form.text("motif_banque"),
            happened_on=day,
            by=visit.signed_in.email,
        )
    if isinstance(done, Refused):
        return _refused_run(visit, done, "bank/refused.html")
    return visit.go(address_of(period), said="run_bank_rejected")


def ask_release(visit: AgentVisit) -> Response:
    """Shows what came back and why, and asks for a reason and a code."""
    transfer = _transfer(visit)
    if transfer is None:
        return unknown(visit)
    return visit.page("bank/release.html", form=Shown(), transfer=transfer, **_choices(visit))


def release(visit: AgentVisit) -> Response:
    """Lets it be presented again although its account has not changed."""
    office, reason = visit.office, visit.form.text("motif")
    transfer = _transfer(visit)
    if transfer is None:
        return unknown(visit)
    done: Any = reason_refusal(reason)
    if done is None:
        done = _proved(visit)
    if not isinstance(done, Refused):
        done = release_transfer(
            office.engine, transfer.end_to_end_id, reason=reason, by=visit.signed_in.email
        )
    if isinstance(done, Refused):
        return _refused(visit, done, "bank/release.html", transfer=transfer)
    return visit.go(_BANK, said="transfer_released")


def _proved(visit: AgentVisit) -> Any:
    """The agent whose code was typed; spent also when what follows is refused."""
    office = visit.office
    with unit_of_work(office.engine) as connection:
        return agent_with_totp(
            connection, office.keys, visit.signed_in.email, visit.form.text("code")
        )


def _refused(visit: AgentVisit, refused: Refused, template: str, **facts: Any) -> Response:
    field = _FIELD_OF.get(refused.code, "")
    return visit.refused_form(template, refused, field=field, **_choices(visit), **facts)


def _refused_run(visit: AgentVisit, refused: Refused, template: str) -> Response:
    run = _run_at_bank(visit)
    # Over by now, by another click or a file: the bank's page tells how it stands.
    return visit.go(_BANK) if run is None else _refused(visit, refused, template, run=run)


def _choices(visit: AgentVisit) -> dict[str, Any]:
    with unit_of_work(visit.office.engine) as connection:
        today = day_now(connection)
    reasons = [
        ("", ""),
        *(
            (code, f"{code} – {reason_of(code).sentence}")
            for code in known_reasons()
            if code not in DUPLICATES
        ),
    ]
    return {"today": today, "reasons": reasons, "reason_of": reason_of}


def _run_at_bank(visit: AgentVisit) -> RunAtBank | None:
    period = visit.request.path_params["period"]
    with unit_of_work(visit.office.engine) as connection:
        return next((one for one in runs_at_bank(connection) if one.period_key == period), None)


def _transfer(visit: AgentVisit) -> WaitingTransfer | None:
    number = visit.request.path_params["number"]
    with unit_of_work(visit.office.engine) as connection:
        waiting = waiting_again(connection, limit=_MOST_WAITING)
    return next((one for one in waiting if one.end_to_end_id == number), None)


def _day(visit: AgentVisit) -> date | None:
    typed = visit.form.text("jour")
    try:
        return date.fromisoformat(typed) if len(typed) == 10 else None
    except ValueError:
        return None


ROUTES: Final = [
    route("GET", "/banque/virement", ask_transfer, roles=FINANCE),
    route("POST", "/banque/virement", answer, roles=FINANCE),
    route("GET", "/banque/quinzaines/{period}/payer", ask_payment, roles=FINANCE),
    route("POST", "/banque/quinzaines/{period}/payer", confirm, roles=FINANCE),
    route("GET", "/banque/quinzaines/{period}/refuser", ask_refusal, roles=FINANCE),
    route("POST", "/banque/quinzaines/{period}/refuser", refuse_file, roles=FINANCE),
    route("GET", "/banque/virements/{number}/liberer", ask_release, roles=APPROVER),
    route("POST", "/banque/virements/{number}/liberer", release, roles=APPROVER),
]
