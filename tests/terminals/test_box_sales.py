"""Whole sales at the box, through its screen, against the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from api_client.transport import Line
from tests.makers import HeldCard
from tests.terminals.box import opened_box
from tpe_client.till.states import (
    Amount,
    Choosing,
    Confirming,
    Done,
    Identity,
    Idle,
)

MakeLine = Callable[..., Line]


def test_a_sale_without_pin_is_approved_and_written_down(
    line: Line, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            assert "EN LIGNE" in box.words
            await box.keys(card.code + "⏎")
            await box.becomes(Identity)
            assert "L É A" in box.words and "13 ans" in box.words
            await box.keys("1")
            await box.becomes(Choosing)
            await box.keys("1")
            await box.becomes(Amount)
            await box.keys("10,55⏎")
            await box.becomes(Confirming)
            await box.keys("⏎")
            done = await box.becomes(Done)
            assert done.approved.amount_cents == 1055
            assert done.approved.reference in box.words
            entry = box.journal.last()
            assert entry is not None and entry.state == "approved"

    asyncio.run(story())
