"""The rows of the bench: what is measured, beside what, and the medians."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from cardservice.bench.bench_row import BenchRow, bench_row
from cardservice.bench.database_load import (
    checkpoint,
    empty_outbox,
    money_function,
    prepare_yardstick,
    write_debit_script,
    yardstick,
)
from cardservice.bench.http_load import HttpRun, assert_wrk, http_load
from cardservice.bench.instance import PARTNERS, WALLET, BenchInstance, fill, load_files
from cardservice.bench.running_service import postmaster, running_service
from cardservice.db.embedded import PrivateServer
from cardservice.settings import read_settings
from cardservice.wiring import opened_office, upgrade

# Long enough that what each connection sets up once (plans, caches) does not count.
_SECONDS = 12
_HTTP_SECONDS = 8
_WARM_SECONDS = 10


def run_bench(
    *,
    runs: int,
    cards: int,
    parent: Path | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> list[BenchRow]:
    """Measures every row, `runs` times each (at least three), alternately with its yardstick.

    The instance is made in a new folder under `parent` (default: the system's temporary one) and
    removed again.
    """
    assert runs >= 3, "a median of less than three runs says nothing"
    assert_wrk()
    with tempfile.TemporaryDirectory(prefix="cjeune-bench-", dir=parent) as folder:
        data_dir = Path(folder) / "data"
        Path(folder).chmod(0o755)
        settings = read_settings(data_dir, environment={})
        upgrade(settings)
        with opened_office(settings) as office:
            server = office.private_server
            assert server is not None
            say(f"filling {cards} cards")
            instance = fill(office, cards)
            prepare_yardstick(server)
            script = data_dir / "debit.sql"
            write_debit_script(script, cards=cards, partners=PARTNERS, wallet=WALLET)
            measure = _Measure(server, instance, data_dir, script, runs, say)
            return [*measure.database_rows(), *measure.http_rows()]


@dataclass
class _Measure:
    server: PrivateServer
    instance: BenchInstance
    data_dir: Path
    script: Path
    runs: int
    say: Callable[[str], None]

    def database_rows(self) -> Iterator[BenchRow]:
        """The money function beside pgbench's simple-update."""
        for clients in (8, 32):
            checkpoint(self.server)
            # Pages are logged whole at their first write, plans made, caches filled: not while we
            # look.
            self._function(clients, seconds=_WARM_SECONDS)
            yardstick(self.server, clients=clients, seconds=_WARM_SECONDS)
            functions, yardsticks = [], []
            for run in range(self.runs):
                yardsticks.append(yardstick(self.server, clients=clients, seconds=_SECONDS))
                functions.append(self._function(clients))
                self.say(f"{clients} clients, run {run + 1}: {functions[-1]} / {yardsticks[-1]}")
            yield bench_row(
                f"money_function_{clients}",
                median(functions),
                "debits/s",
                f"pgbench simple-update, {clients} clients",
                median(yardsticks),
            )

    def http_rows(self) -> Iterator[BenchRow]:
        """The service beside the money function, one call per debit, 32 clients."""
        with running_service(self.data_dir) as (base_url, service):
            watched = [service, postmaster(self.data_dir)]
            found: dict[int, list[HttpRun]] = {8: [], 32: [], 128: []}
            functions = []
            self._http(base_url, "debit.lua", 32, watched, seed=0, seconds=_WARM_SECONDS)
            for run in range(self.runs):
                functions.append(self._function(32))
                for clients, runs in found.items():
                    runs.append(
                        self._http(
                            base_url, "debit.lua", clients, watched, seed=run * 1000 + clients
                        )
                    )
                    self.say(f"HTTP, {clients} clients, run {run + 1}: {runs[-1]}")
            identifications = [
                self._http(base_url, "identification.lua", 32, watched, seed=run)
                for run in range(self.runs)
            ]
        beside = "the money function under pgbench, 32 clients"
        for clients in (32, 128):
            value = median(run.per_second for run in found[clients])
            yield bench_row(f"http_debit_{clients}", value, "debits/s", beside, median(functions))
        yield bench_row("debit_cpu_us", median(run.cpu_us for run in found[32]), "µs", None, None)
        for clients in (8, 32):
            p99_us = median(run.p99_us for run in found[clients])
            yield bench_row(f"debit_p99_{clients}_ms", p99_us / 1000, "ms", None, None)
        cpu_us = median(run.cpu_us for run in identifications)
        yield bench_row("identification_cpu_us", cpu_us, "µs", None, None)

    def _function(self, clients: int, *, seconds: int = _SECONDS) -> int:
        per_second = money_function(self.server, self.script, clients=clients, seconds=seconds)
        empty_outbox(self.server)
        return per_second

    def _http(
        self,
        base_url: str,
        script: str,
        clients: int,
        watched: list[psutil.Process],
        *,
        seed: int,
        seconds: int = _HTTP_SECONDS,
    ) -> HttpRun:
        return http_load(
            base_url,
            script,
            clients=clients,
            seconds=seconds,
            files=load_files(self.data_dir, self.instance),
            seed=seed,
            processes=watched,
        )
