"""One remittance said in French words and figures, for the PDF and the page alike.

Law kept: what two papers show is decided once, here, so that they cannot differ; an amount
becomes text only here, through the rulebook's own formats. This is also where the card and
the IBAN are masked: a renderer cannot leak what it never receives.

Refuses to know: paper, fonts, HTML.
"""

from dataclasses import dataclass
from typing import NamedTuple

from cardservice.domain.calendar import format_day, format_minute
from cardservice.domain.iban import masked_iban
from cardservice.domain.money import format_euros
from clearing.documents.wording import say, wallet_label
from clearing.remittance import DEBIT, Remittance, RemittanceLine


class Row(NamedTuple):
    """One line as it is shown. `origin` and `wallet` are empty on a debit."""

    reference: str
    day: str
    hour: str
    outlet: str
    terminal: str
    delegate: str
    card: str
    amount: str
    wallet: str
    origin: str


@dataclass(frozen=True, slots=True)
class Section:
    """The debits of one wallet, or the corrections of all."""

    title: str
    count: str
    rows: tuple[Row, ...]
    subtotal_label: str
    subtotal: str
    holds_corrections: bool


@dataclass(frozen=True, slots=True)
class BordereauView:
    """Everything a partner's paper says, in reading order."""

    number: str
    running_title: str
    scheme_name: str
    partner_name: str
    partner_siret: str
    partner_address: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[tuple[str, str], ...]
    transfer: str
    promised: str
    sections: tuple[Section, ...]
    total_count: str
    total: str
    re_presentation: str
    seals: tuple[tuple[str, str], ...]
    signed_text: str


def view_of(remittance: Remittance, *, scheme_name: str, signed_text: str) -> BordereauView:
    """`remittance` ready to be laid out, under the name of the scheme."""
    return BordereauView(
        number=say("document.number", number=remittance.number),
        running_title=say("document.running_title", number=remittance.number),
        scheme_name=scheme_name,
        partner_name=remittance.partner_name,
        partner_siret=say("labels.siret", siret=remittance.partner_siret),
        partner_address=remittance.partner_address,
        facts=_facts(remittance),
        summary=_summary(remittance),
        transfer=format_euros(remittance.transfer_cents),
        promised=_promised(remittance),
        sections=_sections(remittance),
        total_count=_count(len(remittance.lines)),
        # The sum of the lines: what the amount column of the CSV adds up to.
        total=format_euros(remittance.gross_cents + remittance.corrections_cents),
        re_presentation=_re_presentation(remittance),
        seals=tuple((format_day(day), seal) for day, seal in remittance.seals),
        signed_text=signed_text,
    )


def _facts(remittance: Remittance) -> tuple[tuple[str, str], ...]:
    period = say(
        "document.period",
        first=format_day(remittance.starts_on),
        last=format_day(remittance.last_day),
    )
    iban = masked_iban(remittance.iban) if remittance.iban else say("document.no_iban")
    return (
        (say("labels.period"), period),
        (say("labels.payment"), _promised(remittance)),
        (say("labels.holder"), remittance.holder_name or say("document.no_iban")),
        (say("labels.iban"), iban),
    )


def _promised(remittance: Remittance) -> str:
    if remittance.transfer_cents == 0:
        return say("labels.promised_none")
    if remittance.paid_on is None:
        return say("labels.promised_unknown")
    return say("labels.promised", day=format_day(remittance.paid_on))


def _summary(remittance: Remittance) -> tuple[tuple[str, str], ...]:
    # All four even at zero: the partner's accountant checks the sum, not our taste.
    rows = [
        (say("summary.gross"), format_euros(remittance.gross_cents)),
        (say("summary.corrections"), format_euros(remittance.corrections_cents)),
        (say("summary.carried_in"), format_euros(remittance.carried_in_cents)),
        (say("summary.re_presented"), format_euros(remittance.re_presented_cents)),
    ]
    if remittance.carried_out_cents:
        rows.append((say("summary.carried_out"), format_euros(remittance.carried_out_cents)))
    return tuple(rows)


def _re_presentation(remittance: Remittance) -> str:
    """Which bordereaux the rejected transfers were first sent for; empty without any."""
    if not remittance.re_presents:
        return ""
    key = "re_presents_one" if len(remittance.re_presents) == 1 else "re_presents_many"
    return say(
        f"document.{key}",
        amount=format_euros(remittance.re_presented_cents),
        numbers=", ".join(remittance.re_presents),
    )


def _sections(remittance: Remittance) -> tuple[Section, ...]:
    sections = [
        _section(wallet_label(wallet), remittance.lines_of(wallet), cents=cents)
        for wallet, (_, cents) in remittance.wallet_totals().items()
    ]
    corrections = remittance.correction_lines()
    if corrections:
        title = say("sections.corrections")
        sections.append(_section(title, corrections, cents=remittance.corrections_cents))
    return tuple(sections)


def _section(title: str, lines: tuple[RemittanceLine, ...], *, cents: int) -> Section:
    return Section(
        title=title,
        count=_count(len(lines)),
        rows=tuple(_row(line) for line in lines),
        subtotal_label=say("sections.subtotal", section=title),
        subtotal=format_euros(cents),
        holds_corrections=lines[0].nature != DEBIT,
    )


def _row(line: RemittanceLine) -> Row:
    day, _, hour = format_minute(line.accepted_at).partition(" ")
    corrects = line.nature != DEBIT
    return Row(
        reference=line.reference,
        day=day,
        hour=hour,
        outlet=line.outlet,
        terminal=line.terminal,
        delegate=line.delegate or say("document.no_delegate"),
        card=say("document.card_masked", last4=line.card_last4),
        amount=format_euros(line.amount_cents),
        wallet=wallet_label(line.wallet) if corrects else "",
        origin=line.origin_reference or "" if corrects else "",
    )


def _count(number: int) -> str:
    if number <= 1:  # French counts zero in the singular
        return say("sections.count_up_to_one", count=str(number))
    return say("sections.count_many", count=str(number))
