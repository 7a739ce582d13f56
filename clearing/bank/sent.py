"""What went to the bank, and what it has answered so far: what a message is held against.

The law: a transfer is known by its whole EndToEndId and by nothing else, a run by the names of its
file. While a message is read its answers are noted here, so that one that says a thing twice is
taken once; the money function decides again when they are booked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.ledger.streams import STREAMED
from clearing.run.read_remittance import remittance_number
from clearing.run.transfers import end_to_end_id

_OURS: Final = re.compile(r"BR-([0-9]{4})-([0-9]{6,9})(?:-R[0-9]+)?")
_MOST_NUMBER: Final = 2_000_000_000
_OVER_THE_ACCOUNT: Final = ("camt053", "camt054")

_RUNS_OF_FILES: Final = text(
    "SELECT run_id FROM reimbursement_run WHERE exported_at IS NOT NULL"
    " AND (msg_id = ANY(:names) OR msg_id || '-1' = ANY(:names)) ORDER BY run_id"
)
_RUNS_OF_NUMBERS: Final = text(
    "SELECT DISTINCT m.run_id FROM remittance m JOIN reimbursement_run r USING (run_id)"
    " JOIN unnest(CAST(:years AS smallint[]), CAST(:numbers AS int[])) AS asked (year, number)"
    "  ON (asked.year, asked.number) = (m.number_year, m.number)"
    " WHERE r.exported_at IS NOT NULL ORDER BY m.run_id"
)
_RUNS: Final = text(
    "SELECT run_id, period_key, msg_id, state, exported_at FROM reimbursement_run"
    " WHERE run_id = ANY(:run_ids) ORDER BY run_id"
)
_TRANSFERS: Final = text(
    "SELECT m.remittance_id, m.run_id, m.partner_id, m.number_year, m.number, m.presentation,"
    " m.transfer_cents, m.iban, paid.happened_on AS paid_on, failed.happened_on AS failed_on,"
    # What fell with its file was refused unseen, whoever told so: it was never debited.
    " CASE WHEN failed.with_file THEN 'pain002' ELSE b.kind END AS failed_by"
    " FROM remittance m"
    " LEFT JOIN transfer_answer paid ON paid.remittance_id = m.remittance_id"
    "  AND paid.outcome = 'paid'"
    " LEFT JOIN transfer_answer failed ON failed.remittance_id = m.remittance_id"
    "  AND failed.outcome = 'failed'"
    " LEFT JOIN bank_message b ON b.bank_message_id = failed.bank_message_id"
    " WHERE m.run_id = ANY(:run_ids) AND m.transfer_cents > 0 ORDER BY m.number_year, m.number"
)


@dataclass(slots=True)
class SentTransfer:
    """One transfer; cents. `failed_by` is the kind of message that said so."""

    remittance_id: int
    run_id: int
    partner_id: int
    number: str
    end_to_end_id: str
    amount_cents: int
    iban: str
    is_paid: bool
    is_failed: bool
    failed_by: str | None


@dataclass(slots=True)
class SentRun:
    """One run and its transfers, in the order of their numbers."""

    run_id: int
    period_key: str
    msg_id: str
    state: str
    exported_on: date
    transfers: list[SentTransfer] = field(default_factory=list)

    @property
    def total_cents(self) -> int:
        """What its file asked the bank to pay."""
        return sum(transfer.amount_cents for transfer in self.transfers)

    @property
    def outstanding(self) -> list[SentTransfer]:
        """The transfers that the bank has said nothing final of."""
        return [one for one in self.transfers if not one.is_paid and not one.is_failed]

    @property
    def was_executed(self) -> bool:
        """Whether some of it was paid, or came back over our account: the bank took the file."""
        return any(one.is_paid or one.failed_by in _OVER_THE_ACCOUNT for one in self.transfers)

    @property
    def typed_failures(self) -> list[SentTransfer]:
        """What somebody says has failed, one by one: it may have been debited before, or not."""
        return [
            one
            for one in self.transfers
            if one.is_failed and not one.is_paid and one.failed_by == "typed"
        ]

    def sum_to_be_debited(self, *, without: Container[int] = ()) -> int:
        """What one debit of our account for this run must be, to the cent: whatever was not
        rejected, but the transfers that were debited one by one (`without`). What came back over
        the account had been debited before."""
        return sum(
            one.amount_cents
            for one in self.transfers
            if one.remittance_id not in without
            and (one.is_paid or not one.is_failed or one.failed_by in _OVER_THE_ACCOUNT)
        )

    def day_of(self, said: date | None, *, received_on: date) -> date:
        """The day that a message gives, where it is possible; else the day it came."""
        is_possible = said is not None and self.exported_on <= said <= received_on
        return said if said is not None and is_possible else received_on


class Sent:
    """The runs that a message may be about."""

    def __init__(self, runs: Iterable[SentRun]) -> None:
        self.runs = {run.run_id: run for run in runs}
        self._by_file = {run.msg_id: run for run in self.runs.values()}
        self._by_name = {
            transfer.end_to_end_id: transfer
            for run in self.runs.values()
            for transfer in run.transfers
        }

    def run_of_file(self, msg_id: str | None) -> SentRun | None:
        """The run whose file has this MsgId."""
        return self._by_file.get(msg_id or "")

    def runs_named(self, file_ids: Iterable[str]) -> list[SentRun]:
        """The runs whose MsgId or PmtInfId is among these."""
        asked = set(file_ids)
        return [run for run in self.runs.values() if asked & {run.msg_id, f"{run.msg_id}-1"}]

    def transfer(self, name: str | None) -> SentTransfer | None:
        """The transfer of an EndToEndId, or None."""
        return self._by_name.get(name or "")


def looks_ours(name: str | None) -> bool:
    """Whether an EndToEndId has the shape of ours, known or not."""
    return name is not None and _OURS.fullmatch(name) is not None


def sent_to_the_bank(
    connection: Connection, *, file_ids: Iterable[str], names: Iterable[str]
) -> Sent:
    """Every exported run that these MsgId, PmtInfId or EndToEndId may belong to."""
    run_ids = set(connection.execute(_RUNS_OF_FILES, {"names": sorted(set(file_ids))}).scalars())
    asked = sorted(
        {
            (int(match[1]), int(match[2]))
            for match in map(_OURS.fullmatch, set(names))
            if match is not None and int(match[2]) < _MOST_NUMBER
        }
    )
    if asked:
        years, numbers = zip(*asked, strict=True)
        found = connection.execute(
            _RUNS_OF_NUMBERS, {"years": list(years), "numbers": list(numbers)}
        )
        run_ids |= set(found.scalars())
    return Sent(_loaded(connection, sorted(run_ids)))


def sent_run(connection: Connection, run_id: int) -> SentRun:
    """One exported run."""
    return _loaded(connection, [run_id])[0]


def transfer_numbered(
    connection: Connection, number: str
) -> tuple[SentRun, SentTransfer] | Refused:
    """A transfer by its remittance's number, with its -R1 or without. Refused: transfer_unknown."""
    name = number.strip().upper()
    for run in sent_to_the_bank(connection, file_ids=(), names=[name]).runs.values():
        for transfer in run.transfers:
            if name in (transfer.end_to_end_id, transfer.number):
                return run, transfer
    return Refused("transfer_unknown", {"number": name[:40]})


def _loaded(connection: Connection, run_ids: list[int]) -> list[SentRun]:
    runs = {
        row.run_id: SentRun(
            row.run_id, row.period_key, row.msg_id, row.state, paris_day(row.exported_at)
        )
        for row in connection.execute(_RUNS, {"run_ids": run_ids})
    }
    rows = connection.execute(_TRANSFERS, {"run_ids": run_ids}, execution_options=STREAMED)
    for row in rows:
        runs[row.run_id].transfers.append(_transfer(row))
    return list(runs.values())


def _transfer(row: Any) -> SentTransfer:
    return SentTransfer(
        remittance_id=row.remittance_id,
        run_id=row.run_id,
        partner_id=row.partner_id,
        number=remittance_number(row.number_year, row.number),
        end_to_end_id=end_to_end_id(row.number_year, row.number, row.presentation),
        amount_cents=row.transfer_cents,
        iban=row.iban,
        is_paid=row.paid_on is not None,
        is_failed=row.failed_on is not None,
        failed_by=row.failed_by,
    )
