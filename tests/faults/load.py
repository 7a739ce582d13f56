"""Many tills that sell at once and remember like a till: what they sent and what they were told.

The law: a sale is written down before it is sent, under an id that never changes. What was answered
is *told*; what was not is *unsure* until it is asked for, or sent again, or cancelled. Whatever was
told must be found again, once, with the same facts.

It refuses to know how the service is made: it speaks HTTP and reads JSON.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.api.stranger import SPORT, TUTORING
from tests.faults.site import Service, Site

WALLETS = (SPORT, TUTORING)
CLIENTS = 24
SECONDS_FOR_AN_ANSWER = 20.0
# Before a till that was told nothing knocks again.
PAUSE_SECONDS = 0.03

Body = dict[str, Any]


@dataclass
class Sale:
    """A till's note of one operation: what it wanted, and what it was told since."""

    till: int
    card: int
    wallet: str
    amount_cents: int
    operation_id: str = field(default_factory=lambda: str(uuid4()))
    answer: Body | None = None
    is_cancelling: bool = False
    cancellation: Body | None = None

    @property
    def is_unsure(self) -> bool:
        return self.answer is None or (self.is_cancelling and self.cancellation is None)

    @property
    def is_approved(self) -> bool:
        return self.answer is not None and self.answer["outcome"] == "approved"

    @property
    def is_cancelled(self) -> bool:
        return self.cancellation is not None and self.cancellation["outcome"] == "cancelled"


class Load:
    """The tills of a site, and their journal."""

    def __init__(self, site: Site, base_url: str, http: httpx.AsyncClient) -> None:
        self.site = site
        self._base_url = base_url
        self._seconds_for_an_answer = SECONDS_FOR_AN_ANSWER
        self.journal: list[Sale] = []
        self.told = 0
        self.cut = 0
        # Why the last call that told nothing did not.
        self.trouble = ""
        self.problems: list[httpx.Response] = []
        self._http = http
        self._random = random.Random()
        self._identifications: dict[tuple[int, int], str] = {}
        self._read_all_until = 0.0
        self._balances: Counter[tuple[int, str]] = Counter()
        self._totals: Counter[tuple[int, str]] = Counter()
        self._tills_per_partner = len(site.cast.tills) // len(site.cast.shops)
        self._rows_before = site.rows("SELECT max(operation_no) FROM operation")[0][0]
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._is_over = False

    # What a till does

    async def new_sale(self, **wanted: Any) -> Sale:
        """Card read, sale written down; `wanted` may fix till, card, wallet and amount."""
        draw = self._random
        chosen = {
            "till": draw.randrange(len(self.site.cast.tills)),
            "card": draw.randrange(len(self.site.cast.cards)),
            "wallet": draw.choice(WALLETS),
            "amount_cents": draw.randint(1, 9),
        } | wanted
        sale = Sale(**chosen)
        if (sale.till, sale.card) not in self._identifications:
            await self._identify(sale.till, sale.card)
        self.journal.append(sale)
        return sale

    async def new_sales(self, count: int) -> list[Sale]:
        return [await self.new_sale() for _ in range(count)]

    async def read_all_cards(self) -> None:
        """Each card at each till, unless that was done within the last two minutes."""
        if time.monotonic() < self._read_all_until:
            return
        self._read_all_until = time.monotonic() + 120
        pairs = [
            (till, card)
            for till in range(len(self.site.cast.tills))
            for card in range(len(self.site.cast.cards))
        ]
        await each(pairs, lambda pair: self._identify(*pair))

    async def count_at_first(self) -> None:
        """Remembers what the cards hold and what the partners have sold before all this."""
        self._balances, self._totals = await self.balances(), await self.totals()

    async def balances(self) -> Counter[tuple[int, str]]:
        """What every card holds now, as a terminal is told."""
        found: Counter[tuple[int, str]] = Counter()
        for card in range(len(self.site.cast.cards)):
            for wallet in (await self._identify(0, card))["wallets"]:
                found[card, wallet["wallet"]] = wallet["balance_cents"]
        return found

    async def totals(self, days: Iterable[str | None] = (None,)) -> Counter[tuple[int, str]]:
        """Cents by partner and wallet of these days (None: today), as a partner's list has them."""
        found: Counter[tuple[int, str]] = Counter()
        for partner, till in enumerate(self.first_tills()):
            for day in days:
                query = {"limit": "1"} | ({} if day is None else {"business_day": day})
                for one in (await self.get("/debits", till=till, params=query)).json()["totals"]:
                    found[partner, one["wallet"]] += one["amount_cents"]
        return found

    async def debit(self, sale: Sale) -> Body | None:
        """Sends the sale, for the first time or again; None when nothing was told."""
        told = await self._send("PUT", sale, json=self._form(sale))
        if told is not None:
            note(sale, "answer", told)
        return told

    async def cancel(self, sale: Sale) -> Body | None:
        """Cancels the sale, for the first time or again; None when nothing was told."""
        sale.is_cancelling = True
        told = await self._send("PUT", sale, "/cancellation", json={"reason": "mistake"})
        if told is not None:
            note(sale, "cancellation", told)
        return told

    async def ask(self, sale: Sale) -> Body | None:
        """The stored answer; None for 404."""
        answer = await self._http.get(self._url(sale), headers=self._headers(sale.till))
        if answer.status_code == 404:
            assert answer.json()["code"] == "operation_unknown"
            return None
        assert answer.status_code == 200, answer.text
        body: Body = answer.json()
        return body

    def debit_as_bytes(self, sale: Sale) -> bytes:
        """The sale's request as it goes over the wire."""
        request = self._http.build_request(
            "PUT", self._url(sale), headers=self._headers(sale.till), json=self._form(sale)
        )
        head = [b"PUT " + request.url.raw_path + b" HTTP/1.1"]
        head += [name + b": " + value for name, value in request.headers.raw]
        return b"\r\n".join(head) + b"\r\n\r\n" + request.content

    @contextmanager
    def through(self, base_url: str, *, seconds_for_an_answer: float = 20.0) -> Iterator[None]:
        """While the block lasts every call goes to another address, with this much patience."""
        before = self._base_url, self._seconds_for_an_answer
        self._base_url, self._seconds_for_an_answer = base_url, seconds_for_an_answer
        try:
            yield
        finally:
            self._base_url, self._seconds_for_an_answer = before

    # Many of them

    @asynccontextmanager
    async def selling(
        self, clients: int = CLIENTS, *, rest_seconds: float = 0.0
    ) -> AsyncIterator[None]:
        """The tills sell while the block lasts, each with a rest between two sales; a wrong answer
        ends it at once."""
        await self.read_all_cards()
        self._is_over = False
        async with asyncio.TaskGroup() as tills:
            for _ in range(clients):
                tills.create_task(self._sell(rest_seconds))
            try:
                yield
            finally:
                self._is_over = True
                self._is_open.set()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """New sales wait for the end of the block; those under way go on."""
        self._is_open.clear()
        try:
            yield
        finally:
            self._is_open.set()

    async def tell(self, more: int) -> None:
        """Returns when so many more answers were told."""
        goal = self.told + more
        await eventually(lambda: self.told >= goal)

    async def resolve(self) -> None:
        """Whatever is unsure is asked for, sent again, or cancelled, until it is not."""
        await self.read_all_cards()
        unsure = [sale for sale in self.journal if sale.is_unsure]
        ways = [self._ask_then_resend, self._resend, self._ask_then_cancel]
        plan = [(sale, ways[place % len(ways)]) for place, sale in enumerate(unsure)]
        await each(plan, lambda one: one[1](one[0]))

    async def assert_accounted_for(self) -> None:
        """All that was told is there once with the same facts, and the sums are the wallets'."""
        assert not [sale for sale in self.journal if sale.is_unsure and not sale.is_cancelled]
        await each(self.journal, self._assert_found_again)
        # Two rows of one id cannot be; a row of an id that no till made would be a doubled debit.
        assert self._ids("operation_id", "kind = 'debit'") == {
            sale.operation_id for sale in self.journal if sale.answer is not None
        }
        assert self._ids("target_id", "kind = 'cancellation' AND outcome = 'cancelled'") == {
            sale.operation_id for sale in self.journal if sale.is_cancelled
        }
        expected = Counter(self._balances)
        expected.subtract(self.spent())
        assert await self.balances() == expected
        days = {sale.answer["business_day"] for sale in self.journal if sale.answer}
        sold = await self.totals(sorted(days))
        sold.subtract(self._totals)
        assert +sold == self.sold()

    def standing(self) -> list[Sale]:
        """Approved and not cancelled."""
        return [sale for sale in self.journal if sale.is_approved and not sale.is_cancelled]

    def spent(self) -> Counter[tuple[int, str]]:
        """Cents by card and wallet of the sales that stand."""
        found: Counter[tuple[int, str]] = Counter()
        for sale in self.standing():
            found[sale.card, sale.wallet] += sale.amount_cents
        return found

    def sold(self) -> Counter[tuple[int, str]]:
        """Cents by partner and wallet of the sales that stand."""
        found: Counter[tuple[int, str]] = Counter()
        for sale in self.standing():
            found[self.partner_of(sale), sale.wallet] += sale.amount_cents
        return found

    def first_tills(self) -> range:
        """One till of each partner."""
        return range(0, len(self.site.cast.tills), self._tills_per_partner)

    def partner_of(self, sale: Sale) -> int:
        return sale.till // self._tills_per_partner

    async def get(self, path: str, *, till: int, **options: Any) -> httpx.Response:
        """Any page, as this till."""
        return await self._http.get(
            f"{self._base_url}/api/v1{path}", headers=self._headers(till), **options
        )

    async def _sell(self, rest_seconds: float) -> None:
        draw = self._random
        while not self._is_over:
            await self._is_open.wait()
            sale = await self.new_sale()
            told = await self.debit(sale)
            if told is None and draw.random() < 0.5:
                # A till that waits at the counter asks again; the others leave it for the evening.
                await asyncio.sleep(PAUSE_SECONDS)
                told = await self.debit(sale)
            if told is None:
                await asyncio.sleep(PAUSE_SECONDS)
            elif sale.is_approved and draw.random() < 0.3:
                await self.cancel(sale)
            await asyncio.sleep(rest_seconds)

    async def _ask_then_resend(self, sale: Sale) -> None:
        stored = await self.ask(sale)
        if stored is not None:
            note(sale, "answer", stored)
        await self._resend(sale)

    async def _resend(self, sale: Sale) -> None:
        if sale.answer is None:
            assert await self.debit(sale) is not None, self.trouble
        if sale.is_cancelling and sale.cancellation is None:
            assert await self.cancel(sale) is not None, self.trouble

    async def _ask_then_cancel(self, sale: Sale) -> None:
        """What a till does after its own restart: nobody is at the counter any more."""
        stored = await self.ask(sale)
        if stored is not None:
            note(sale, "answer", stored)
            await self._resend(sale)
            return
        assert await self.cancel(sale) is not None, self.trouble
        assert sale.is_cancelled
        # 404 was no proof: the debit may have landed between the question and the cancellation.
        landed = await self.ask(sale)
        if landed is not None:
            note(sale, "answer", landed)

    async def _assert_found_again(self, sale: Sale) -> None:
        stored = await self.ask(sale)
        if sale.answer is None:
            # A tombstone: the debit never came.
            assert stored is None and sale.is_cancelled
            return
        assert stored is not None, f"told and lost: {sale}"
        cancellation = stored.pop("cancellation")
        assert facts(stored) == facts(sale.answer)
        assert (cancellation is not None) == sale.is_cancelled
        if sale.cancellation is not None and sale.is_cancelled:
            assert cancellation == {
                name: sale.cancellation[name] for name in ("reference", "cancelled_at")
            }

    async def _identify(self, till: int, card: int) -> Body:
        answer = await self._http.post(
            f"{self._base_url}/api/v1/identifications",
            headers=self._headers(till),
            json={"reading": self.site.cast.cards[card].code},
        )
        body: Body = answer.json()
        assert body.get("outcome") == "identified", body
        self._identifications[till, card] = body["identification"]
        return body

    async def _send(self, method: str, sale: Sale, suffix: str = "", **options: Any) -> Body | None:
        url = self._url(sale) + suffix
        try:
            answer = await self._http.request(
                method,
                url,
                headers=self._headers(sale.till),
                timeout=self._seconds_for_an_answer,
                **options,
            )
        except httpx.TransportError as failure:
            self.cut += 1
            self.trouble = repr(failure)
            return None
        if answer.status_code == 503:
            assert_unavailable(answer, sale.operation_id)
            self.problems.append(answer)
            self.trouble = answer.text
            return None
        assert answer.status_code in (200, 201), answer.text
        self.told += 1
        body: Body = answer.json()
        assert body["operation_id"] == sale.operation_id
        return body

    def _form(self, sale: Sale) -> Body:
        return {
            "identification": self._identifications[sale.till, sale.card],
            "wallet": sale.wallet,
            "amount_cents": sale.amount_cents,
            "identity_checked": True,
        }

    def _url(self, sale: Sale) -> str:
        return f"{self._base_url}/api/v1/debits/{sale.operation_id}"

    def _headers(self, till: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.site.cast.tills[till].key}"}

    def _ids(self, column: str, condition: str) -> set[str]:
        rows = self.site.rows(
            f"SELECT {column}::text FROM operation"
            f" WHERE operation_no > {self._rows_before} AND {condition}"
        )
        return {row[0] for row in rows}


@asynccontextmanager
async def opened_load(
    site: Site, service: Service, *, keep_alive: bool = True
) -> AsyncIterator[Load]:
    """The tills of a site, each card read at each of them."""
    kept_open = CLIENTS * 2 if keep_alive else 0
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=kept_open)
    async with httpx.AsyncClient(timeout=SECONDS_FOR_AN_ANSWER, limits=limits) as http:
        load = Load(site, service.base_url, http)
        await load.count_at_first()
        yield load


def facts(answer: Body) -> Body:
    """An answer without the one member that may differ when it is told again."""
    return {name: value for name, value in answer.items() if name != "replayed"}


def note(sale: Sale, name: str, told: Body) -> None:
    """Writes an answer down; one that was told before was the same."""
    told = {member: value for member, value in told.items() if member != "cancellation"}
    before = getattr(sale, name)
    assert before is None or facts(before) == facts(told), (before, told)
    setattr(sale, name, told)


def assert_unavailable(answer: httpx.Response, operation_id: str | None = None) -> None:
    """503 as the contract has it: a problem, when to come back, and which operation it is about."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["code"] == "unavailable"
    assert answer.json().get("operation_id") == operation_id


async def eventually(question: Callable[[], Any], *, within: float = 30.0) -> None:
    """Returns when the question is answered with yes; an AssertionError when it is not in time."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline, f"not in {within} seconds"
        await asyncio.sleep(0.005)


async def each(items: Iterable[Any], work: Callable[[Any], Awaitable[Any]]) -> None:
    """Does the work for each, a few at a time; the first failure ends it."""
    waiting = iter(list(items))

    async def some() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(16):
            group.create_task(some())
