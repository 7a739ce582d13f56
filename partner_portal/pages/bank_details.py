"""« Coordonnées bancaires »: the account in use, the one that waits, and a change (C68, C70).

The law: a number is typed and never shown again, only its mask; change and its withdrawal ask for
password and second factor in the same form.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.bank_accounts import live_accounts
from cardservice.db.queries.clock import ledger_instant, paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.cancel_iban_change import cancel_iban_change
from cardservice.services.change_iban import change_iban
from cardservice.services.partners_file import BankFields
from cardservice.webkit.doors import refusal_page
from cardservice.webkit.forms import Shown
from partner_portal.pages.delegates_lead import PROOF_FIELD_OF
from partner_portal.portal import PREFIX, PartnerVisit, route

_BANK: Final = f"{PREFIX}/coordonnees-bancaires"
_FIELD_OF: Final = {
    **PROOF_FIELD_OF,
    "iban_malformed": "iban",
    "iban_unchanged": "iban",
    "holder_name_malformed": "titulaire",
}


def show(visit: PartnerVisit) -> Response:
    """The account in use and the one that waits, masked."""
    with unit_of_work(visit.office.engine) as connection:
        accounts = live_accounts(connection, visit.signed_in.partner_id)
        at = ledger_instant(connection)
    return visit.page(
        "bank/accounts.html",
        in_use=accounts.get("verified"),
        waiting=accounts.get("unverified"),
        at=at,
    )


def show_change(visit: PartnerVisit) -> Response:
    """An empty form."""
    return visit.page("bank/change.html", form=Shown(), hold_hours=_hold_hours(visit))


def change(visit: PartnerVisit) -> Response:
    """Declares another account."""
    outcome = change_iban(
        visit.office.engine,
        visit.office.keys,
        lead=visit.signed_in,
        bank=BankFields(visit.form.text("iban"), visit.form.text("titulaire")),
        password=visit.form.raw("mot_de_passe"),
        code=visit.form.text("code"),
    )
    if isinstance(outcome, Refused):
        return _refused(visit, outcome, "bank/change.html", hold_hours=_hold_hours(visit))
    return visit.go(_BANK, said="iban_declared")


def show_cancel(visit: PartnerVisit) -> Response:
    """Asks before a change is taken back."""
    with unit_of_work(visit.office.engine) as connection:
        accounts = live_accounts(connection, visit.signed_in.partner_id)
    if len(accounts) < 2:
        return visit.go(_BANK)
    return visit.page("bank/cancel.html", form=Shown(), waiting=accounts["unverified"])


def cancel(visit: PartnerVisit) -> Response:
    """Takes the change back."""
    outcome = cancel_iban_change(
        visit.office.engine,
        visit.office.keys,
        lead=visit.signed_in,
        password=visit.form.raw("mot_de_passe"),
        code=visit.form.text("code"),
    )
    if outcome is None:
        return visit.go(_BANK, said="iban_nothing_waits")
    if isinstance(outcome, Refused):
        with unit_of_work(visit.office.engine) as connection:
            accounts = live_accounts(connection, visit.signed_in.partner_id)
        return _refused(visit, outcome, "bank/cancel.html", waiting=accounts.get("unverified"))
    return visit.go(_BANK, said="iban_change_cancelled")


def _refused(visit: PartnerVisit, refused: Refused, page: str, **facts: object) -> Response:
    if refused.code == "role_may_not":
        return refusal_page(visit, refused, status=403)
    return visit.refused_form(page, refused, field=_FIELD_OF.get(refused.code, ""), **facts)


def _hold_hours(visit: PartnerVisit) -> int:
    with unit_of_work(visit.office.engine) as connection:
        return scheme.rule_number(connection, "iban_hold_hours", paris_today(connection))


ROUTES: Final = [
    route("GET", "/coordonnees-bancaires", show, roles=LEAD),
    route("GET", "/coordonnees-bancaires/changer", show_change, roles=LEAD),
    route("POST", "/coordonnees-bancaires/changer", change, roles=LEAD, slow=True),
    route("GET", "/coordonnees-bancaires/annuler", show_cancel, roles=LEAD),
    route("POST", "/coordonnees-bancaires/annuler", cancel, roles=LEAD, slow=True),
]
