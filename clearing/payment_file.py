"""What a bank file says, before it is spelled in XML: who pays, whom, how much, when.

Law kept: one file is one debit on the payer's account; every amount is integer cents.
Refuses to know: XML, the schema, and the rules that a file must pass (see `pain001`).
"""

from dataclasses import dataclass
from datetime import date, datetime

# The Union and Iceland, Liechtenstein, Norway: between them an account number is enough.
# fmt: off
_EEA_COUNTRIES = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays. `organisation_id` is the name under which the bank knows the sender."""

    name: str
    iban: str
    bic: str | None
    organisation_id: str
    lei: str | None


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One payment. `town` and `country` count only for an account outside the EEA."""

    end_to_end_id: str
    amount_cents: int
    creditor_name: str
    creditor_iban: str
    remittance_text: str
    town: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One bank file: one debit on the debtor's account, many transfers."""

    msg_id: str
    created_at: datetime
    execution_on: date
    debtor: Debtor
    transfers: tuple[CreditTransfer, ...]

    @property
    def payment_id(self) -> str:
        """PmtInfId, which comes back on the bank statement."""
        return f"{self.msg_id}-1"

    @property
    def total_cents(self) -> int:
        """The control sum, as integer cents."""
        return sum(transfer.amount_cents for transfer in self.transfers)


def needs_address(iban: str) -> bool:
    """True where the receiving account is outside the EEA (Monaco is our neighbour)."""
    return iban[:2].upper() not in _EEA_COUNTRIES
