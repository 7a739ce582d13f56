"""What was understood of a message: a finding for each entry, and the answers that follow.

The law: every entry leaves a finding, also those that change nothing. What contradicts the books
changes nothing and says why (`remark`): a person decides, never the program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from clearing.bank.sent import SentRun, SentTransfer
from clearing.run.answer import TransferAnswer

# "You have sent this before": the first one may have been paid, so nothing is owed again.
DUPLICATES: Final = frozenset(("AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry. `understood` and `remark` are words of `cardservice.db.tables.bank`."""

    understood: str
    remark: str | None = None
    end_to_end_id: str | None = None
    amount_cents: int | None = None
    reason_code: str | None = None
    entry_reference: str | None = None
    is_credit: bool | None = None
    happened_on: date | None = None
    run_id: int | None = None
    remittance_id: int | None = None


@dataclass(slots=True)
class Understood:
    """Everything a message says, before it is written down."""

    findings: list[Finding] = field(default_factory=list)
    answers: list[TransferAnswer] = field(default_factory=list)
    accepted_run_ids: list[int] = field(default_factory=list)
    # Whom to tell that a transfer came back.
    failed: list[tuple[SentTransfer, str]] = field(default_factory=list)

    def fails(
        self,
        transfer: SentTransfer,
        reason_code: str,
        *,
        kind: str,
        happened_on: date,
        with_file: bool = False,
    ) -> None:
        """Notes that a transfer has failed."""
        transfer.is_failed, transfer.failed_by = True, "pain002" if with_file else kind
        self.answers.append(
            TransferAnswer(
                transfer.remittance_id,
                transfer.number,
                "failed",
                happened_on,
                reason_code=reason_code,
                with_file=with_file,
            )
        )
        if not with_file:
            self.failed.append((transfer, reason_code))

    def pays(self, transfer: SentTransfer, *, happened_on: date) -> None:
        """Notes that a transfer was paid."""
        transfer.is_paid = True
        self.answers.append(
            TransferAnswer(transfer.remittance_id, transfer.number, "paid", happened_on)
        )

    def pays_all(self, run: SentRun, *, happened_on: date) -> None:
        """Notes that whatever the bank has not answered yet was paid."""
        for transfer in run.outstanding:
            self.pays(transfer, happened_on=happened_on)
