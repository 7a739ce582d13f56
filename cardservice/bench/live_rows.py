"""The live rows of the bench: what hundreds of open pages cost the debits, and how late a page is.

The law: the rate with open pages is measured beside the rate without them, alternately in one run
of one service; whose pages are open is debited as often as anybody. A page is told once a second
(youth_portal/live.py), so a debit falls at a random moment of that second.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import psutil

from cardservice.bench.bench_row import BenchRow, bench_row
from cardservice.bench.database_load import LoadFailed, checkpoint
from cardservice.bench.http_load import HttpRun, assert_wrk, http_load
from cardservice.bench.instance import WALLET, BenchInstance, fill, load_files
from cardservice.bench.live_members import make_members
from cardservice.bench.running_service import postmaster, running_service
from cardservice.settings import read_settings
from cardservice.wiring import opened_office, upgrade

_PAGES: Final = 500
_DEBITS: Final = 50
_CLIENTS: Final = 32
_SECONDS: Final = 8
_WARM_SECONDS: Final = 10
_TIMEOUT: Final = 30


def run_live(
    *,
    runs: int,
    cards: int,
    parent: Path | None = None,
    say: Callable[[str], None] = lambda _line: None,
    pages: int = _PAGES,
    debits: int = _DEBITS,
) -> list[BenchRow]:
    """Measures in a throw-away instance under `parent`, with `pages` open pages."""
    assert runs >= 3, "a median of less than three runs says nothing"
    assert cards >= pages + debits, "every open page is another youth's"
    assert_wrk()
    with tempfile.TemporaryDirectory(prefix="cjeune-bench-", dir=parent) as folder:
        data_dir = Path(folder) / "data"
        Path(folder).chmod(0o755)
        settings = read_settings(data_dir, environment={})
        upgrade(settings)
        with opened_office(settings) as office:
            say(f"filling {cards} cards, {pages} open pages")
            instance = fill(office, cards)
            cookies = make_members(office.engine, pages + debits)
            assert office.private_server is not None
            checkpoint(office.private_server)
            with running_service(data_dir) as (base_url, service):
                watched = [service, postmaster(data_dir)]
                live = _Live(base_url, data_dir, instance, cookies[:pages], watched, say)
                # Before the load: its notices would still be told to the pages that are watched.
                late = live.lateness(cookies[pages:])
                return [*live.rates(runs), late]


@dataclass
class _Live:
    base_url: str
    data_dir: Path
    instance: BenchInstance
    cookies: list[str]
    watched: list[psutil.Process]
    say: Callable[[str], None]

    def rates(self, runs: int) -> Iterator[BenchRow]:
        """Debits a second with pages that listen, and with pages that ask again when told."""
        found: dict[str, list[HttpRun]] = {"alone": [], "listen": [], "ask": []}
        self._load(seed=0, seconds=_WARM_SECONDS)
        for run in range(runs):
            for number, (how, taken) in enumerate(found.items()):
                with ExitStack() as opened:
                    if how != "alone":
                        opened.enter_context(self._pages_open(how))
                    taken.append(self._load(seed=run * 1000 + number + 1))
                self.say(f"pages: {how}, run {run + 1}: {taken[-1]}")
        beside = "the same service, no page open"
        rate = {how: median(run.per_second for run in taken) for how, taken in found.items()}
        cpu_us = {how: median(run.cpu_us for run in taken) for how, taken in found.items()}
        for how in ("listen", "ask"):
            which = f"{_CLIENTS}_{len(self.cookies)}_pages_{how}"
            yield bench_row(f"http_debit_{which}", rate[how], "debits/s", beside, rate["alone"])
            # Tells more than the rate where somebody else uses the machine too.
            yield bench_row(f"debit_cpu_us_{which}", cpu_us[how], "µs", beside, cpu_us["alone"])

    def lateness(self, cookies: list[str]) -> BenchRow:
        """From a debit's answer to the event, each on a page of its own: no other news is due.

        The other pages are open too."""
        first = len(self.cookies)
        with self._pages_open("listen"), ExitStack() as opened:
            streams = [opened.enter_context(self._stream(cookie)) for cookie in cookies]
            for stream in streams:
                _wait_for_event(stream)
            till = HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
            opened.callback(till.close)
            took = [
                self._one_debit(till, first + number, stream)
                for number, stream in enumerate(streams)
            ]
        self.say(f"from answer to event, ms: {sorted(round(one) for one in took)}")
        return bench_row("debit_to_event_ms", median(took), "ms", None, None)

    def _one_debit(self, till: HTTPConnection, holder: int, stream: HTTPResponse) -> float:
        code = self.instance.codes[holder]
        identified = self._said(till, "POST", "identifications", {"reading": code})
        Event().wait(secrets.randbelow(1_000) / 1_000)
        asked = {"wallet": WALLET, "amount_cents": 1, "identity_checked": True}
        asked["identification"] = identified["identification"]
        answer = self._said(till, "PUT", f"debits/{uuid4()}", asked)
        answered_at = monotonic()
        if answer["outcome"] != "approved":
            raise LoadFailed(f"a debit was answered {answer['outcome']}")
        _wait_for_event(stream)
        return (monotonic() - answered_at) * 1_000

    def _said(
        self, till: HTTPConnection, verb: str, path: str, body: dict[str, object]
    ) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self.instance.terminal_keys[0]}"}
        headers["Content-Type"] = "application/json"
        till.request(verb, f"/api/v1/{path}", json.dumps(body), headers)
        said: dict[str, object] = json.loads(till.getresponse().read())
        return said

    @contextmanager
    def _stream(self, cookie: str) -> Iterator[HTTPResponse]:
        line = HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
        try:
            line.request("GET", "/jeune/flux?vu=none", headers={"Cookie": cookie})
            yield line.getresponse()
        finally:
            line.close()

    @contextmanager
    def _pages_open(self, how: str) -> Iterator[None]:
        command = [sys.executable, "-m", "cardservice.bench.open_pages"]
        with subprocess.Popen(
            [*command, self._host, str(self._port), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as pages:
            assert pages.stdin is not None and pages.stdout is not None
            try:
                pages.stdin.write("\n".join([*self.cookies, "", ""]))
                pages.stdin.flush()
                if pages.stdout.readline().strip() != "open":
                    raise LoadFailed("the pages did not open")
                yield
                told, _ = pages.communicate(input="\n", timeout=_TIMEOUT)
                if pages.returncode:
                    raise LoadFailed("a page lost its stream")
                self.say(f"{len(self.cookies)} pages: {told.strip()}")
            finally:
                pages.kill()

    def _load(self, *, seed: int, seconds: int = _SECONDS) -> HttpRun:
        return http_load(
            self.base_url,
            "debit.lua",
            clients=_CLIENTS,
            seconds=seconds,
            files=load_files(self.data_dir, self.instance),
            seed=seed,
            processes=self.watched,
        )

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def _port(self) -> int:
        return urlsplit(self.base_url).port or 80


def _wait_for_event(stream: HTTPResponse) -> None:
    while line := stream.readline():
        if line == b"event: changed\n":
            return
    raise LoadFailed("a stream has ended")
