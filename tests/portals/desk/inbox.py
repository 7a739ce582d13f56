"""What lies in the inboxes of the desk: debits that are asked about, accounts that wait, budgets.

The law: made by the services, but for the partner's question, whose form has tests of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import operation_reference
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.regularise import Correction, Regularisation, ask_regularisation
from cardservice.services.set_budget import WantedBudget, set_budget
from tests import makers
from tests.clearing.story import Fortnight
from tests.conftest import Clock
from tests.counter import SPORT
from tests.portals.desk.agents import Bureau

LATER = datetime(2026, 12, 17, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Inbox:
    """`open_reference` is a debit that its partner asks about; of `reference` a regularisation was
    booked and another waits for a second agent, both asked for by the hotline's agent."""

    story: Fortnight
    bureau: Bureau
    open_reference: str
    reference: str
    booked: int
    waiting: int
    account_id: int
    account_partner: makers.Shop


def make_inbox(story: Fortnight, bureau: Bureau, *, at: datetime = LATER) -> Inbox:
    """Everything on the day of `at`, about debits of the day before."""
    story.card = makers.make_card(story.office)
    place = story.add_partner(trade_name="Théâtre de l’Étoile", holder_name="ASS THEATRE ETOILE")
    asked_about, corrected = story.sell(3000, at=place), story.sell(6000, at=place)
    Clock(story.office).set(at)
    open_file(story, asked_about, right_cents=1800)
    waiting_partner = makers.make_partner(
        story.office, trade_name="Ludothèque du Port", holder_name="MME INCONNUE CLAIRE"
    )
    [account] = story.rows(
        "SELECT bank_account_id FROM bank_account WHERE partner_id = %s", waiting_partner.partner_id
    )
    for wallet, cents in ((SPORT, 25_000), ("tutoring", 8_000)):
        wanted = WantedBudget(2026, wallet, cents, "Délibération n° 2026-117")
        done = set_budget(story.office.engine, wanted, by=bureau["finance_approver"].email)
        assert not isinstance(done, Refused), done
    return Inbox(
        story,
        bureau,
        open_reference=reference_of(asked_about),
        reference=reference_of(corrected),
        booked=ask(story, bureau, corrected, 1000, state="booked"),
        waiting=ask(story, bureau, corrected, 4500, state="waiting"),
        account_id=account.bank_account_id,
        account_partner=waiting_partner,
    )


def reference_of(debit: DebitAnswer) -> str:
    """As the ticket shows it."""
    assert debit.operation_no is not None
    return operation_reference(debit.operation_no)


def ask(story: Fortnight, bureau: Bureau, debit: DebitAnswer, cents: int, *, state: str) -> int:
    """The number of a regularisation that the hotline has asked for."""
    wanted = Correction(reference_of(debit), cents, "wrong_amount", "Appel du 17, ticket reçu")
    done = ask_regularisation(story.office.engine, wanted, by=bureau["hotline"].email)
    assert isinstance(done, Regularisation) and done.state == state, done
    return done.regularisation_id


def open_file(
    story: Fortnight, debit: DebitAnswer, *, right_cents: int, explanation: str = "Tarif réduit"
) -> None:
    """A partner's lead asks about a debit."""
    story.meddle(
        "INSERT INTO regularisation_file (operation_id, partner_id, opened_by, opened_at, reason,"
        " right_amount_cents, explanation) SELECT o.operation_id, o.partner_id, d.delegate_id,"
        " ledger_now(), 'wrong_amount', %s, %s FROM operation o JOIN delegate d USING (partner_id)"
        " WHERE o.operation_id = %s LIMIT 1",
        right_cents,
        explanation,
        debit.operation_id,
    )


def rows_of(inbox: Inbox, query: str, *values: Any) -> list[Any]:
    """What the database says."""
    return inbox.story.rows(query, *values)
