"""What a bank's file says, as plain facts, before anybody asks whether it is about us.

Amounts are integer cents, days are dates; None means that the file does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

# What a bank gives as a reason when it gives none.
NOT_SPECIFIED: Final = "MS03"


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """pain.002: what becomes of one transfer."""

    end_to_end_id: str | None
    status: str | None
    # Every reason that is given: the one that matters need not be the first.
    reason_codes: tuple[str, ...]
    amount_cents: int | None

    @property
    def reason_code(self) -> str | None:
        """The first reason."""
        return next(iter(self.reason_codes), None)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """pain.002: what becomes of one file of ours, whole (`statuses`) and transfer by transfer.
    `payment_ids` are the PmtInfId that it names, `reason_codes` those of file and payments."""

    original_message: str | None
    payment_ids: tuple[str, ...]
    statuses: tuple[str, ...]
    reason_codes: tuple[str, ...]
    count: int | None
    total_cents: int | None
    transfers: tuple[TransferStatus, ...]

    @property
    def reason_code(self) -> str | None:
        """The first reason."""
        return next(iter(self.reason_codes), None)


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """camt: one transfer inside an entry."""

    end_to_end_id: str | None
    amount_cents: int | None
    reason_code: str | None


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """camt: one movement on our account. `file_ids` are every MsgId and PmtInfId that it names."""

    reference: str | None
    amount_cents: int
    currency: str
    is_credit: bool
    is_reversal: bool
    is_booked: bool
    booked_on: date | None
    file_ids: frozenset[str]
    details: tuple[EntryDetail, ...]


@dataclass(frozen=True, slots=True)
class BankMessage:
    """A file: `kind` is pain002 (with `reports`), camt053 or camt054 (with `entries`)."""

    kind: str
    message_id: str
    created_on: date | None
    reports: tuple[StatusReport, ...] = ()
    entries: tuple[StatementEntry, ...] = ()
