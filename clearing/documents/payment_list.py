"""The payment list (« état liquidatif »): what a public accountant pays by, one line per partner.

Laws kept (CGCT L.1611-7, design §6): expenses and what is taken back stand in columns of their own,
the net is only their sum; the list and the bank file of a run pay the same sums to the same
accounts. It is the one paper beside the bank file that shows a whole IBAN.
Refuses to know: runs, the database, and who pays in the end.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date

from cardservice.domain.money import decimal_comma
from clearing.documents.bordereau_csv import disarmed
from clearing.documents.signed_text import ListClaim, ListedTransfer, digest_of
from clearing.documents.wording import say

HEADER = (
    "ordre",
    "bordereau",
    "creancier",
    "siret",
    "iban",
    "debits",
    "regularisations",
    "reports",
    "rejets_presentes",
    "montant_a_payer",
    "objet",
)


@dataclass(frozen=True, slots=True)
class ListRow:
    """What one partner is paid, and how it comes about."""

    number: str
    creditor: str
    siret: str
    iban: str
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    re_presented_cents: int
    transfer_cents: int

    def __post_init__(self) -> None:
        assert self.transfer_cents > 0, "who gets nothing is not on the list"
        assert self.transfer_cents == (
            self.gross_cents
            + self.corrections_cents
            + self.carried_in_cents
            + self.re_presented_cents
        ), "a line adds up"


@dataclass(frozen=True, slots=True)
class PaymentList:
    """A run's payments. `by_wallet` is the cents of the lines of each wallet, corrections included;
    `name` is that of the bank file."""

    name: str
    period_key: str
    starts_on: date
    last_day: date
    approved_on: date
    prepared_by: str
    approved_by: str
    rows: tuple[ListRow, ...]
    by_wallet: tuple[tuple[str, int], ...]

    @property
    def total_cents(self) -> int:
        """What is paid in all."""
        return sum(row.transfer_cents for row in self.rows)


def list_claim(payments: PaymentList) -> ListClaim:
    """What the list's verification code claims."""
    return ListClaim(
        payments.name,
        payments.period_key,
        len(payments.rows),
        payments.total_cents,
        digest_of(
            ListedTransfer(row.number, row.siret, row.iban, row.transfer_cents)
            for row in payments.rows
        ),
    )


def render_list_csv(payments: PaymentList) -> bytes:
    """The list as a spreadsheet opens it: one line per partner, no total row."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for order, row in enumerate(payments.rows, start=1):
        writer.writerow(
            (
                order,
                row.number,
                disarmed(row.creditor),
                row.siret,
                row.iban,
                decimal_comma(row.gross_cents),
                decimal_comma(row.corrections_cents),
                decimal_comma(row.carried_in_cents),
                decimal_comma(row.re_presented_cents),
                decimal_comma(row.transfer_cents),
                say("payment_list.object", number=row.number),
            )
        )
    return text.getvalue().encode("utf-8-sig", "replace")
