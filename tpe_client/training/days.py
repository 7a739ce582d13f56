"""Day closes of the school: the figures of a closed day, and the comparison with a terminal's.

The school closes its day at midnight in Paris, or earlier when somebody who trains asks for it
(`POST /training/day-close`); yesterday is closed from the start, with nothing in it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date

from tpe_client.training import bodies
from tpe_client.training.books import Books
from tpe_client.training.counter import Told
from tpe_client.training.problems import Refused
from tpe_client.training.school import Terminal


def show(books: Books, terminal: Terminal, day: date) -> Told:
    """`GET /day-closes/{business_day}`: the partner's figures, sealed."""
    _assert_closed(books, day)
    figures = bodies.summed(books.totals(books.of_day(terminal.partner.name, day)))
    seal = hashlib.sha256(json.dumps([day.isoformat(), figures], sort_keys=True).encode())
    return {"business_day": day.isoformat(), **figures, "seal": seal.hexdigest()}, 200


def compare(books: Books, terminal: Terminal, day: date, *, count: int, amount_cents: int) -> Told:
    """`POST /day-closes/{business_day}`: this terminal's own figures against the books'."""
    _assert_closed(books, day)
    own = books.of_day(terminal.partner.name, day, terminal_id=terminal.terminal_id)
    ours = bodies.summed(books.totals(own))
    differences = [
        {"field": field, "terminal": theirs, "server": ours[field]}
        for field, theirs in (("count", count), ("amount_cents", amount_cents))
        if theirs != ours[field]
    ]
    return {"matches": not differences, "differences": differences}, 200


def _assert_closed(books: Books, day: date) -> None:
    if not books.is_closed(day):
        raise Refused("day_not_closed")
