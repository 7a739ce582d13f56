"""`/transactions/{id}`: one debit from the till to the bank account; its cancellation, its file.

The law: « Annuler » until midnight, once, with a reason (C60); afterwards a regularisation is asked
for, and the hotline decides (C62). A debit outside the delegate's scope is answered like an unknown
one.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from cardservice.api.sentences import refusal_texts
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.reimbursements import day_closed_at, steps_of
from cardservice.db.queries.transactions import Scope, one
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.money import parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import PERSONAL, TILL_ROLES
from cardservice.services.cancel_debit import REASONS
from cardservice.services.cancel_from_portal import cancel_from_portal
from cardservice.services.open_regularisation import (
    RegularisationAsked,
    file_of,
    open_regularisation,
)
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import MalformedForm, Shown
from clearing.partner_view import due_days
from partner_portal.pages.transactions import ROLES, number_of, paying_number_of
from partner_portal.pages.transactions_asked import scope_of
from partner_portal.portal import PREFIX, PartnerVisit, route

_PAGE: Final = "transactions/one.html"
_FIELD_OF: Final = {
    "right_amount_not_lower": "montant",
    "explanation_too_long": "explication",
}
_ASKING_ROLES: Final = ROLES & PERSONAL


def show(visit: PartnerVisit) -> Response:
    """The debit, where it stands, and what can be done about it."""
    facts = _facts(visit)
    return unknown(visit) if facts is None else visit.page(_PAGE, form=Shown(), **facts)


def cancel(visit: PartnerVisit) -> Response:
    """Cancels it, once; a second screen is told that it was cancelled before."""
    operation_id, reason = _operation_id(visit), visit.form.text("motif")
    if reason not in REASONS:
        raise MalformedForm("not a reason of our list")
    answer = None
    if operation_id is not None:
        answer = cancel_from_portal(
            visit.office.engine,
            visit.signed_in,
            _scope(visit),
            operation_id=operation_id,
            reason=reason,
        )
    if answer is None:
        return unknown(visit)
    if answer.outcome == "cancelled":
        first = answer.status == "recorded"
        said = "transaction_cancelled" if first else "transaction_was_cancelled"
        return visit.go(_address(operation_id), said=said)
    assert answer.code is not None, "what was not cancelled was declined"
    declined = {"": refusal_texts(answer.code).message}
    return visit.refused_form(_PAGE, declined, **_facts_of_known(visit))


def ask_regularisation(visit: PartnerVisit) -> Response:
    """Opens a file for a debit of a past day, or finds the one that is there."""
    operation_id, reason = _operation_id(visit), visit.form.text("motif")
    if reason not in REGULARISATION_REASONS:
        raise MalformedForm("not a reason of our list")
    amount_cents = parse_euros(visit.form.text("montant"))
    file = None
    if operation_id is not None:
        file = open_regularisation(
            visit.office.engine,
            visit.signed_in,
            _scope(visit),
            asked=RegularisationAsked(
                operation_id,
                reason,
                # What cannot be read is no lower amount either.
                right_amount_cents=-1 if amount_cents is None else amount_cents,
                explanation=visit.form.text("explication"),
            ),
        )
    if file is None:
        return unknown(visit)
    if isinstance(file, Refused):
        field = _FIELD_OF.get(file.code, "")
        return visit.refused_form(_PAGE, file, field=field, **_facts_of_known(visit))
    said = "regularisation_opened" if file.is_new else "regularisation_was_open"
    return visit.go(_address(operation_id), said=said)


def _facts(visit: PartnerVisit) -> dict[str, Any] | None:
    """What the page shows; None for a debit that is unknown or out of scope."""
    operation_id, person = _operation_id(visit), visit.signed_in
    if operation_id is None:
        return None
    with unit_of_work(visit.office.engine) as connection:
        today = day_now(connection)
        line = one(connection, scope_of(person, today), operation_id)
        if line is None:
            return None
        file = file_of(connection, partner_id=person.partner_id, operation_id=operation_id)
        return {
            "line": line,
            "file": file,
            "due_on": due_days(connection, [line])[line.operation_no],
            "closed_at": day_closed_at(connection, line.business_day),
            "steps": steps_of(connection, line.run_id),
            "number": number_of(line),
            "paying_number": paying_number_of(line),
            "refusal": None if line.code is None else refusal_texts(line.code),
            "can_cancel": line.state == "accepted"
            and line.business_day == today
            and person.role in TILL_ROLES,
            "can_ask": file is None
            and line.state not in ("declined", "cancelled")
            and line.business_day < today
            and person.role in _ASKING_ROLES,
        }


def _facts_of_known(visit: PartnerVisit) -> dict[str, Any]:
    facts = _facts(visit)
    assert facts is not None, "a verb has just found this debit"
    return facts


def _scope(visit: PartnerVisit) -> Scope:
    with unit_of_work(visit.office.engine) as connection:
        return scope_of(visit.signed_in, day_now(connection))


def _operation_id(visit: PartnerVisit) -> UUID | None:
    text = visit.request.path_params["operation_id"]
    try:
        found = UUID(text)
    except ValueError:
        return None
    # One debit has one address: other spellings of a UUID lead nowhere.
    return found if str(found) == text.lower() else None


def _address(operation_id: UUID | None) -> str:
    return f"{PREFIX}/transactions/{operation_id}"


ROUTES = [
    route("GET", "/transactions/{operation_id}", show, roles=ROLES),
    route("POST", "/transactions/{operation_id}/annulation", cancel, roles=TILL_ROLES),
    route(
        "POST",
        "/transactions/{operation_id}/regularisation",
        ask_regularisation,
        roles=_ASKING_ROLES,
    ),
]
