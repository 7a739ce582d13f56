"""« Comptes bancaires à vérifier »: accounts that wait for a second agent (C68, C70).

The law: a number is masked; its whole is shown on request, to be held against the RIB, and each
look is in the journal. Who changed an account does not verify it, and nobody does before its hold
is over: the page says so, the verb refuses.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import (
    WaitingAccount,
    account_exists,
    count_of_waiting_accounts,
    decided_accounts,
    waiting_account_numbered,
    waiting_accounts,
)
from cardservice.db.queries.clock import ledger_instant
from cardservice.domain.refusal import Refused
from cardservice.services.refuse_iban import refuse_iban
from cardservice.services.show_iban import show_iban
from cardservice.services.verify_iban import IbanVerified, TypedCode, verify_iban
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from cardservice.webkit.leafing import page_asked, page_count
from department_desk.portal import PREFIX, READERS, AgentVisit, route

_ACCOUNTS: Final = f"{PREFIX}/coordonnees-bancaires"
_PER_PAGE: Final = 30
_DECIDED: Final = 20
_FIELD_OF: Final = {
    "iban_name_differs": "preuve",
    "reason_malformed": "preuve",
    "totp_wrong": "code",
    "totp_used": "code",
    "sign_in_delayed": "code",
}


def show_all(visit: AgentVisit) -> Response:
    """Those that wait, and the latest decisions."""
    with unit_of_work(visit.office.engine) as connection:
        last = page_count(count_of_waiting_accounts(connection), per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        waiting = waiting_accounts(connection, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        decided = decided_accounts(connection, limit=_DECIDED)
        at = ledger_instant(connection)
    return visit.page(
        "accounts/waiting.html", waiting=waiting, decided=decided, at=at, page=page, last=last
    )


def show(visit: AgentVisit) -> Response:
    """One account beside what it is compared with."""
    account, facts = _looked_at(visit)
    if account is None:
        return _gone(visit)
    return visit.page("accounts/one.html", form=Shown(), iban=None, **facts)


def show_number(visit: AgentVisit) -> Response:
    """The same page with the whole number, noted in the journal."""
    account, facts = _looked_at(visit)
    if account is None:
        return _gone(visit)
    iban = show_iban(visit.office.engine, account.bank_account_id, email=visit.signed_in.email)
    if isinstance(iban, Refused):
        return _gone(visit)
    grouped = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    return visit.page("accounts/one.html", form=Shown(), iban=grouped, **facts)


def verify(visit: AgentVisit) -> Response:
    """Puts the account to use."""
    account, facts = _looked_at(visit)
    if account is None:
        return _gone(visit)
    done = verify_iban(
        visit.office.engine,
        partner_name=account.siret,
        email=visit.signed_in.email,
        evidence=visit.form.text("preuve"),
        looked_at=account.bank_account_id,
        code=TypedCode(visit.office.keys, visit.form.text("code")),
    )
    if isinstance(done, IbanVerified):
        return visit.go(_ACCOUNTS, said="iban_verified")
    if done.code == "iban_not_waiting":
        return _gone(visit)
    field = _FIELD_OF.get(done.code, "")
    return visit.refused_form("accounts/one.html", done, field=field, iban=None, **facts)


def ask_refusal(visit: AgentVisit) -> Response:
    """Asks what the partner is to be told."""
    account, facts = _looked_at(visit)
    if account is None:
        return _gone(visit)
    return visit.page("accounts/refuse.html", form=Shown(), **facts)


def refuse(visit: AgentVisit) -> Response:
    """Turns the account down."""
    account, facts = _looked_at(visit)
    if account is None:
        return _gone(visit)
    done = refuse_iban(
        visit.office.engine,
        partner_name=account.siret,
        email=visit.signed_in.email,
        reason=visit.form.text("motif"),
        looked_at=account.bank_account_id,
    )
    if not isinstance(done, Refused):
        return visit.go(_ACCOUNTS, said="iban_refused")
    if done.code == "iban_not_waiting":
        return _gone(visit)
    field = "motif" if done.code == "reason_malformed" else ""
    return visit.refused_form("accounts/refuse.html", done, field=field, **facts)


def _looked_at(visit: AgentVisit) -> tuple[WaitingAccount | None, dict[str, Any]]:
    with unit_of_work(visit.office.engine) as connection:
        number = visit.request.path_params["account_id"]
        account = waiting_account_numbered(connection, number)
        at = ledger_instant(connection)
    if account is None:
        return None, {}
    return account, {
        "account": account,
        "address": f"{_ACCOUNTS}/{account.bank_account_id}",
        "at": at,
        "hours_left": _hours_left(account, at),
        "changed_it": account.changed_by == visit.signed_in.actor,
    }


def _hours_left(account: WaitingAccount, at: Any) -> int:
    """Begun hours of the hold that are left; 0 when it is over."""
    seconds = (account.usable_from - at).total_seconds()
    return max(0, -int(-seconds // 3600))


def _gone(visit: AgentVisit) -> Response:
    """Decided meanwhile, or taken back by the partner: the list tells; unknown if never there."""
    with unit_of_work(visit.office.engine) as connection:
        was_there = account_exists(connection, visit.request.path_params["account_id"])
    return visit.go(_ACCOUNTS, said="iban_gone") if was_there else unknown(visit)


_ONE: Final = "/coordonnees-bancaires/{account_id:number}"
ROUTES: Final = [
    route("GET", "/coordonnees-bancaires", show_all, roles=READERS),
    route("GET", _ONE, show, roles=READERS),
    route("POST", f"{_ONE}/numero", show_number, roles=READERS),
    route("POST", f"{_ONE}/verifier", verify, roles=READERS),
    route("GET", f"{_ONE}/refuser", ask_refusal, roles=READERS),
    route("POST", f"{_ONE}/refuser", refuse, roles=READERS),
]
