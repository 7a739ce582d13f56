"""Which column of a changed row was changed: the one whose honest value brings the hash back.

The law: a guess is only told when the hash confirms it. Small columns are tried out, others are
taken from what the rest of the books says (the terminal's outlet, the card's holder, the wallet's
neighbours); when nothing fits, several columns or an unguessable one were changed: `hash`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER
from cardservice.domain.operation import (
    OPERATION_KINDS,
    OUTCOME_NUMBERS,
    WALLETS,
    Operation,
    operation_hash,
)

# No amount or balance of the scheme is larger (design: 100,000 cents a request).
_MOST_CENTS = 100_000


def changed_field(connection: Connection, operation: Operation) -> str:
    """The column that was changed in a row whose hash does not hold, or `hash`."""
    for field, values in _candidates(connection, operation):
        for value in values:
            if _restores(replace(operation, **{field: value})):
                return field
    return "hash"


def _restores(operation: Operation) -> bool:
    try:
        return operation_hash(operation) == operation.hash
    except (KeyError, ArithmeticError, ValueError, TypeError):
        return False


def _candidates(
    connection: Connection, operation: Operation
) -> Iterator[tuple[str, Iterable[Any]]]:
    yield "code", (None, *DECLINE_ORDER, *CANCELLATION_DECLINES)
    yield "outcome", OUTCOME_NUMBERS
    yield "kind", OPERATION_KINDS
    yield "wallet", (None, *WALLETS)
    yield "tries_left", (None, 0, 1, 2)
    yield "pin_checked", (True, False)
    yield "wallet_seq", (None, *range(1, 500))
    day = operation.business_day
    yield "business_day", (day + timedelta(days=n) for n in range(-400, 401))
    yield "school_year", (None, *range(2020, 2060))
    yield "accepted_at", (operation.accepted_at + shift for shift in _shifts())
    for field, query in _NEIGHBOURS.items():
        found = connection.execute(text(query), {"id": operation.operation_id}).scalars()
        yield field, (None, *found)
    # Last: these are the many.
    yield "amount_cents", (None, *range(1, _MOST_CENTS + 1))
    yield "balance_after_cents", (None, *range(_MOST_CENTS + 1))


def _shifts() -> Iterator[timedelta]:
    """By how much somebody moves an instant: whole seconds, minutes, hours or days, either way."""
    for unit, most in (("seconds", 3_600), ("minutes", 1_440), ("hours", 72), ("days", 400)):
        for number in range(1, most + 1):
            yield timedelta(**{unit: number})
            yield -timedelta(**{unit: number})


# Honest values for what cannot be counted through: all there are of the smaller registers, and for
# holder and card what the other one of the two says.
_NEIGHBOURS = {
    "terminal_id": "SELECT terminal_id FROM terminal ORDER BY 1",
    "outlet_id": "SELECT outlet_id FROM outlet ORDER BY 1",
    "partner_id": "SELECT partner_id FROM partner ORDER BY 1",
    "beneficiary_id": "SELECT c.beneficiary_id FROM card c JOIN operation o USING (card_id)"
    " WHERE o.operation_id = :id",
    "card_id": "SELECT c.card_id FROM card c JOIN operation o USING (beneficiary_id)"
    " WHERE o.operation_id = :id",
    "target_id": "SELECT d.operation_id FROM operation d JOIN operation o"
    " ON d.beneficiary_id = o.beneficiary_id WHERE o.operation_id = :id",
}
