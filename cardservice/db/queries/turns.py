"""Work that is done by one at a time: whoever comes second waits for the first, or leaves.

The law: a turn ends with the transaction. Money calls use other locks (design §2) and never wait
here.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

# First halves of the lock numbers; 13 and 14 belong to the days, the runs and the budgets.
ROSTER, PARTNERS, CARD_NUMBERS = 20, 21, 22
NOTICES, PUSHES, YEAR_END = 23, 24, 25


def wait_for_turn(connection: Connection, work: int, number: int = 0) -> None:
    """Waits until nobody else does this `work` (for this `number`, a school year for instance)."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:work, :number)"), {"work": work, "number": number}
    )


def took_turn(connection: Connection, work: int, number: int = 0) -> bool:
    """Whether this `work` is ours now; False at once when somebody else does it."""
    return bool(
        connection.execute(
            text("SELECT pg_try_advisory_xact_lock(:work, :number)"),
            {"work": work, "number": number},
        ).scalar_one()
    )
