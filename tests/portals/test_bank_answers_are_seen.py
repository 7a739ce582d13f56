"""What the bank answers, as a partner reads it: sent, refused, presented again, paid; or held."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from clearing.bank.typed import answer_transfer
from clearing.run.hold import hold_partner
from tests import makers
from tests.conftest import Clock
from tests.portals.belongings import Belongings
from tests.portals.conftest import SignedIn
from tests.portals.site import Site
from tests.portals.visitor import Visitor

MONEY = "/partenaire/remboursements"
# The file of the first fortnight was exported before; both words are the bank's.
LATER = datetime(2026, 12, 10, 9, tzinfo=UTC)


def bank_says(site: Site, ours: Belongings, outcome: str, reason: str | None = None) -> date:
    Clock(site.office).set(LATER)
    agent = makers.make_agent(site.office, "finance_preparer")
    done = answer_transfer(
        site.office.engine,
        ours.remittance_number,
        outcome=outcome,
        reason_code=reason,
        happened_on=paris_day(LATER),
        by=agent.email,
    )
    assert not isinstance(done, Refused), done
    return paris_day(LATER)


def pages(lead: Visitor, ours: Belongings) -> tuple[str, str, str]:
    """The list, the remittance and one of its debits."""
    return (
        lead.get(MONEY).text,
        lead.get(f"{MONEY}/{ours.remittance_number}").text,
        lead.get(f"/partenaire/transactions/{ours.before.operation_id}").text,
    )


def test_a_transfer_that_was_paid_says_on_which_day(
    site: Site, sides: tuple[Belongings, Belongings], signed_in: SignedIn
) -> None:
    bank_says(site, sides[0], "paid")
    lead = signed_in(sides[0].team.people["lead"])
    listed, remittance, debit = pages(lead, sides[0])
    assert "payé le 10/12/2026" in listed
    assert "Payé" in remittance and "10/12/2026" in remittance
    assert "Payé" in debit and "10/12/2026" in debit


def test_a_transfer_that_came_back_asks_for_another_account(
    site: Site, sides: tuple[Belongings, Belongings], signed_in: SignedIn
) -> None:
    bank_says(site, sides[0], "failed", "AC04")
    lead = signed_in(sides[0].team.people["lead"])
    listed, remittance, debit = pages(lead, sides[0])
    assert "Virement rejeté" in listed and "rejeté le 10/12/2026" in listed
    assert "Virement rejeté : vérifiez votre RIB" in remittance
    assert "Le compte est clos." in remittance
    assert "/partenaire/coordonnees-bancaires" in remittance
    assert "Virement rejeté" in debit
    assert lead.get("/partenaire").status_code == 200


def test_a_failure_that_is_not_the_partners_asks_for_nothing(
    site: Site, sides: tuple[Belongings, Belongings], signed_in: SignedIn
) -> None:
    bank_says(site, sides[0], "failed", "AM04")
    lead = signed_in(sides[0].team.people["lead"])
    _, remittance, _ = pages(lead, sides[0])
    assert "Virement rejeté par la banque" in remittance and "vérifiez votre RIB" not in remittance


def test_a_partner_whose_payments_are_held_reads_so_and_no_promised_day(
    site: Site, sides: tuple[Belongings, Belongings], signed_in: SignedIn
) -> None:
    agent = makers.make_agent(site.office, "finance_preparer")
    lead = signed_in(sides[0].team.people["lead"])
    assert "23 décembre 2026" in lead.get(MONEY).text
    held = hold_partner(
        site.office.engine,
        sides[0].team.partner.siret,
        by=agent.email,
        reason="something to be seen",
    )
    assert not isinstance(held, Refused), held
    listed = lead.get(MONEY).text
    assert "Retenu" in listed and "retenus par le Département" in listed
    assert "23 décembre 2026" not in listed
    assert "something to be seen" not in listed, "why is the Département's affair"
    assert "retenus par le Département" in lead.get("/partenaire").text
