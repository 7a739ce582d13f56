"""`/banque`: what the bank has, what it has answered, what came back, and its files taken in (C67).

The law: a file is understood by the clearing house, which changes nothing for what it does not
understand; the page shows each entry with what was made of it. Accounts are not shown here.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_desk import bank_message_of, runs_at_bank
from cardservice.db.queries.debits import day_now
from cardservice.domain.refusal import Refused
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import MalformedForm, Shown
from cardservice.webkit.leafing import page_asked, page_count
from clearing.bank.inbox import count_of_messages, findings_of, messages, waiting_again
from clearing.bank.reasons import reason_of, remark_sentence, understood_word
from clearing.bank.take_in import take_in
from department_desk.portal import FINANCE, PREFIX, READERS, AgentVisit, route

_BANK: Final = f"{PREFIX}/banque"
_PER_PAGE: Final = 20
_FINDINGS: Final = 200
# The clearing house refuses a file beyond ten million bytes; a little more holds its form.
_MOST_BYTES: Final = 10_100_000


def show(visit: AgentVisit) -> Response:
    """The whole page."""
    with unit_of_work(visit.office.engine) as connection:
        facts = _facts(connection, visit)
    return visit.page("bank/bank.html", form=Shown(), **facts)


def take_file_in(visit: AgentVisit) -> Response:
    """Takes a file of the bank in; the same file again shows what it said the first time."""
    content = visit.form.files.get("fichier")
    if content is None and "fichier" in visit.form.fields:
        raise MalformedForm("a text where a file belongs")
    if not content:
        taken: Any = Refused("bank_file_missing")
    else:
        taken = take_in(visit.office.engine, content, by=visit.signed_in.email)
    if isinstance(taken, Refused):
        with unit_of_work(visit.office.engine) as connection:
            facts = _facts(connection, visit)
        return visit.refused_form("bank/bank.html", taken, field="fichier", **facts)
    said = "bank_known" if taken.is_known else "bank_taken_in"
    return visit.go(f"{_BANK}/messages/{taken.bank_message_id}", said=said)


def show_message(visit: AgentVisit) -> Response:
    """One message, entry by entry; what a person must look at comes first."""
    number = visit.request.path_params["message_id"]
    with unit_of_work(visit.office.engine) as connection:
        message = bank_message_of(connection, number)
        if message is None:
            return unknown(visit)
        last = page_count(message.entries - message.not_ours, per_page=_FINDINGS)
        page = page_asked(visit.query, last=last)
        findings = findings_of(connection, number, limit=_FINDINGS, offset=(page - 1) * _FINDINGS)
    return visit.page(
        "bank/message.html",
        message=message,
        findings=findings,
        page=page,
        last=last,
        reason_of=reason_of,
        remark_sentence=remark_sentence,
        understood_word=understood_word,
    )


def _facts(connection: Connection, visit: AgentVisit) -> dict[str, Any]:
    last = page_count(count_of_messages(connection), per_page=_PER_PAGE)
    page = page_asked(visit.query, last=last)
    return {
        "today": day_now(connection),
        "at_bank": runs_at_bank(connection),
        "came_back": waiting_again(connection),
        "inbox": messages(connection, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE),
        "page": page,
        "last": last,
        "reason_of": reason_of,
    }


ROUTES: Final = [
    route("GET", "/banque", show, roles=READERS),
    route("POST", "/banque/fichier", take_file_in, roles=FINANCE, most_bytes=_MOST_BYTES),
    route("GET", "/banque/messages/{message_id:number}", show_message, roles=READERS),
]
