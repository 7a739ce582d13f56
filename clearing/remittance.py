"""What one partner is owed for one fortnight, and the arithmetic that proves it.

Law kept (requirement C71, design §6): a debit is reimbursed in full and to the cent, so
gross + corrections + carried_in + re_presented = transfer + carried_out, where a net that
is zero or negative moves no money and is carried to the next fortnight.

Sign of money: positive is owed to the partner, negative is taken back from it.

Refuses to know: where the lines come from, how they are printed or paid, and who the
youth is: a line carries the last four characters of a card and nothing else of its holder.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

DEBIT = "debit"
REGULARISATION = "regularisation"
REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """One debit, or one correction of an earlier debit, as the partner may see it."""

    reference: str
    accepted_at: datetime
    outlet: str
    terminal: str
    delegate: str | None
    card_last4: str
    wallet: str
    nature: str
    amount_cents: int
    origin_reference: str | None

    def __post_init__(self) -> None:
        assert self.accepted_at.tzinfo is not None, "an instant without a zone has no Paris day"
        # A longer card string here would print a usable card code on a partner's paper.
        assert len(self.card_last4) == 4, "only the last four characters of a card leave the office"
        assert type(self.amount_cents) is int, "money is integer cents"
        assert self.nature in (DEBIT, REGULARISATION, REVERSAL), f"unknown nature {self.nature!r}"
        if self.nature == REGULARISATION:
            assert self.amount_cents <= 0, "a regularisation takes back, it never pays"
        else:
            assert self.amount_cents > 0, "a debit is owed, and what was taken back by mistake"
        if self.nature != DEBIT:
            assert self.origin_reference, "a correction names what it corrects"


@dataclass(frozen=True, slots=True)
class Remittance:
    """One partner's fortnight: its lines, what it brings from before, what it pays.

    `carried_in_cents` is what earlier fortnights could not take back (zero or negative);
    `re_presented_cents` is what a bank sent back and is owed again (zero or positive), and
    `re_presents` the numbers of the remittances that it was first sent for.
    `seals` are the sealed days of the period, each with the hexadecimal root of its block.
    `paid_on` is the day the transfer is promised for, None while it is not known.
    """

    number: str
    period_key: str
    starts_on: date
    last_day: date
    partner_name: str
    partner_siret: str
    partner_address: str
    holder_name: str | None
    iban: str | None
    lines: tuple[RemittanceLine, ...]
    carried_in_cents: int
    re_presented_cents: int
    seals: tuple[tuple[date, str], ...]
    paid_on: date | None
    re_presents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.starts_on <= self.last_day, "a period ends after it starts"
        assert type(self.carried_in_cents) is int and self.carried_in_cents <= 0
        assert type(self.re_presented_cents) is int and self.re_presented_cents >= 0
        assert self.re_presented_cents > 0 or not self.re_presents
        references = {line.reference for line in self.lines}
        # The same reference twice is the same money twice.
        assert len(references) == len(self.lines), "a reference stands once on a remittance"

    @property
    def gross_cents(self) -> int:
        """Every debit of the fortnight, before anything is taken back."""
        return sum(line.amount_cents for line in self.lines if line.nature == DEBIT)

    @property
    def corrections_cents(self) -> int:
        """Every regularisation, and what reversals give again; usually zero or negative."""
        return sum(line.amount_cents for line in self.lines if line.nature != DEBIT)

    @property
    def net_cents(self) -> int:
        """What is owed once everything is counted; may be negative."""
        return (
            self.gross_cents
            + self.corrections_cents
            + self.carried_in_cents
            + self.re_presented_cents
        )

    @property
    def transfer_cents(self) -> int:
        """What the bank is asked to pay: the net, or nothing."""
        return max(self.net_cents, 0)

    @property
    def carried_out_cents(self) -> int:
        """What waits for the next fortnight, zero or negative."""
        return min(self.net_cents, 0)

    def wallet_totals(self) -> dict[str, tuple[int, int]]:
        """Number and cents of the debits of each wallet, in the wallets' order of name."""
        totals: dict[str, tuple[int, int]] = {}
        for wallet in sorted({line.wallet for line in self.lines if line.nature == DEBIT}):
            amounts = [line.amount_cents for line in self.lines_of(wallet)]
            totals[wallet] = (len(amounts), sum(amounts))
        return totals

    def lines_of(self, wallet: str) -> tuple[RemittanceLine, ...]:
        """The debits of one wallet, oldest first; corrections stand apart, see below."""
        return _in_order(
            line for line in self.lines if line.nature == DEBIT and line.wallet == wallet
        )

    def correction_lines(self) -> tuple[RemittanceLine, ...]:
        """The regularisations and reversals of every wallet, oldest first."""
        return _in_order(line for line in self.lines if line.nature != DEBIT)


def _in_order(lines: Iterable[RemittanceLine]) -> tuple[RemittanceLine, ...]:
    # The reference settles a tie: two runs of the same draft must print the same paper.
    return tuple(sorted(lines, key=lambda line: (line.accepted_at, line.reference)))
