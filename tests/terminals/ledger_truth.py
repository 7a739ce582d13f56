"""What the ledger holds, to be held against what a terminal says of its sales.

The law: the rows themselves are asked, by SQL, not the API that the terminal has asked already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from api_client.entries import Entry
from api_client.journal import Journal
from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office


@dataclass(frozen=True)
class Stored:
    """A debit of the ledger."""

    outcome: str
    wallet: str
    amount_cents: int
    is_cancelled: bool

    @property
    def is_standing(self) -> bool:
        """Whether somebody has paid for good."""
        return self.outcome == "approved" and not self.is_cancelled


def debits_of(office: Office) -> dict[UUID, Stored]:
    """Every debit by its id: the id is unique in the ledger, so none can be there twice."""
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT d.operation_id, d.outcome, d.wallet, d.amount_cents,"
                " EXISTS (SELECT FROM operation c WHERE c.target_id = d.operation_id"
                "   AND c.kind = 'cancellation' AND c.outcome = 'cancelled') AS is_cancelled"
                " FROM operation d WHERE d.kind = 'debit'"
            )
        ).all()
    return {
        row.operation_id: Stored(row.outcome, row.wallet, row.amount_cents, row.is_cancelled)
        for row in rows
    }


def spent_cents(office: Office) -> int:
    """What has left the wallets of all holders and stayed away."""
    with unit_of_work(office.engine) as connection:
        return int(
            connection.execute(
                text(
                    "SELECT COALESCE(sum(amount_cents * CASE WHEN kind = 'grant' THEN 1 ELSE 0 END)"
                    " - (SELECT sum(balance_cents) FROM wallet), 0) FROM operation"
                )
            ).scalar_one()
        )


def tombstones_of(office: Office) -> set[UUID]:
    """Ids that were cancelled before a debit came."""
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT target_id FROM operation c WHERE kind = 'cancellation' AND NOT EXISTS"
                " (SELECT FROM operation d WHERE d.operation_id = c.target_id)"
            )
        ).all()
    return {row.target_id for row in rows}


def assert_true(entry: Entry, ledger: dict[UUID, Stored], tombstones: set[UUID]) -> None:
    """The entry says of its sale what the ledger says."""
    operation_id = entry.order.operation_id
    stored = ledger.get(operation_id)
    match entry.state:
        case "approved":
            assert stored is not None and stored.is_standing, entry
        case "declined":
            assert stored is None or stored.outcome == "declined", entry
        case "cancelled":
            assert not (stored is not None and stored.is_standing), entry
            # Nothing that is still on its way can take the money either.
            assert operation_id in tombstones or stored is not None, entry
        case _:
            raise AssertionError(f"not resolved: {entry}")
    if stored is not None:
        order = entry.order
        assert (stored.wallet, stored.amount_cents) == (order.wallet, order.amount_cents)


def assert_all_true(office: Office, journal: Journal, ids: Iterable[UUID]) -> None:
    """Every sale of these is resolved and told as it is; no debit is there that nobody wrote down;
    and the money that left is that of the approved sales, once each."""
    ledger, tombstones = debits_of(office), tombstones_of(office)
    approved_cents = 0
    wanted = set(ids)
    assert ledger.keys() <= wanted
    for operation_id in wanted:
        entry = journal.entry(operation_id)
        assert entry is not None
        assert_true(entry, ledger, tombstones)
        if entry.state == "approved":
            approved_cents += entry.order.amount_cents
    assert spent_cents(office) == approved_cents
