"""The phone's side of the wire: the golden exchanges, and a line that is cut at its bytes.

The law is the one of every terminal (tests/terminals/test_api_client_*.py): what each answer means
is pinned by files, and wherever the line is cut the sale ends in the truth.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

from tests.faults.cut_proxy import (
    Ask,
    CutProxy,
    Fault,
    TillsEnd,
    answer_cut_after,
    honest,
    opened_proxy,
    request_cut_after,
)
from tests.makers import HeldCard
from tests.portals.browsers import intercept
from tests.portals.site import Site
from tests.terminals.golden_exchanges import GoldenExchange, golden_exchanges
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import APP
from tests.terminals.phone.ledger import debits_approved

# How wire.js makes each call; a box's (check, compare) and a day by its date are not the phone's.
_CALLS = {
    "take_debit": "wire.sendDebit({ operation_id: id, ...body }, body.pin)",
    "ask": "wire.ask(id)",
    "cancel": "wire.cancel(id, body.reason)",
    "identify": "wire.identify(body.reading)",
    "me": "wire.me()",
    "mail_ticket": "wire.mailTicket(id, body.email)",
    "recognise": "wire.recognise(body.activation_code)",
    "confirm": "wire.confirm(body.activation_token, body.label)",
}
_WIRE = "([id, body]) => import('/tpe/js/wire.js').then(({ wire }) => %s)"
_SETTLE = """([id, body]) => import('/tpe/js/settle.js').then(({ takeDebit }) => takeDebit(
  { operation_id: id, last4: "7QXR", ...body, pin: undefined }, body.pin))"""
# Nothing that a phone would do leads there.
_UNASKED = {"problem-not-found", "problem-method-not-allowed"}
_ENDS = {"Approved": {"approved"}, "Declined": {"declined", "never"}, "Problem": {"declined"}}


def served(exchanges: list[GoldenExchange]) -> list[GoldenExchange]:
    assert len(exchanges) > 10
    return exchanges


def test_every_golden_answer_is_read_and_asked_for_as_it_is_pinned(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto(APP)
    now: list[GoldenExchange] = []
    asked: list[tuple[str, str, Any]] = []

    def golden(route: Route) -> None:
        request, exchange = route.request, now[-1]
        body = json.loads(request.post_data) if request.post_data else None
        asked.append((request.method, urlsplit(request.url).path, body))
        route.fulfill(
            status=exchange.status, headers=exchange.headers, body=json.dumps(exchange.body)
        )

    intercept(phone.page, "**/api/v1/**", golden)
    for exchange in served([one for one in golden_exchanges() if one.call in _CALLS]):
        now.append(exchange)
        operation_id = exchange.path.split("/")[4] if "/debits/" in exchange.path else ""
        told = phone.page.evaluate(
            _WIRE % _CALLS[exchange.call], [operation_id, exchange.request_body or {}]
        )
        assert told is not None, exchange.name
        assert (told["status"], told["body"]) == (exchange.status, exchange.body), exchange.name
        waits = exchange.headers.get("retry-after")
        assert told["retry_after"] == (int(waits) if waits else None), exchange.name
        if exchange.name not in _UNASKED:
            assert asked[-1] == (exchange.method, exchange.path, exchange.request_body)


def test_every_golden_answer_to_a_debit_settles_as_what_it_means(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto(APP)
    now: list[GoldenExchange] = []
    intercept(
        phone.page,
        "**/api/v1/**",
        lambda route: route.fulfill(
            status=now[-1].status, headers=now[-1].headers, body=json.dumps(now[-1].body)
        ),
    )
    debits = [one for one in golden_exchanges() if one.call == "take_debit"]
    for number, exchange in enumerate(served(debits)):
        if exchange.status in (408, 429) or exchange.status >= 500:
            continue
        # An id of its own each: a phone settles a sale once.
        old = exchange.path.split("/")[4]
        fresh = f"{old[:-4]}{number:04x}"
        body = json.loads(json.dumps(exchange.body).replace(old, fresh))
        request = exchange.request_body or {}
        told = {name: request[name] for name in ("wallet", "amount_cents") if name in body}
        now.append(replace(exchange, body=body | told))
        end = phone.page.evaluate(_SETTLE, [fresh, request])
        ends = {"revoked"} if exchange.status == 401 else _ENDS[exchange.means]
        assert end["state"] in ends, exchange.name
        if exchange.means == "Declined":
            assert end["body"]["code"] == exchange.body["code"]


@contextmanager
def cutting(site: Site) -> Iterator[CutProxy]:
    """The proxy before the service, on a loop and thread of its own."""
    ready, over = threading.Event(), asyncio.Event()
    told: list[tuple[CutProxy, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with opened_proxy(int(site.base_url.rpartition(":")[2])) as proxy:
            told.append((proxy, asyncio.get_running_loop()))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    proxy, loop = told[0]
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


def once(fault: Fault) -> Fault:
    """The first request about a debit suffers it; everything else passes."""
    waiting = [fault]

    async def first_debit(request: bytes, ask: Ask, till: TillsEnd) -> None:
        is_debit = request.startswith(b"PUT /api/v1/debits/")
        await (waiting.pop() if is_debit and waiting else honest)(request, ask, till)

    return first_debit


@pytest.mark.parametrize(
    "stride", [150, pytest.param(17, marks=pytest.mark.soak)], ids=["coarse", "fine"]
)
def test_wherever_the_line_is_cut_a_sale_ends_in_the_truth(
    phone_of: PhoneOf, site: Site, card: HeldCard, stride: int
) -> None:
    phone = phone_of()
    with cutting(site) as proxy:
        # The same page, its calls by way of the proxy: the browser's own network sees the cuts.
        way = f"{proxy.base_url}/api/"
        intercept(
            phone.page,
            "**/api/v1/**",
            lambda route: route.continue_(
                url=route.request.url.replace(f"{site.base_url}/api/", way)
            ),
        )
        phone.hurry()
        faults = [
            kind(count)
            for kind in (answer_cut_after, request_cut_after)
            for count in range(0, 700, stride)
        ]
        for fault in faults:
            proxy.fault = once(fault)
            phone.sell(card, "0,10")
            phone.reads("Débit accepté")
            phone.press("Accueil")
        proxy.fault = honest
        assert debits_approved(site) == [10] * len(faults)
