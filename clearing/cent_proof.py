"""« Preuve au centime »: the same figure found by every road, for one partner or a whole run.

The law: operations = lines = bordereau = PDF = CSV = page = bank file = payment list = ledger.
Papers are read back from their stored bytes, each line of them; a road that is not there yet (no
bank file before the export) says nothing. Nothing is repaired, and what differs is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, text

from clearing.paper_roads import RunFiles, read_run_files, roads_of

_REMITTANCES: Final = text(
    "SELECT remittance_id FROM remittance WHERE run_id = :run_id ORDER BY number, remittance_id"
)
_RUN: Final = text(
    "SELECT gross_cents, corrections_cents, carried_in_cents, re_presented_cents, transfers_cents"
    " FROM reimbursement_run WHERE run_id = :run_id"
)
# The figures of a proof, in the order in which they are shown.
NAMES: Final = (
    "lines",
    "equal_lines",
    "gross",
    "corrections",
    "lines_total",
    "before",
    "transfer",
    "unchanged_documents",
    "signed_figures",
)
_OF_RUN: Final[dict[str, Callable[..., int]]] = {
    "gross": lambda row: row.gross_cents,
    "corrections": lambda row: row.corrections_cents,
    "lines_total": lambda row: row.gross_cents + row.corrections_cents,
    "before": lambda row: row.carried_in_cents + row.re_presented_cents,
    "transfer": lambda row: row.transfers_cents,
}


@dataclass(slots=True)
class ProofRow:
    """One figure (cents, or a count for `lines`, `equal_lines` and `unchanged_documents`) by each
    road; None for a road that is not there yet. `differs` names the bordereaux, and the road, where
    it is not the same."""

    name: str
    figures: dict[str, int | None] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)

    @property
    def all_equal(self) -> bool:
        """Whether every road that is there led to the same figure, everywhere."""
        return not self.differs and _agree(self.figures.values())


@dataclass(frozen=True, slots=True)
class CentProof:
    """All figures of a run or a remittance."""

    rows: tuple[ProofRow, ...]

    @property
    def holds(self) -> bool:
        """Whether all figures are equal by all roads."""
        return all(row.all_equal for row in self.rows)

    @property
    def differs(self) -> list[str]:
        """Everything that is named, once, in the order in which it was found."""
        return list(dict.fromkeys(name for row in self.rows for name in row.differs))


def partner_proof(connection: Connection, remittance_id: int) -> CentProof:
    """The proof of one remittance that has its number."""
    run_id = connection.execute(
        text("SELECT run_id FROM remittance WHERE remittance_id = :remittance_id"),
        {"remittance_id": remittance_id},
    ).scalar_one()
    files = read_run_files(connection, run_id)
    return _summed([_one(connection, remittance_id, files)])


def run_proof(
    connection: Connection,
    run_id: int,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> CentProof:
    """The proof of every remittance of a run, added up, and of the run's own row and files."""
    # Papers are read between two questions, and that may take longer than a page may wait.
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    files = read_run_files(connection, run_id)
    remittances = list(connection.execute(_REMITTANCES, {"run_id": run_id}).scalars())

    def each() -> Iterator[dict[str, ProofRow]]:
        for done, remittance_id in enumerate(remittances, start=1):
            yield _one(connection, remittance_id, files)
            progress(done, len(remittances))

    proof = _summed(each())
    run = connection.execute(_RUN, {"run_id": run_id}).one()
    for row in proof.rows:
        if row.name in _OF_RUN:
            row.figures["run"] = _OF_RUN[row.name](run)
        if row.name == "transfer":
            row.figures |= files.stated_totals
            row.differs += files.not_of_the_run(remittance_count=len(remittances))
        if row.name == "unchanged_documents":
            row.differs += files.changed
    return proof


def _one(connection: Connection, remittance_id: int, files: RunFiles) -> dict[str, ProofRow]:
    found = roads_of(connection, remittance_id, files)
    rows = {}
    for name in NAMES:
        row = ProofRow(name, found.figures.get(name, {}))
        if not _agree(row.figures.values()):
            row.differs.append(f"{found.number} ({', '.join(_odd_roads(row.figures))})")
        rows[name] = row
    for problem in found.problems:
        rows["unchanged_documents"].differs.append(f"{found.number} ({problem})")
    return rows


def _summed(proofs: Iterable[dict[str, ProofRow]]) -> CentProof:
    total = {name: ProofRow(name) for name in NAMES}
    for proof in proofs:
        for name, row in proof.items():
            total[name].differs += row.differs
            for road, figure in row.figures.items():
                if figure is not None:
                    total[name].figures[road] = (total[name].figures.get(road) or 0) + figure
                else:
                    total[name].figures.setdefault(road, None)
    return CentProof(tuple(total.values()))


def _agree(figures: Iterable[int | None]) -> bool:
    return len({figure for figure in figures if figure is not None}) <= 1


def _odd_roads(figures: dict[str, int | None]) -> list[str]:
    """The roads that the most others do not bear out; in doubt, what the operations do not."""
    known = {road: figure for road, figure in figures.items() if figure is not None}
    counts = {figure: list(known.values()).count(figure) for figure in known.values()}
    first = next(iter(known.values()))
    usual = max(known.values(), key=lambda figure: (counts[figure], figure == first))
    return [road for road, figure in known.items() if figure != usual]
