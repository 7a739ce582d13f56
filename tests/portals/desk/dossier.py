"""A bureau with two fortnights behind it: one at the bank, of which a transfer came back, and one
that waits for its approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.runs import attempts_of
from cardservice.domain.short_code import operation_reference
from cardservice.services.decide_proofs import Decision
from cardservice.services.web_sessions import session_of
from clearing.bank.typed import TransferAnswered, answer_transfer
from clearing.run.hold import PartnerHeld, hold_partner
from clearing.run.papers import remittance_number
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)
from tests.counter import TUTORING
from tests.portals.desk.agents import Bureau, open_desk_session
from tests.portals.desk.inbox import Inbox, make_inbox
from tests.portals.desk.sent_proofs import send_proofs

ANSWERED_ON = date(2026, 12, 2)


@dataclass(frozen=True)
class Dossier:
    """What has an address at the desk."""

    bureau: Bureau
    story: Fortnight
    sent_remittance_id: int
    failed_number: str
    waiting_remittance_id: int
    reference: str
    message_id: int
    held_partner_id: int
    other_session: str
    inbox: Inbox
    proofs: Decision

    @property
    def sent_period(self) -> str:
        return PERIOD

    @property
    def waiting_period(self) -> str:
        return NEXT_PERIOD


def make_dossier(story: Fortnight, bureau: Bureau) -> Dossier:
    """Everything by the services' own hands."""
    office = story.office
    for name in ("Librairie des Alpilles", "Piscine municipale", "Cinéma Le Méliès", "Judo-club"):
        story.add_partner(partner=name)
    sold = story.sell(1000)
    story.sell(1550, at=1)
    story.sell(450, wallet=TUTORING)
    story.sell(2000, at=3)
    story.end()
    story.run_until("exported")
    (failed,) = story.rows(
        "SELECT remittance_id, number_year, number FROM remittance WHERE partner_id = %s",
        story.partners[1].partner_id,
    )
    number = remittance_number(failed.number_year, failed.number)
    # Held only from the next draft on.
    held = hold_partner(
        office.engine, story.partners[3].siret, by=bureau["finance_preparer"].email,
        reason="Convention à revoir avec le service juridique",
    )  # fmt: skip
    assert isinstance(held, PartnerHeld), held
    story.sell(2500)
    story.sell(2900, at=2)
    story.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    answered = answer_transfer(
        office.engine, number, outcome="failed", reason_code="AC04",
        happened_on=ANSWERED_ON, by=bureau["finance_preparer"].email,
    )  # fmt: skip
    story.run_until("submitted", NEXT_PERIOD)
    assert isinstance(answered, TransferAnswered), answered
    assert sold.operation_no is not None
    return Dossier(
        bureau,
        story,
        sent_remittance_id=failed.remittance_id,
        failed_number=number,
        waiting_remittance_id=_first_remittance(story),
        reference=operation_reference(sold.operation_no),
        message_id=story.rows("SELECT bank_message_id FROM bank_message")[0].bank_message_id,
        held_partner_id=story.partners[3].partner_id,
        other_session=_another_session(story, bureau),
        inbox=make_inbox(story, bureau),
        proofs=send_proofs(office),
    )


def run_now(story: Fortnight, period: str) -> Any:
    """The last attempt of a fortnight as the desk reads it."""
    with unit_of_work(story.office.engine) as connection:
        return attempts_of(connection, period)[0]


def _first_remittance(story: Fortnight) -> int:
    found = story.rows(
        "SELECT remittance_id FROM remittance JOIN reimbursement_run USING (run_id)"
        " WHERE period_key = %s ORDER BY remittance_id LIMIT 1",
        NEXT_PERIOD,
    )
    return int(found[0].remittance_id)


def _another_session(story: Fortnight, bureau: Bureau) -> str:
    secret = open_desk_session(story.office, bureau["finance_preparer"])
    with unit_of_work(story.office.engine) as connection:
        session = session_of(connection, secret, realm="agent")
    assert session is not None
    return session.handle
