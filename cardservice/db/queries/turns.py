"""Work that is done by one at a time: whoever comes second waits for the first to commit.

The law: a turn ends with the transaction. Money calls use other locks (design §2) and never wait
here.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

# First halves of the lock numbers; 13 belongs to the business day.
ROSTER, PARTNERS, CARD_NUMBERS = 20, 21, 22


def wait_for_turn(connection: Connection, work: int, number: int = 0) -> None:
    """Waits until nobody else does this `work` (for this `number`, a school year for instance)."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:work, :number)"), {"work": work, "number": number}
    )
