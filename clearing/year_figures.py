"""What the account of a year says, before it is put on paper.

Law kept: integer cents; what comes in and what goes out stand apart, never netted.
Refuses to know: where the figures come from and how they are shown.
"""

from dataclasses import dataclass
from datetime import date

from cardservice.domain.operation import OPERATION_KINDS


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account of the ledger over the year, in cents; `went_out` is negative."""

    account: str
    opening_cents: int
    came_in_cents: int
    went_out_cents: int

    @property
    def closing_cents(self) -> int:
        """What stands there at the end."""
        return self.opening_cents + self.came_in_cents + self.went_out_cents


@dataclass(frozen=True, slots=True)
class BookedKind:
    """The operations of one month, kind and wallet; the cents went between the two accounts."""

    month: int
    kind: str
    wallet: str
    count: int
    cents: int

    @property
    def legs(self) -> tuple[str, str]:
        """(from account, to account)."""
        kind = OPERATION_KINDS[self.kind]
        return kind.from_account, kind.to_account


@dataclass(frozen=True, slots=True)
class AccountRun:
    """A run that went to the bank in the year."""

    period_key: str
    attempt: int
    state: str
    partners: int
    debits: int
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    re_presented_cents: int
    transfers_cents: int
    carried_out_cents: int


@dataclass(frozen=True, slots=True)
class AccountPaper:
    """A stored document of such a run; no number for the run's own."""

    period_key: str
    kind: str
    number: str
    partner_name: str
    transfer_cents: int
    sha256: str
    is_unchanged: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was checked: the replay of the whole ledger, the days, the papers.

    `difference` names the first row that differs (table, id, field), None without any.
    """

    operations: int
    difference: str | None
    sealed_days: int
    missing_days: int
    last_seal: str
    papers: int
    changed_papers: int


@dataclass(frozen=True, slots=True)
class YearAccount:
    """A calendar year, up to its last closed day."""

    year: int
    last_day: date
    balances: tuple[AccountBalance, ...]
    booked: tuple[BookedKind, ...]
    runs: tuple[AccountRun, ...]
    papers: tuple[AccountPaper, ...]
    evidence: Evidence

    @property
    def is_whole(self) -> bool:
        """Whether every day of the year is closed."""
        return self.last_day == date(self.year, 12, 31)
