"""The proof of closed days: leaves, roots and seals are what the operations make of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from cardservice.domain.merkle import FIRST_SEAL
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.seals import DaySeal, compute_seal


def first_day_difference(connection: Connection) -> Difference | None:
    """The first sealed day whose stored figures differ from its operations, oldest first."""
    blocks = connection.execute(
        text("SELECT * FROM day_block WHERE seal IS NOT NULL ORDER BY business_day")
    ).all()
    previous_seal = FIRST_SEAL
    for block in blocks:
        stored = connection.execute(
            text("SELECT * FROM day_close WHERE business_day = :day ORDER BY partner_id"),
            {"day": block.business_day},
        ).all()
        computed = compute_seal(
            connection,
            block.business_day,
            partner_ids={row.partner_id for row in stored},
            previous_seal=previous_seal,
        )
        difference = _leaf_difference(computed, stored) or _block_difference(computed, block)
        if difference is not None:
            return difference
        previous_seal = computed.seal
    return _wallet_totals_difference(connection)


def _leaf_difference(computed: DaySeal, stored: list[Row[Any]] | Any) -> Difference | None:
    rows = {row.partner_id: row for row in stored}
    for partner in computed.partners:
        key = f"{computed.day}/{partner.partner_id}"
        row = rows.get(partner.partner_id)
        if row is None:
            return Difference("day_close", key, "missing")
        expected = {
            "operations": partner.operations,
            "debits": partner.debits,
            "amount_cents": partner.amount_cents,
            "root": partner.root,
            "leaf": partner.leaf(computed.day),
        }
        for field, value in expected.items():
            found = getattr(row, field)
            if (bytes(found) if isinstance(value, bytes) else found) != value:
                return Difference("day_close", key, field)
    return None


def _block_difference(computed: DaySeal, block: Row[Any]) -> Difference | None:
    expected = {
        "operations": computed.operations,
        "root": computed.root,
        "previous_seal": computed.previous_seal,
        "seal": computed.seal,
    }
    for field, value in expected.items():
        found = getattr(block, field)
        if (bytes(found) if isinstance(value, bytes) else found) != value:
            return Difference("day_block", str(computed.day), field)
    return None


def _wallet_totals_difference(connection: Connection) -> Difference | None:
    """A partner's day by wallet adds up to his day."""
    row = connection.execute(
        text(
            "SELECT d.business_day, d.partner_id FROM day_close d LEFT JOIN ("
            "  SELECT business_day, partner_id, sum(debits) AS debits,"
            "         sum(amount_cents) AS amount_cents"
            "  FROM day_close_wallet GROUP BY business_day, partner_id) w"
            " USING (business_day, partner_id)"
            " WHERE d.debits <> coalesce(w.debits, 0)"
            "    OR d.amount_cents <> coalesce(w.amount_cents, 0)"
            " ORDER BY d.business_day, d.partner_id LIMIT 1"
        )
    ).one_or_none()
    if row is None:
        return None
    return Difference("day_close_wallet", f"{row.business_day}/{row.partner_id}", "amount_cents")
