"""Which papers of a run are there, which are not, and why: for whoever looks at it.

The law: what is there is read from what is stored, never from what a program believes to have done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from clearing.documents.wording import say
from clearing.run.payment_list import list_lacks
from clearing.run.read_remittance import remittance_number

# Three papers make a remittance's whole; older ones have no signature and stay as they are.
_LACKS: Final = (
    "(SELECT count(*) FROM document d WHERE d.remittance_id = m.remittance_id"
    " AND d.kind IN ('pdf', 'csv', 'html')) < 3"
)
LACKING: Final = text(
    f"SELECT m.remittance_id FROM remittance m WHERE m.run_id = :run_id AND {_LACKS}"  # noqa: S608
    " ORDER BY m.partner_id"
)
_LACKING_TOLD: Final = text(
    "SELECT m.remittance_id, m.number_year, m.number, p.trade_name, f.reason, f.failed_at"  # noqa: S608
    " FROM remittance m JOIN partner p USING (partner_id)"
    " LEFT JOIN LATERAL (SELECT reason, failed_at FROM paper_failure"
    "  WHERE remittance_id = m.remittance_id ORDER BY paper_failure_id DESC LIMIT 1) f ON true"
    f" WHERE m.run_id = :run_id AND {_LACKS}"
    " ORDER BY f.failed_at NULLS LAST, m.number LIMIT :limit OFFSET :offset"
)
_LIST_FAILED: Final = text(
    "SELECT reason, failed_at FROM paper_failure WHERE run_id = :run_id AND remittance_id IS NULL"
    " ORDER BY paper_failure_id DESC LIMIT 1"
)
_PROGRESS: Final = text(
    "SELECT count(*), count(*) FILTER (WHERE l.lacks), count(*) FILTER (WHERE l.lacks"  # noqa: S608
    "  AND EXISTS (SELECT FROM paper_failure f WHERE f.remittance_id = m.remittance_id))"
    f" FROM remittance m CROSS JOIN LATERAL (SELECT {_LACKS} AS lacks) l"
    " WHERE m.run_id = :run_id"
)


@dataclass(frozen=True, slots=True)
class PaperFailure:
    """Papers of one remittance that could not be made, or the run's list (no remittance): whose,
    and the name of the reason."""

    remittance_id: int | None
    number: str
    partner_name: str
    reason: str | None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PapersProgress:
    """Of a run's remittances: how many, how many have their papers, how many failed and lack; and
    whether the run has its payment list."""

    remittances: int
    made: int
    failed: int
    has_list: bool

    @property
    def is_complete(self) -> bool:
        """Whether nothing lacks."""
        return self.has_list and self.made == self.remittances


def papers_are_complete(connection: Connection, run_id: int) -> bool:
    """Whether every remittance of a run has all its papers, and the run its payment list."""
    lacks = connection.execute(LACKING, {"run_id": run_id}).first() is not None
    return not lacks and not list_lacks(connection, run_id)


def papers_progress(connection: Connection, run_id: int) -> PapersProgress:
    """How far a run's papers are, whichever process makes them."""
    remittances, lacking, failed = connection.execute(_PROGRESS, {"run_id": run_id}).one()
    return PapersProgress(
        remittances, remittances - lacking, failed, has_list=not list_lacks(connection, run_id)
    )


def papers_that_lack(
    connection: Connection, run_id: int, *, limit: int = 100, offset: int = 0
) -> list[PaperFailure]:
    """Remittances without their papers, those that failed first; no reason before a first try.
    Before them the run's payment list, if it failed."""
    rows = connection.execute(_LACKING_TOLD, {"run_id": run_id, "limit": limit, "offset": offset})
    lists = []
    if offset == 0 and list_lacks(connection, run_id):
        lists = [
            PaperFailure(None, "", say("payment_list.title"), row.reason, row.failed_at)
            for row in connection.execute(_LIST_FAILED, {"run_id": run_id})
        ]
    return lists + [
        PaperFailure(
            row.remittance_id,
            remittance_number(row.number_year, row.number),
            row.trade_name,
            row.reason,
            row.failed_at,
        )
        for row in rows
    ]
