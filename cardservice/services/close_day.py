"""Close a business day: a marker that no money can pass, then the seal of all its rows.

The law: the marker is one short transaction that holds the tills up for two rows; sealing follows
in another. A cut between both leaves a closed day unsealed, and the next call seals it first.
"""

from __future__ import annotations

import logging
from datetime import date

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.ledger import post
from cardservice.ledger.seals import DaySeal, seal_day

log = logging.getLogger("cjeune.seals")


def close_day(engine: Engine, day: date) -> DaySeal | None:
    """Closes and seals the next open day; None when nothing was left to do.

    The caller closes days oldest first and only days that are over: the database refuses others.
    """
    with unit_of_work(engine) as connection:
        post.close_day(connection, day)
    with unit_of_work(engine) as connection:
        sealed = seal_day(connection, day)
    if sealed is not None:
        # The log is one of the places outside the database where the seal can be found again.
        log.info("day %s sealed: %d operations, %s", day, sealed.operations, sealed.seal.hex())
    return sealed
