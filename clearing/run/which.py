"""Which run and which remittance somebody means: a fortnight and a number as people write them."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.refusal import Refused
from clearing.run.record import Run, run_of

_NUMBER: Final = re.compile(r"BR-([0-9]{4})-([0-9]{6,9})")


def numbered_run(connection: Connection, period_key: str) -> Run | Refused:
    """The run of a period whose remittances have their numbers. Refused: run_not_approved."""
    run = run_of(connection, period_key)
    if run is None or run.approved_by is None or run.state in ("cancelled", "rejected", "draft"):
        return Refused("run_not_approved", {"period": period_key})
    return run


def remittance_of_run(connection: Connection, run_id: int, number: str) -> int | Refused:
    """The remittance of a run by its number. Refused: remittance_unknown."""
    parts = _NUMBER.fullmatch(number.strip().upper())
    found: int | None = None
    if parts is not None:
        found = connection.execute(
            text(
                "SELECT remittance_id FROM remittance WHERE run_id = :run_id"
                " AND number_year = :year AND number = :number"
            ),
            {"run_id": run_id, "year": int(parts[1]), "number": int(parts[2])},
        ).scalar_one_or_none()
    return Refused("remittance_unknown", {"number": number}) if found is None else found
