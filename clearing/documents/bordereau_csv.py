"""A remittance as a spreadsheet opens it: the same rows as the PDF, and nothing but rows.

Laws kept (design §6, C64): UTF-8 with byte order mark, semicolons, decimal comma, CRLF, one
line of the file per line of the remittance, no total row (a total would be summed again).
A text that a spreadsheet would run as a formula is disarmed with an apostrophe; an amount
is never touched, so that it stays a number.

Refuses to know: how it is sent, and anything the remittance does not say.
"""

import csv
import io
import re
import unicodedata

from cardservice.domain.calendar import format_minute
from cardservice.domain.money import decimal_comma
from clearing.documents.wording import say, wallet_label
from clearing.remittance import Remittance, RemittanceLine

HEADER = (
    "reference",
    "date",
    "heure",
    "point_de_vente",
    "terminal",
    "delegue",
    "carte",
    "porte_monnaie",
    "nature",
    "montant",
    "origine",
)

# Spreadsheets skip blanks, quotes and invisible signs before they look for a formula.
_SKIPPED_FIRST = re.compile(r"\A[\s\"'`´‘’“”«»\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*")
_FORMULA_STARTS = frozenset("=+-@")
# Any of these inside a cell would be a second kind of line ending in the file.
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def render_csv(remittance: Remittance) -> bytes:
    """The file's bytes: debits grouped by wallet, then corrections, oldest first in each."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    # Outlets, terminals and delegates come with every line: each is looked at once for a file.
    known = _Disarmed()
    for wallet in remittance.wallet_totals():
        writer.writerows(_cells(line, known) for line in remittance.lines_of(wallet))
    writer.writerows(_cells(line, known) for line in remittance.correction_lines())
    # A half character pair cannot be written in UTF-8; it must not cost the whole file.
    return text.getvalue().encode("utf-8-sig", "replace")


def disarmed(text: str) -> str:
    """`text` on one line, with a leading apostrophe if a spreadsheet might run it."""
    one_line = _LINE_BREAKS.sub(" ", text).replace("\0", " ")
    return f"'{one_line}" if _might_run(text) else one_line


def _might_run(text: str) -> bool:
    if text.startswith(("\t", "\r")):
        return True
    first = _SKIPPED_FIRST.sub("", text)[:1]
    # NFKC folds the full-width and small forms, which spreadsheets take for the plain ones.
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _FORMULA_STARTS


class _Disarmed(dict[str, str]):
    def __missing__(self, text: str) -> str:
        self[text] = safe = disarmed(text)
        return safe


def _cells(line: RemittanceLine, known: _Disarmed) -> tuple[str, ...]:
    day, _, hour = format_minute(line.accepted_at).partition(" ")
    return (
        disarmed(line.reference),
        day,
        hour,
        known[line.outlet],
        known[line.terminal],
        known[line.delegate or ""],
        disarmed(say("csv.card_masked", last4=line.card_last4)),
        known[wallet_label(line.wallet)],
        say(f"natures.{line.nature}"),
        decimal_comma(line.amount_cents),
        known[line.origin_reference or ""],
    )
