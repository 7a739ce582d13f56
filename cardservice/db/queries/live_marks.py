"""Has anything changed for these holders? One cheap question for all pages that are open.

The law: a mark changes whenever a wallet moves, a card changes its state or is paused by one more,
a notice comes or a question is answered, and says nothing of what it was. No lock, no listener,
nothing in a debit (live_marks.sql).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, text


def live_marks(connection: Connection, beneficiary_ids: Sequence[int]) -> dict[int, str]:
    """The mark of each holder, sixteen characters."""
    rows = connection.execute(
        text("SELECT * FROM live_marks(CAST(:holders AS bigint[]))"),
        {"holders": list(beneficiary_ids)},
    )
    return {row[0]: mark_of(*row) for row in rows}


def mark_of(*facts: object) -> str:
    """The mark of a row of live_marks(), its columns in order."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
