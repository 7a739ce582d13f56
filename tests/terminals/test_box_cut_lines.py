"""A line that is cut at the worst moment: a doubt is called a doubt, and ends in the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from api_client.transport import Line
from tests.faults.cut_proxy import Ask, TillsEnd, honest, opened_proxy
from tests.makers import HeldCard
from tests.terminals.box import opened_box
from tests.terminals.conftest import Service
from tests.terminals.test_box_sales import sell
from tpe_client.till.states import (
    CancelDone,
    CancelInDoubt,
    Confirming,
    DayShown,
    Done,
    Identity,
    Idle,
    InDoubt,
    LastTold,
    NotTaken,
)

MakeLine = Callable[..., Line]


@pytest.mark.parametrize("arrives", [True, False])
def test_a_sale_without_answer_is_unknown_then_known(
    service: Service, make_line: MakeLine, card: HeldCard, tmp_path: Path, arrives: bool
) -> None:
    async def silent(request: bytes, ask: Ask, till: TillsEnd) -> None:
        if arrives and request.startswith(b"PUT "):
            await ask(request)

    async def story() -> None:
        async with opened_proxy(service.port) as proxy:
            line = make_line(base_url=proxy.base_url)
            async with opened_box(line, tmp_path) as box:
                await box.becomes(Idle)
                await box.read(card.code)
                await box.becomes(Identity)
                await box.keys("1110,55⏎")
                await box.becomes(Confirming)
                proxy.fault = silent
                await box.keys("⏎")
                doubt = await box.becomes(InDoubt)
                await box.until(lambda: "appelez l’assistance" in box.words)
                assert doubt.local_reference in box.words and "HORS LIGNE" in box.words
                assert "refus" not in box.words.lower() and "invalide" not in box.words.lower()
                proxy.fault = honest
                await box.tick(12)
                await box.becomes(Done if arrives else NotTaken)
                await box.until(lambda: "EN LIGNE" in box.words)

    asyncio.run(story())


def test_a_doubt_that_is_left_resolves_itself_at_rest(
    service: Service, make_line: MakeLine, card: HeldCard, tmp_path: Path
) -> None:
    async def silent(request: bytes, ask: Ask, till: TillsEnd) -> None:
        if request.startswith(b"PUT "):
            await ask(request)

    async def story() -> None:
        async with (
            opened_proxy(service.port) as proxy,
            opened_box(make_line(base_url=proxy.base_url), tmp_path) as box,
        ):
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Identity)
            await box.keys("1110⏎")
            await box.becomes(Confirming)
            proxy.fault = silent
            await box.keys("⏎")
            await box.becomes(InDoubt)
            await box.keys("⎋")
            await box.becomes(Idle)
            assert "Une vente reste inconnue" in box.words
            proxy.fault = honest
            await box.tick(30)
            await box.becomes(LastTold)
            assert "Acceptée" in box.words and box.journal.unresolved() == []

    asyncio.run(story())


def test_a_cancellation_without_answer_is_asked_again_and_done_once(
    service: Service, make_line: MakeLine, card: HeldCard, tmp_path: Path
) -> None:
    async def deaf(request: bytes, ask: Ask, till: TillsEnd) -> None:
        if b"/cancellation" in request:
            await ask(request)

    async def story() -> None:
        async with (
            opened_proxy(service.port) as proxy,
            opened_box(make_line(base_url=proxy.base_url), tmp_path) as box,
        ):
            await sell(box, card.code)
            await box.keys("+1")
            await box.becomes(DayShown)
            proxy.fault = deaf
            await box.keys("⏎2")
            await box.becomes(CancelInDoubt)
            assert "jamais deux fois" in box.words
            proxy.fault = honest
            await box.keys("1")
            await box.becomes(CancelDone)

    asyncio.run(story())


def test_without_network_nothing_is_sold_and_it_is_said(
    make_line: MakeLine, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        # Port 9 of this machine: nobody listens.
        async with opened_box(make_line(base_url="http://127.0.0.1:9"), tmp_path) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.until(lambda: "aucune vente" in box.words)
            assert "HORS LIGNE" in box.words and box.journal.last() is None

    asyncio.run(story())
