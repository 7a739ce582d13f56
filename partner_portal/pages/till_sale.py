"""From « Identité vérifiée » to the debit: wallet, amount, PIN, answer (C52 to C58).

The law: the money is the office's business (services/take_debit.py), under the operation id that
the identity page was given. An answer is final for its id, so whatever may be tried again gets a
new one; what is not known is said to be unknown, and the same id asks, is sent again or cancels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cardservice.api.answers import declined_body
from cardservice.domain.debit import pin_is_due
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.ledger.group_commit import Unavailable
from cardservice.services.acting_delegate import TILL_ROLES
from cardservice.services.recall_holder import Holder, recall_holder
from cardservice.services.take_debit import DebitAsked, take_debit
from cardservice.webkit.forms import Shown
from partner_portal.pages.till import ready
from partner_portal.pages.till_desk import (
    TILL,
    Standing,
    closed,
    not_selling,
    revoked,
    standing,
    till_page,
)
from partner_portal.pages.till_form import SaleForm, errors_of, pin_error, read_sale
from partner_portal.portal import PartnerVisit, route

# Refusals after which another amount or wallet may pass with the same card.
_OTHER_AMOUNT = frozenset(
    ("insufficient_balance", "amount_above_terminal_limit", "wallet_not_accepted")
)


async def choose_amount(visit: PartnerVisit) -> Response:
    """« Identité vérifiée »: which wallet, and how much?"""
    entered = await _enter(visit)
    if isinstance(entered, Response):
        return entered
    at, sale, holder = entered
    if sale.wallet not in holder.wallets:
        # Picked alone when there is one.
        only = next(iter(holder.wallets)) if len(holder.wallets) == 1 else None
        sale = replace(sale, wallet=only)
    shown = Shown({"montant": sale.amount_shown, "porte_monnaie": sale.wallet or ""})
    return await _amount_page(visit, at, sale, holder, shown)


async def look_over(visit: PartnerVisit) -> Response:
    """The sale in one sentence before it is made; here the PIN is typed where it is due."""
    entered = await _enter(visit)
    if isinstance(entered, Response):
        return entered
    at, sale, holder = entered
    if visit.form.checked("solde_entier") and sale.wallet in holder.wallets:
        sale = replace(sale, amount_cents=holder.wallets[sale.wallet])
    if sale.wallet not in holder.wallets or not sale.amount_cents:
        shown = errors_of(replace(sale, amount_cents=sale.amount_cents or None))
        return await _amount_page(visit, at, sale, holder, shown, status=422)
    return await _review_page(visit, at, sale, holder, Shown())


async def debit(visit: PartnerVisit) -> Response:
    """« Débiter »."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    sale = read_sale(visit.form)
    if sale.wallet is None or sale.amount_cents is None:
        return await look_over(visit)
    pin_due = pin_is_due(at.terminal.pin_required, at.terminal.above_cents, sale.amount_cents)
    if pin_due and sale.pin is None:
        holder = await _holder(visit, at, sale)
        if holder is not None:
            # Not asked of the ledger: a refusal would use the id up.
            return await _review_page(visit, at, sale, holder, pin_error(), status=422)
    asked = DebitAsked(
        sale.operation_id,
        sale.identification,
        sale.wallet,
        sale.amount_cents,
        sale.identity_checked,
        sale.pin,
    )
    try:
        answer = await take_debit(at.desk.till, key_hash=at.key_hash, asked=asked, actor=at.actor)
    except (Unavailable, NoConnection, DBAPIError):
        return not_known(visit, at, sale)
    return await _answered(visit, at, sale, answer)


def not_known(visit: PartnerVisit, at: Standing, sale: SaleForm) -> Response:
    """« Nous ne savons pas encore si le débit est passé »: asks nothing of the database."""
    return visit.page(
        "till/unknown.html",
        status=503,
        at=at,
        day=None,
        sale=sale,
        operation=str(sale.operation_id),
        is_asked=False,
        pin_due=_pin_due(at, sale),
    )


async def _answered(
    visit: PartnerVisit, at: Standing, sale: SaleForm, answer: DebitAnswer | None
) -> Response:
    if answer is None:
        return revoked(visit)
    if answer.status == "suspended":
        return not_selling(visit, at) or closed(visit, "suspended", at=at)
    if answer.status == "expired":
        return await ready(visit, at, declined="identification_expired")
    if answer.status == "reused" or answer.outcome == "approved":
        # Its own page: reloading that one asks, it sends nothing again.
        said = "operation_reused" if answer.status == "reused" else None
        return visit.go(f"{TILL}/operation/{sale.operation_id}", said=said)
    assert answer.code is not None, "a refusal has its code"
    return await declined_page(visit, at, sale, answer)


async def declined_page(visit: PartnerVisit, at: Standing, sale: SaleForm, facts: Any) -> Response:
    """A refused debit: `facts` are the answer's, or those of its row."""
    told = declined_body(
        facts.code, balance_cents=facts.balance_after_cents, tries_left=facts.tries_left
    )
    holder = await _holder(visit, at, sale)
    amount_cents = sale.amount_cents or 0
    own_ceiling = (
        facts.code == "amount_above_terminal_limit"
        and at.actor.ceiling_cents is not None
        and at.actor.ceiling_cents < at.terminal.limit_cents
    )
    try_pin = facts.code in ("pin_required", "pin_wrong") and facts.tries_left != 0
    below_pin = at.terminal.pin_required == "above" and facts.code in ("pin_wrong", "pin_blocked")
    return await till_page(
        visit,
        at,
        "declined.html",
        declined=told,
        facts=facts,
        sale=sale.again(),
        operation=str(facts.operation_id),
        amount_cents=amount_cents,
        own_ceiling=own_ceiling,
        try_pin=try_pin and holder is not None,
        try_amount=(facts.code in _OTHER_AMOUNT or below_pin) and holder is not None,
        form=Shown(),
    )


async def _enter(
    visit: PartnerVisit,
) -> tuple[Standing, SaleForm, Holder] | Response:
    """What every step before the debit needs; an answer instead when there is no sale to go on."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    stopped = not_selling(visit, at)
    if stopped is not None:
        return stopped
    sale = read_sale(visit.form)
    holder = await _holder(visit, at, sale)
    if holder is None:
        return await ready(visit, at, declined="identification_expired")
    return at, sale, holder


async def _holder(visit: PartnerVisit, at: Standing, sale: SaleForm) -> Holder | None:
    return await run_in_threadpool(
        recall_holder,
        visit.office.engine,
        visit.office.keys,
        terminal=at.terminal,
        identification=sale.identification,
    )


async def _amount_page(
    visit: PartnerVisit,
    at: Standing,
    sale: SaleForm,
    holder: Holder,
    form: Shown,
    *,
    status: int = 200,
) -> Response:
    return await till_page(
        visit, at, "amount.html", status=status, sale=sale, holder=holder, form=form
    )


async def _review_page(
    visit: PartnerVisit,
    at: Standing,
    sale: SaleForm,
    holder: Holder,
    form: Shown,
    *,
    status: int = 200,
) -> Response:
    return await till_page(
        visit,
        at,
        "review.html",
        status=status,
        sale=sale,
        holder=holder,
        form=form,
        pin_due=_pin_due(at, sale),
    )


def _pin_due(at: Standing, sale: SaleForm) -> bool:
    return pin_is_due(at.terminal.pin_required, at.terminal.above_cents, sale.amount_cents or 0)


ROUTES = [
    route("POST", "/caisse/identite", choose_amount, roles=TILL_ROLES),
    route("POST", "/caisse/montant", look_over, roles=TILL_ROLES),
    route("POST", "/caisse/debit", debit, roles=TILL_ROLES),
]
