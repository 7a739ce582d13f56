"""A year's account as spreadsheets open it: the operations, and the papers that bear them out.

Laws kept: as for a bordereau's CSV (byte order mark, semicolons, decimal comma, disarmed texts, no
total row); one line for each month, kind and wallet, both accounts named, nothing netted.
Refuses to know: where the figures come from.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from cardservice.domain.money import decimal_comma
from clearing.documents.bordereau_csv import disarmed
from clearing.documents.wording import say, wallet_label
from clearing.year_figures import YearAccount

OPERATIONS_HEADER = (
    "exercice",
    "mois",
    "nature",
    "porte_monnaie",
    "nombre",
    "montant",
    "compte_debite",
    "compte_credite",
)
PAPERS_HEADER = ("quinzaine", "piece", "bordereau", "partenaire", "virement", "sha256", "inchangee")


def render_operations_csv(account: YearAccount) -> bytes:
    """The year's operations by month, kind and wallet."""
    return _file(
        OPERATIONS_HEADER,
        (
            (
                account.year,
                f"{account.year}-{one.month:02d}",
                say(f"kinds.{one.kind}"),
                wallet_label(one.wallet),
                one.count,
                decimal_comma(one.cents),
                say(f"accounts.{one.legs[0]}"),
                say(f"accounts.{one.legs[1]}"),
            )
            for one in account.booked
        ),
    )


def render_papers_csv(account: YearAccount) -> bytes:
    """Every stored document of the runs of the year, with its digest."""
    return _file(
        PAPERS_HEADER,
        (
            (
                paper.period_key,
                say(f"papers.{paper.kind}"),
                paper.number,
                disarmed(paper.partner_name),
                decimal_comma(paper.transfer_cents),
                paper.sha256,
                say("account.yes" if paper.is_unchanged else "account.no"),
            )
            for paper in account.papers
        ),
    )


def _file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig", "replace")
