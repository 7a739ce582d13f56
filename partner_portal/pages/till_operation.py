"""What became of a debit: asked by its operation id, shown, cancelled, put on a ticket (C57, C60).

The law: the stored answer is the truth, whoever asks and however often. An id that is not known may
still arrive: it is sent again or cancelled, never replaced. A debit of another partner, or of an
outlet that is closed to the delegate, is answered exactly like an unknown one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cardservice.api.answers import declined_body
from cardservice.api.wire import uuid_in
from cardservice.db.engine import unit_of_work
from cardservice.db.queries import sales
from cardservice.db.queries.journal import note
from cardservice.domain.short_code import operation_reference
from cardservice.services.acting_delegate import TILL_ROLES
from cardservice.services.cancel_debit import REASONS, cancel_debit
from cardservice.webkit.doors import unknown
from partner_portal.pages.till_desk import TILL, Standing, standing, till_page
from partner_portal.pages.till_form import SaleForm, read_sale
from partner_portal.pages.till_sale import declined_page
from partner_portal.portal import PartnerVisit, route

_COPIES = {"jeune": "holder", "partenaire": "partner"}


async def show(visit: PartnerVisit) -> Response:
    """The debit as it stands."""
    return await _shown(visit, None)


async def ask(visit: PartnerVisit) -> Response:
    """The same question with the sale in hand, so that it can be sent again."""
    return await _shown(visit, read_sale(visit.form))


async def cancel(visit: PartnerVisit) -> Response:
    """Undoes a debit of today, or leaves a mark for one that may still arrive."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    operation_id = _operation_id(visit)
    if operation_id is None:
        return unknown(visit)
    row, _ = await run_in_threadpool(_known, visit, operation_id)
    if row is not None and visit.signed_in.outlet(row.outlet_id) is None:
        return unknown(visit)
    reason = visit.form.text("motif")
    answer = await run_in_threadpool(
        cancel_debit,
        visit.office.engine,
        terminal=at.terminal,
        operation_id=operation_id,
        reason=reason if reason in REASONS else None,
        actor_id=visit.signed_in.delegate_id,
    )
    if answer.status == "reused":
        return unknown(visit)
    if answer.outcome == "declined" and row is not None:
        assert answer.code is not None, "a refusal has its code"
        return await _result(visit, at, row, refusal=declined_body(answer.code))
    return visit.go(f"{TILL}/operation/{operation_id}")


async def ticket(visit: PartnerVisit) -> Response:
    """A ticket, on request only; DUPLICATA when this copy was shown before."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    operation_id = _operation_id(visit)
    row = None
    if operation_id is not None:
        row, _ = await run_in_threadpool(_known, visit, operation_id)
    if row is None or row.outcome != "approved" or visit.signed_in.outlet(row.outlet_id) is None:
        return unknown(visit)
    copy = _COPIES.get(visit.query.text("exemplaire"), "holder")
    shown_before = await run_in_threadpool(_note_ticket, visit, at, row, copy)
    cancelled = row.cancellation_no is not None
    return await till_page(
        visit,
        at,
        "ticket.html",
        sale=row,
        copy=copy,
        is_duplicate=shown_before,
        reference=operation_reference(row.operation_no),
        cancellation=operation_reference(row.cancellation_no) if cancelled else None,
        # The holder's alone, and only while he may still be standing there.
        balance_cents=_balance_of(row) if copy == "holder" and row.is_of_today else None,
    )


async def _shown(visit: PartnerVisit, sale: SaleForm | None) -> Response:
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    operation_id = _operation_id(visit)
    if operation_id is None:
        return unknown(visit)
    row, is_tombstone = await run_in_threadpool(_known, visit, operation_id)
    if row is not None and visit.signed_in.outlet(row.outlet_id) is not None:
        if row.outcome == "declined" and sale is not None:
            return await declined_page(visit, at, sale, row)
        return await _result(visit, at, row)
    if row is None and is_tombstone:
        return await till_page(visit, at, "never_taken.html", operation=str(operation_id))
    return await till_page(
        visit,
        at,
        "unknown.html",
        status=404,
        operation=str(operation_id),
        is_asked=True,
        sale=sale,
        # Where it is due the page shows the field; nothing is lost by showing it.
        pin_due=at.terminal.pin_required != "never",
    )


async def _result(
    visit: PartnerVisit, at: Standing, row: Row[Any], *, refusal: dict[str, Any] | None = None
) -> Response:
    """An answered debit. `refusal` is why it could not be cancelled just now."""
    told = None
    if row.outcome == "declined":
        told = declined_body(
            row.code, balance_cents=row.balance_after_cents, tries_left=row.tries_left
        )
    cancelled = row.cancellation_no is not None
    return await till_page(
        visit,
        at,
        "result.html",
        sale=row,
        declined=told,
        refusal=refusal,
        operation=str(row.operation_id),
        reference=operation_reference(row.operation_no),
        cancellation=operation_reference(row.cancellation_no) if cancelled else None,
        # A balance is the holder's: it is told at the till on the day, not in the archive.
        balance_cents=_balance_of(row) if row.is_of_today else None,
        reasons=REASONS,
    )


def _operation_id(visit: PartnerVisit) -> UUID | None:
    return uuid_in(visit.request.path_params["operation_id"])


def _known(visit: PartnerVisit, operation_id: UUID) -> tuple[Row[Any] | None, bool]:
    """The partner's debit of this id, or else whether it was cancelled before it came."""
    partner_id = visit.signed_in.partner_id
    with unit_of_work(visit.office.engine) as connection:
        row = sales.sale_by_id(connection, partner_id=partner_id, operation_id=operation_id)
        is_tombstone = row is None and sales.is_cancelled_unseen(
            connection, partner_id=partner_id, operation_id=operation_id
        )
    return row, is_tombstone


def _balance_of(row: Row[Any]) -> int | None:
    if row.outcome != "approved":
        return None
    after = row.balance_after_cancellation_cents
    balance: int | None = row.balance_after_cents if after is None else after
    return balance


def _note_ticket(visit: PartnerVisit, at: Standing, row: Row[Any], copy: str) -> bool:
    """Notes that this copy is shown; whether it had been before."""
    face = "debit" if row.cancellation_no is None else "cancellation"
    facts = {
        "partner_id": row.partner_id,
        "action": f"ticket.{face}",
        "subject": f"operation:{row.operation_id}",
        "detail": copy,
    }
    with unit_of_work(visit.office.engine) as connection:
        shown_before = _is_noted(connection, facts)
        note(
            connection,
            actor=visit.signed_in.actor,
            action=str(facts["action"]),
            subject=str(facts["subject"]),
            detail=copy,
            partner_id=row.partner_id,
            outlet_id=row.outlet_id,
            terminal_id=at.terminal.terminal_id,
        )
    return shown_before


def _is_noted(connection: Connection, facts: dict[str, Any]) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM journal WHERE partner_id = :partner_id"
            " AND action = :action AND subject = :subject AND detail = :detail)"
        ),
        facts,
    )
    return bool(found.scalar_one())


ROUTES = [
    route("GET", "/caisse/operation/{operation_id}", show, roles=TILL_ROLES),
    route("POST", "/caisse/operation/{operation_id}", ask, roles=TILL_ROLES),
    route("POST", "/caisse/operation/{operation_id}/annulation", cancel, roles=TILL_ROLES),
    route("GET", "/caisse/operation/{operation_id}/ticket", ticket, roles=TILL_ROLES),
]
