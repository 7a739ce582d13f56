"""Leads of a demonstration ask the hotline about debits of past days: its inbox is not empty.

The law: asked through the same service as the portal's form; each about one debit that can be
corrected.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.transactions import Scope
from cardservice.demo.cast import succeed
from cardservice.demo.delegates import LedPartner
from cardservice.demo.words import say
from cardservice.services.acting_delegate import ActingDelegate, acting_delegate
from cardservice.services.open_regularisation import RegularisationAsked, open_regularisation
from cardservice.wiring import Office

_PER_PARTNER: Final = 2
# What a regular says after the reduced price was forgotten: a quarter too much.
_RIGHT_PERCENT: Final = 75
_DEBITS: Final = text(
    "SELECT o.operation_id, o.amount_cents FROM operation o"
    " WHERE o.kind = 'debit' AND o.outcome = 'approved' AND o.partner_id = :partner_id"
    " AND o.school_year = (SELECT max(school_year) FROM wallet)"
    " AND o.business_day < business_day(ledger_now()) AND NOT EXISTS (SELECT FROM operation c"
    "  WHERE c.target_id = o.operation_id AND c.kind = 'cancellation')"
    " ORDER BY o.operation_no DESC LIMIT :most"
)


def ask_the_hotline(office: Office, partners: list[LedPartner]) -> None:
    """Some questions of each of these partners' leads; none where nothing was sold."""
    for partner in partners:
        with unit_of_work(office.engine) as connection:
            lead = acting_delegate(connection, partner.lead_id)
            assert lead is not None, "the lead has come in"
            questions = _questions(connection, lead)
        for asked in questions:
            succeed(open_regularisation(office.engine, lead, Scope(lead.partner_id), asked=asked))


def _questions(connection: Connection, lead: ActingDelegate) -> list[RegularisationAsked]:
    debits = connection.execute(_DEBITS, {"partner_id": lead.partner_id, "most": _PER_PARTNER})
    return [
        RegularisationAsked(
            debit.operation_id,
            "wrong_amount",
            debit.amount_cents * _RIGHT_PERCENT // 100,
            say("questions", "reduced_price"),
        )
        for debit in debits
    ]
