"""What the tests of the bank's answers share: a sent run, its transfers' names, the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.services.bank_account import declare_account
from cardservice.services.partners_file import BankFields
from clearing.bank.take_in import TakenIn, take_in
from tests import makers
from tests.clearing.story import Fortnight
from tests.conftest import Clock

THIRD_IBAN = "FR1420041010050500013M02606"


@dataclass(frozen=True)
class Sent:
    """A transfer as it went to the bank."""

    name: str
    number: str
    cents: int
    partner_id: int

    @property
    def euros(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d}"


def transfers(fortnight: Fortnight, period: str) -> list[Sent]:
    """The transfers of the last run of a period, in the order of their numbers."""
    rows = fortnight.rows(
        "SELECT number_year, number, presentation, transfer_cents, partner_id FROM remittance m"
        " JOIN reimbursement_run r USING (run_id) WHERE period_key = %s AND transfer_cents > 0"
        " AND attempt = (SELECT max(attempt) FROM reimbursement_run WHERE period_key = %s)"
        " ORDER BY number",
        period,
        period,
    )
    found = []
    for row in rows:
        number = f"BR-{row.number_year}-{row.number:06d}"
        again = f"-R{row.presentation}" if row.presentation else ""
        found.append(Sent(number + again, number, row.transfer_cents, row.partner_id))
    return found


def take(fortnight: Fortnight, content: bytes, *, by: str | None = None) -> TakenIn:
    """Taken in by the preparer."""
    taken = take_in(fortnight.office.engine, content, by=by or fortnight.preparer.email)
    assert isinstance(taken, TakenIn), taken
    return taken


def refusal(fortnight: Fortnight, content: bytes) -> str:
    """The code with which a file is refused."""
    taken = take_in(fortnight.office.engine, content, by=fortnight.preparer.email)
    assert isinstance(taken, Refused), taken
    return taken.code


def state(fortnight: Fortnight, period: str) -> str:
    return fortnight.run(period).state


def remarks(fortnight: Fortnight) -> list[str]:
    """Why entries were left for a person, in their order."""
    return [
        row.remark
        for row in fortnight.rows(
            "SELECT remark FROM bank_finding WHERE remark IS NOT NULL"
            " ORDER BY bank_message_id, entry_no"
        )
    ]


def accounts(fortnight: Fortnight) -> dict[str, int]:
    """What the ledger holds for partners: payable, in transit, paid; cents."""
    rows = fortnight.rows(
        "SELECT account, sum(amount_cents)::bigint AS cents FROM ledger_entry"
        " WHERE account IN ('partner_payable', 'in_transit', 'paid') GROUP BY account"
    )
    return {"partner_payable": 0, "in_transit": 0, "paid": 0} | {
        row.account: row.cents for row in rows
    }


def books(fortnight: Fortnight) -> tuple[int, int, int]:
    """(owed, in transit, paid) in cents."""
    found = accounts(fortnight)
    return found["partner_payable"], found["in_transit"], found["paid"]


def holds(fortnight: Fortnight) -> None:
    proof = prove(fortnight.office.engine)
    assert proof.ok, proof.first_difference


def everything(fortnight: Fortnight) -> dict[str, Any]:
    """Every row that an answer of the bank may touch, to see that nothing moved."""
    return {
        table: sorted(map(str, fortnight.rows(f"SELECT * FROM {table}")))
        for table in (
            "operation",
            "bank_message",
            "bank_finding",
            "transfer_answer",
            "reimbursement_run",
            "remittance",
            "remittance_re_presentation",
            "waiting_mail",
        )
    }


def change_account(
    fortnight: Fortnight, *, at: int = 0, iban: str = THIRD_IBAN, when: datetime | None = None
) -> None:
    """The partner gives another account, and an agent verifies it when its hold is over."""
    office, shop = fortnight.office, fortnight.partners[at]
    (holder,) = {
        row.holder_name
        for row in fortnight.rows(
            "SELECT holder_name FROM bank_account WHERE partner_id = %s", shop.partner_id
        )
    }
    with unit_of_work(office.engine) as connection:
        declare_account(
            connection, shop.partner_id, BankFields(iban, holder), changed_by="delegate:0"
        )
    fortnight.meddle("UPDATE bank_account SET usable_from = changed_at WHERE state = 'unverified'")
    if when is not None:
        Clock(office).set(when)
    makers.verify_partner(office, shop, fortnight.approver)


def day(number: int, month: int = 12, year: int = 2026) -> date:
    return date(year, month, number)


def hour(number: int, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, number, 9, tzinfo=UTC)
