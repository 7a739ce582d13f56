"""The proof: replays everything from the operations alone and names the first row that differs.

The law: nothing is believed but the operations' own facts; wallets, cancellations, day closes and
seals are computed again from them and compared. It reads one snapshot, repairs nothing, and its
memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.operation import (
    BENEFICIARY_WALLET,
    EMPTY_HEAD,
    Operation,
    chain,
    legs,
    operation_hash,
)
from cardservice.ledger.proof_days import first_day_difference
from cardservice.ledger.proof_fields import changed_field
from cardservice.ledger.proof_rows import Difference, operation_of
from cardservice.ledger.proof_runs import first_run_difference
from cardservice.ledger.proof_unmoved import first_unmoved_difference
from cardservice.ledger.streams import STREAMED

_CHUNK = 5_000
_REGISTERS = {
    "partner_id": "partner",
    "outlet_id": "outlet",
    "terminal_id": "terminal",
    "card_id": "card",
    "beneficiary_id": "beneficiary",
}
_CORRECTIONS = "('regularisation', 'late_regularisation')"
_REVERSALS = "('regularisation_reversal', 'late_regularisation_reversal')"
# By the column that is wrong, the query that finds the first row.
_REGULARISATIONS = {
    "target_id": (
        "SELECT o.operation_id FROM operation o"  # noqa: S608
        " LEFT JOIN regularisation r ON r.operation_id = o.operation_id"
        " LEFT JOIN operation d ON d.operation_id = o.target_id"
        f" WHERE o.kind IN {_CORRECTIONS} AND (r.regularisation_id IS NULL"
        "  OR d.kind IS DISTINCT FROM 'debit' OR d.outcome <> 'approved'"
        "  OR (r.debit_id, r.amount_cents, d.partner_id, d.wallet, d.beneficiary_id, d.school_year)"
        "   IS DISTINCT FROM (o.target_id, o.amount_cents, o.partner_id, o.wallet,"
        "    o.beneficiary_id, o.school_year)"
        "  OR d.business_day >= o.business_day)"
        " ORDER BY o.operation_no LIMIT 1"
    ),
    "kind": (
        "SELECT o.operation_id FROM operation o"  # noqa: S608
        " LEFT JOIN regularisation r ON r.reversal_id = o.operation_id"
        " LEFT JOIN operation g ON g.operation_id = o.target_id"
        f" WHERE o.kind IN {_REVERSALS} AND (r.operation_id IS DISTINCT FROM o.target_id"
        f"  OR g.kind IS NULL OR g.kind NOT IN {_CORRECTIONS}"
        "  OR (g.partner_id, g.amount_cents, g.wallet, g.beneficiary_id, g.school_year)"
        "   IS DISTINCT FROM (o.partner_id, o.amount_cents, o.wallet, o.beneficiary_id,"
        "    o.school_year))"
        " ORDER BY o.operation_no LIMIT 1"
    ),
    "actor_id": (
        "SELECT o.operation_id FROM operation o"  # noqa: S608
        " JOIN regularisation r ON o.operation_id IN (r.operation_id, r.reversal_id)"
        f" WHERE o.actor_id IS DISTINCT FROM CASE WHEN o.kind IN {_CORRECTIONS}"
        "  THEN r.decided_by ELSE r.reversed_by END"
        " ORDER BY o.operation_no LIMIT 1"
    ),
    "amount_cents": (
        "SELECT d.operation_id FROM operation d"
        " JOIN regularisation r ON r.debit_id = d.operation_id"
        " WHERE r.operation_id IS NOT NULL AND r.reversal_id IS NULL"
        " GROUP BY d.operation_id, d.amount_cents HAVING sum(r.amount_cents) > d.amount_cents"
        " ORDER BY d.operation_id LIMIT 1"
    ),
}
_WALLET_KEY = ("beneficiary_id", "school_year", "wallet")


@dataclass(frozen=True)
class Proof:
    """What the replay found. `operations` is how many rows were read."""

    operations: int
    first_difference: Difference | None

    @property
    def ok(self) -> bool:
        """Whether every row is what it must be."""
        return self.first_difference is None


def prove(engine: Engine, *, progress: Callable[[int], None] = lambda _rows: None) -> Proof:
    """Replays the whole ledger in one snapshot; `progress` is told the rows read so far."""
    with unit_of_work(engine) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        operations, difference = _prove_operations(connection, progress)
        difference = (
            difference
            or _prove_wallets(connection)
            or first_unmoved_difference(connection)
            or _prove_cancellations(connection)
            or _prove_regularisations(connection)
            or _prove_lapsed(connection)
            or _prove_references(connection)
            or first_day_difference(connection)
            or first_run_difference(connection)
        )
        return Proof(operations, difference)


def _prove_operations(
    connection: Connection, progress: Callable[[int], None]
) -> tuple[int, Difference | None]:
    """Every row hashes to its own hash; in the order in which rows were written."""
    rows = 0
    for row in _stream(connection, "SELECT * FROM operation ORDER BY operation_no"):
        rows += 1
        if rows % _CHUNK == 0:
            progress(rows)
        operation = operation_of(row)
        if not _hash_holds(operation):
            return rows, Difference(
                "operation", str(operation.operation_id), changed_field(connection, operation)
            )
        if _moves_a_wallet(operation) != (operation.wallet_seq is not None):
            return rows, Difference("operation", str(operation.operation_id), "wallet_seq")
    progress(rows)
    return rows, None


def _hash_holds(operation: Operation) -> bool:
    try:
        return operation_hash(operation) == operation.hash
    except (KeyError, ArithmeticError, ValueError, TypeError):
        # A word or a number that no honest row could hold.
        return False


def _moves_a_wallet(operation: Operation) -> bool:
    """Money came out of a wallet or went into one; a tombstone has no amount, a refusal moves
    nothing."""
    return (
        operation.outcome != "declined"
        and operation.amount_cents is not None
        and BENEFICIARY_WALLET in legs(operation.kind)
    )


def _prove_wallets(connection: Connection) -> Difference | None:
    """Movements are gapless, each balance follows from the one before, and the wallet row is where
    its movements lead."""
    movements = _stream(
        connection,
        "SELECT * FROM operation WHERE wallet_seq IS NOT NULL"
        " ORDER BY beneficiary_id, school_year, wallet, wallet_seq",
    )
    wallets = _stream(
        connection, "SELECT * FROM wallet ORDER BY beneficiary_id, school_year, wallet"
    )
    first_open_day = connection.execute(text("SELECT first_open_day FROM open_day")).scalar_one()
    movement = next(movements, None)
    for wallet in wallets:
        seq, balance, granted, head, lapsed = 0, 0, 0, EMPTY_HEAD, False
        if movement is not None and _key(movement) < _key(wallet):
            return Difference("wallet", _wallet_id(movement), "missing")
        while movement is not None and _key(movement) == _key(wallet):
            operation = operation_of(movement)
            seq += 1
            balance += _signed_cents(operation)
            granted += operation.amount_cents or 0 if operation.kind == "grant" else 0
            head = chain(head, operation.hash)
            lapsed = operation.kind == "lapse"
            field = _broken_link(operation, seq, balance)
            if field is not None:
                return Difference("operation", str(operation.operation_id), field)
            movement = next(movements, None)
        expected = {
            "balance_cents": balance,
            "seq": seq,
            "head": head,
            "granted_cents": granted,
        }
        for field, value in expected.items():
            found = getattr(wallet, field)
            if (bytes(found) if field == "head" else found) != value:
                return Difference("wallet", _wallet_id(wallet), field)
        # A wallet that ended empty is closed without a lapse.
        ended_empty = balance == 0 and wallet.valid_until <= first_open_day
        states = ("lapsed",) if lapsed else ("open", "lapsed") if ended_empty else ("open",)
        if wallet.state not in states:
            return Difference("wallet", _wallet_id(wallet), "state")
    if movement is not None:
        return Difference("wallet", _wallet_id(movement), "missing")
    return None


def _broken_link(operation: Operation, seq: int, balance: int) -> str | None:
    if operation.wallet_seq != seq:
        return "wallet_seq"
    if operation.balance_after_cents != balance or balance < 0:
        return "balance_after_cents"
    return None


def _signed_cents(operation: Operation) -> int:
    from_account, _ = legs(operation.kind)
    amount_cents = operation.amount_cents or 0
    return -amount_cents if from_account == BENEFICIARY_WALLET else amount_cents


def _prove_cancellations(connection: Connection) -> Difference | None:
    """A cancellation that moved money undoes one approved debit of its partner, day and wallet,
    whole."""
    broken = connection.execute(
        text(
            "SELECT c.operation_id FROM operation c"
            " LEFT JOIN operation d ON d.operation_id = c.target_id"
            " WHERE c.kind = 'cancellation' AND c.wallet_seq IS NOT NULL AND ("
            "  d.operation_id IS NULL OR d.kind <> 'debit' OR d.outcome <> 'approved'"
            "  OR (d.partner_id, d.business_day, d.amount_cents, d.wallet, d.beneficiary_id,"
            "      d.school_year) IS DISTINCT FROM (c.partner_id, c.business_day, c.amount_cents,"
            "      c.wallet, c.beneficiary_id, c.school_year))"
            " ORDER BY c.operation_no LIMIT 1"
        )
    ).scalar_one_or_none()
    return None if broken is None else Difference("operation", str(broken), "target_id")


def _prove_regularisations(connection: Connection) -> Difference | None:
    """A correction has its row and its debit (of an earlier day, same partner, holder and wallet),
    and no debit was given back beyond its amount."""
    for field, query in _REGULARISATIONS.items():
        broken = connection.execute(text(query)).scalar_one_or_none()
        if broken is not None:
            return Difference("operation", str(broken), field)
    return None


def _prove_lapsed(connection: Connection) -> Difference | None:
    """No wallet has given back more of what lapsed than it had given up."""
    broken = connection.execute(
        text(
            "SELECT concat_ws('/', beneficiary_id, school_year, wallet) FROM operation"
            " WHERE kind IN ('lapse', 'late_regularisation', 'late_regularisation_reversal')"
            " GROUP BY beneficiary_id, school_year, wallet"
            " HAVING sum(CASE kind WHEN 'late_regularisation_reversal' THEN -amount_cents"
            "   ELSE amount_cents END) < 0 ORDER BY 1 LIMIT 1"
        )
    ).scalar_one_or_none()
    return None if broken is None else Difference("wallet", str(broken), "lapsed")


def _prove_references(connection: Connection) -> Difference | None:
    """Whoever and whatever an operation names is there: what foreign keys would hold, if the hot
    table could afford them (docs/decisions/0004)."""
    for field, table in _REGISTERS.items():
        query = (
            f"SELECT o.operation_id FROM operation o WHERE o.{field} IS NOT NULL"  # noqa: S608
            f" AND NOT EXISTS (SELECT FROM {table} r WHERE r.{field} = o.{field})"
            " ORDER BY o.operation_no LIMIT 1"
        )
        broken = connection.execute(text(query)).scalar_one_or_none()
        if broken is not None:
            return Difference("operation", str(broken), field)
    return None


def _stream(connection: Connection, query: str) -> Iterator[Row[Any]]:
    return iter(connection.execute(text(query), execution_options=STREAMED))


def _key(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _WALLET_KEY)


def _wallet_id(row: Row[Any]) -> str:
    return "/".join(str(part) for part in _key(row))
