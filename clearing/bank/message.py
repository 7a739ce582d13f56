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
    reason_code: str | None
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """pain.002: what becomes of one file of ours, whole (`status`) and transfer by transfer.
    `payment_ids` are the PmtInfId that it names."""

    original_message: str | None
    payment_ids: tuple[str, ...]
    statuses: tuple[str, ...]
    reason_code: str | None
    count: int | None
    total_cents: int | None
    transfers: tuple[TransferStatus, ...]


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
