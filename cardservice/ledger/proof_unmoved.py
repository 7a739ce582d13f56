"""The proof of what moved no wallet: refusals, and cancellations of debits that were never seen.

The law: each stands in a chain, a refusal in its card's and such a cancellation in its terminal's,
so that one taken away, or changed together with its hash, is missed on the very day it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from cardservice.domain.operation import EMPTY_HEAD, chain
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.streams import STREAMED

# As record_operation.sql chains them.
_ANSWERS: Final = text(
    "SELECT CASE WHEN card_id IS NULL THEN 'terminal' ELSE 'card' END AS chained_by,"
    " coalesce(card_id, terminal_id, 0) AS id, hash FROM operation"
    " WHERE wallet_seq IS NULL"
    " AND (kind = 'cancellation' OR (kind = 'debit' AND card_id IS NOT NULL))"
    " ORDER BY 1, 2, operation_no"
)
_CHAINS: Final = text("SELECT * FROM unmoved_chain ORDER BY chained_by, id")
_key = attrgetter("chained_by", "id")


def first_unmoved_difference(connection: Connection) -> Difference | None:
    """The first chain that is not what its operations lead to."""
    chains = iter(connection.execute(_CHAINS, execution_options=STREAMED))
    for expected, found in zip_longest(_expected(connection), chains):
        if expected is None:
            return Difference("unmoved_chain", _name(_key(found)), "length")
        key, length, head = expected
        if found is None or _key(found) > key:
            return Difference("unmoved_chain", _name(key), "missing")
        if _key(found) < key or found.length != length:
            return Difference("unmoved_chain", _name(_key(found)), "length")
        if bytes(found.head) != head:
            return Difference("unmoved_chain", _name(key), "head")
    return None


def _expected(connection: Connection) -> Iterator[tuple[tuple[str, int], int, bytes]]:
    """Key, length and head of each chain, folded from the operations."""
    answers: Iterator[Row[Any]] = iter(connection.execute(_ANSWERS, execution_options=STREAMED))
    for key, links in groupby(answers, key=_key):
        length, head = 0, EMPTY_HEAD
        for link in links:
            length, head = length + 1, chain(head, bytes(link.hash))
        yield key, length, head


def _name(key: tuple[str, int]) -> str:
    return f"{key[0]} {key[1]}"
