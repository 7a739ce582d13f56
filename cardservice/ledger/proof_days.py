"""The proof of closed days: leaves, roots and seals are what the operations make of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from cardservice.domain.merkle import FIRST_SEAL
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.seals import DaySeal, compute_seal


def first_day_difference(connection: Connection) -> Difference | None:
    """The first closed day whose stored figures differ from its operations, oldest first."""
    blocks = connection.execute(text("SELECT * FROM day_block ORDER BY business_day")).all()
    difference = _marker_difference(connection, blocks)
    if difference is not None:
        return difference
    previous_seal = FIRST_SEAL
    for block in blocks:
        if block.seal is None:
            # Only the last one: a close that was cut off before its seal.
            break
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
        difference = (
            _leaf_difference(computed, stored)
            or _wallet_difference(connection, computed)
            or _block_difference(computed, block)
        )
        if difference is not None:
            return difference
        previous_seal = computed.seal
    return None


def _marker_difference(connection: Connection, blocks: Sequence[Row[Any]]) -> Difference | None:
    """Days are closed one after the other, sealed but for the last, and the next one is open."""
    days = [block.business_day for block in blocks]
    for day, next_block in zip(days, blocks[1:], strict=False):
        if next_block.business_day != day + timedelta(days=1):
            return Difference("day_block", str(day + timedelta(days=1)), "missing")
    for block in blocks[:-1]:
        if block.seal is None:
            return Difference("day_block", str(block.business_day), "seal")
    orphan = connection.execute(
        text(
            "SELECT min(business_day) FROM day_close"
            " WHERE business_day NOT IN (SELECT business_day FROM day_block)"
        )
    ).scalar_one()
    if orphan is not None:
        return Difference("day_block", str(orphan), "missing")
    first_open_day = connection.execute(text("SELECT first_open_day FROM open_day")).scalar_one()
    if days and first_open_day != days[-1] + timedelta(days=1):
        return Difference("open_day", "1", "first_open_day")
    return None


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


def _wallet_difference(connection: Connection, computed: DaySeal) -> Difference | None:
    """A partner's day by wallet, row by row."""
    stored = {
        (row.partner_id, row.wallet): row
        for row in connection.execute(
            text("SELECT * FROM day_close_wallet WHERE business_day = :day"),
            {"day": computed.day},
        )
    }
    expected = {
        (partner.partner_id, wallet): {"debits": debits, "amount_cents": cents}
        for partner in computed.partners
        for wallet, (debits, cents) in partner.wallets.items()
    }
    for key in sorted(expected.keys() | stored.keys()):
        shown = "/".join(str(part) for part in (computed.day, *key))
        if key not in stored:
            return Difference("day_close_wallet", shown, "missing")
        if key not in expected:
            return Difference("day_close_wallet", shown, "surplus")
        for field, value in expected[key].items():
            if getattr(stored[key], field) != value:
                return Difference("day_close_wallet", shown, field)
    return None
