"""The roads of the « preuve au centime »: where a remittance's figures stand, each read on its own.

The law: one road never lends a figure to another. Rows come from the database, papers from their
stored bytes; a paper that cannot be read gives no figures and is named.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from clearing.documents.read_files import (
    NotReadable,
    RowsRead,
    read_csv,
    read_page,
    read_payment_file,
    read_payment_list,
)
from clearing.documents.read_list_pdf import read_list_pdf
from clearing.documents.read_pdf import NotAPaper, PaperRead, read_pdf
from clearing.documents.signed_text import (
    BordereauClaim,
    ListedTransfer,
    PaperLine,
    digest_of,
    paper_lines,
    read_signed_text,
)
from clearing.run.booked import booked_cents
from clearing.run.read_remittance import read_remittance, remittance_number

_AGAIN: Final = re.compile(r"-R[0-9]+\Z")
_HEAD: Final = text(
    "SELECT m.*, r.exported_at IS NOT NULL AS is_exported"
    " FROM remittance m JOIN reimbursement_run r USING (run_id)"
    " WHERE m.remittance_id = :remittance_id"
)
# What the operations themselves say, and the ledger's view of them: not what was copied into lines.
_OPERATIONS: Final = text(
    "SELECT count(*) AS lines,"
    " coalesce(sum(o.amount_cents) FILTER (WHERE o.kind = 'debit'), 0)::bigint AS gross,"
    " coalesce(sum(CASE WHEN right(o.kind, 8) = 'reversal' THEN o.amount_cents"
    "   ELSE -o.amount_cents END) FILTER (WHERE o.kind <> 'debit'), 0)::bigint AS corrections"
    " FROM remittance_line l JOIN operation o USING (operation_id)"
    " WHERE l.remittance_id = :remittance_id AND o.outcome = 'approved'"
)
_LEDGER: Final = text(
    "SELECT coalesce(sum(e.amount_cents), 0)::bigint FROM remittance_line l"
    " JOIN ledger_entry e USING (operation_id)"
    " WHERE l.remittance_id = :remittance_id AND e.account = 'partner_payable'"
)
_DOCUMENTS: Final = text(
    "SELECT kind, content, sha256 FROM document WHERE remittance_id = :remittance_id ORDER BY kind"
)
_RUN_DOCUMENTS: Final = text(
    "SELECT kind, content, sha256 FROM document WHERE run_id = :run_id AND remittance_id IS NULL"
    " ORDER BY kind"
)


@dataclass(slots=True)
class RunFiles:
    """What a run's own files say of each bordereau, by number; empty before they are there."""

    roads: dict[str, dict[str, int]] = field(default_factory=dict)
    stated_totals: dict[str, int | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def not_of_the_run(self, *, remittance_count: int) -> list[str]:
        """Payments of a file that belong to no remittance of the run, after all were asked for."""
        assert remittance_count >= len(self.seen), "each remittance is asked for once"
        return [
            f"{name} ({road})"
            for road, cents in self.roads.items()
            for name in cents
            if name not in self.seen
        ]


@dataclass(slots=True)
class Roads:
    """One remittance: its figures by name and road, and what could not be read."""

    number: str
    figures: dict[str, dict[str, int | None]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, road: str, **figures: int | None) -> None:
        """What one road says."""
        for name, figure in figures.items():
            self.figures.setdefault(name, {})[road] = figure


def read_run_files(connection: Connection, run_id: int) -> RunFiles:
    """The bank file and the payment list of a run, read from their stored bytes."""
    files = RunFiles()
    for document in connection.execute(_RUN_DOCUMENTS, {"run_id": run_id}):
        content = bytes(document.content)
        if hashlib.sha256(content).hexdigest() != document.sha256:
            files.changed.append(document.kind)
        try:
            if document.kind == "pain001":
                read = read_payment_file(content)
                # -R1: the same bordereau, its money presented again.
                files.roads["xml"] = {
                    _AGAIN.sub("", name): cents for name, cents in read.cents.items()
                }
                files.stated_totals["xml_control_sum"] = read.stated_total_cents
            elif document.kind == "payment_list_csv":
                files.roads["list_csv"] = _by_number(read_payment_list(content))
            elif document.kind == "payment_list_pdf":
                files.roads["list_pdf"] = _by_number(read_list_pdf(content))
        except (NotReadable, NotAPaper):
            files.changed.append(f"{document.kind}: unreadable")
    return files


def roads_of(connection: Connection, remittance_id: int, files: RunFiles) -> Roads:
    """Every figure of one remittance, by every road that is there."""
    values = {"remittance_id": remittance_id}
    head = connection.execute(_HEAD, values).one()
    found = Roads(
        f"#{remittance_id}"
        if head.number is None
        else remittance_number(head.number_year, head.number)
    )
    operations = connection.execute(_OPERATIONS, values).one()
    found.add(
        "operations",
        lines=operations.lines,
        gross=operations.gross,
        corrections=operations.corrections,
        lines_total=operations.gross + operations.corrections,
    )
    found.add("ledger", lines_total=connection.execute(_LEDGER, values).scalar_one())
    found.add(
        "remittance",
        gross=head.gross_cents,
        corrections=head.corrections_cents,
        lines_total=head.gross_cents + head.corrections_cents,
        before=head.carried_in_cents + head.re_presented_cents,
        transfer=head.transfer_cents,
    )
    if head.number is not None:
        lines = _rows_road(connection, remittance_id, found)
        _paper_roads(connection, remittance_id, found, lines)
        files.seen.add(found.number)
        if head.is_exported:
            found.add("ledger", transfer=booked_cents(connection, found.number))
        for road, cents in files.roads.items():
            found.add(road, transfer=cents.get(found.number, 0))
    return found


def _rows_road(connection: Connection, remittance_id: int, found: Roads) -> Counter[PaperLine]:
    """The lines as they stand in the database, and what they add up to."""
    rows: Sequence[Row[Any]] = connection.execute(
        text(
            "SELECT l.amount_cents, l.nature FROM remittance_line l"
            " WHERE l.remittance_id = :remittance_id"
        ),
        {"remittance_id": remittance_id},
    ).all()
    gross = sum(row.amount_cents for row in rows if row.nature == "debit")
    total = sum(row.amount_cents for row in rows)
    found.add("rows", lines=len(rows), gross=gross, corrections=total - gross, lines_total=total)
    try:
        remittance = read_remittance(connection, remittance_id)
    except AssertionError:
        found.problems.append("rows: not a remittance")
        return Counter()
    lines = Counter(paper_lines(remittance))
    found.add("rows", equal_lines=lines.total(), transfer=remittance.transfer_cents)
    return lines


def _paper_roads(
    connection: Connection, remittance_id: int, found: Roads, lines: Counter[PaperLine]
) -> None:
    unchanged = documents = 0
    for document in connection.execute(_DOCUMENTS, {"remittance_id": remittance_id}):
        content = bytes(document.content)
        documents += 1
        if hashlib.sha256(content).hexdigest() == document.sha256:
            unchanged += 1
        else:
            found.problems.append(f"{document.kind}: digest")
        try:
            if document.kind == "pdf":
                _pdf_road(found, read_pdf(content), lines)
            elif document.kind == "csv":
                _rows_of_file(found, "csv", read_csv(content), lines)
            elif document.kind == "html":
                _rows_of_file(found, "page", read_page(content), lines)
            elif document.kind == "signature":
                _signature_road(found, content, lines)
        except (NotReadable, NotAPaper):
            found.problems.append(f"{document.kind}: unreadable")
    if documents:
        found.add("stored", unchanged_documents=documents)
        found.add("read", unchanged_documents=unchanged)


def _pdf_road(found: Roads, paper: PaperRead, lines: Counter[PaperLine]) -> None:
    before = [paper.summary.get(name) for name in ("carried_in", "re_presented")]
    found.add(
        "pdf",
        lines=len(paper.lines),
        equal_lines=(Counter(paper.lines) & lines).total(),
        gross=sum(line.amount_cents for line in paper.lines if not line.origin),
        corrections=sum(line.amount_cents for line in paper.lines if line.origin),
        lines_total=_or_wrong(paper.total_cents),
        before=sum(_or_wrong(cents) for cents in before),
        transfer=_or_wrong(paper.transfer_cents),
    )
    found.add(
        "pdf_summary",
        gross=_or_wrong(paper.summary.get("gross")),
        corrections=_or_wrong(paper.summary.get("corrections")),
        lines_total=sum(paper.subtotals.values()),
    )


def _rows_of_file(found: Roads, road: str, read: RowsRead, lines: Counter[PaperLine]) -> None:
    gross = sum(line.amount_cents for line in read.lines if not line.origin)
    total = sum(line.amount_cents for line in read.lines)
    found.add(
        road,
        lines=len(read.lines),
        equal_lines=(Counter(read.lines) & lines).total(),
        gross=gross,
        corrections=total - gross,
        lines_total=total,
    )


def _signature_road(found: Roads, content: bytes, lines: Counter[PaperLine]) -> None:
    signed = read_signed_text(content.decode("ascii", "replace"))
    if signed is None or not isinstance(signed.claim, BordereauClaim):
        raise NotReadable
    claim = signed.claim
    found.add(
        "signature",
        before=claim.carried_in_cents + claim.re_presented_cents,
        transfer=claim.transfer_cents,
        signed_figures=int(claim.lines == digest_of(lines.elements())),
    )
    found.add("rows", signed_figures=int(claim.number == found.number))


def _or_wrong(cents: int | None) -> int:
    """A figure that should stand on a paper and does not is no figure of money that exists."""
    return -1 if cents is None else cents


def _by_number(transfers: list[ListedTransfer]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in transfers:
        found[one.number] = found.get(one.number, 0) + one.amount_cents
    return found
