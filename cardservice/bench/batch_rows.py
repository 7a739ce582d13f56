"""The batch rows of the bench: a fortnight of a hundred thousand, then of a million debits.

The law: what can be done again is measured `runs` times beside its yardstick, and the median
counts; what happens once in a run's life (closing, approving, the bank file) is told as it came.
Memory is told at both sizes, of as many partners: whether it grows with the debits can be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from cardservice import wiring
from cardservice.bench import batch_steps
from cardservice.bench.bare import bare_bordereau_seconds, bare_copy_seconds, bare_draft_seconds
from cardservice.bench.batch_steps import Taken, measured
from cardservice.bench.bench_row import BenchRow, bench_row
from cardservice.bench.fortnight_instance import Fortnight, fill_fortnight
from cardservice.settings import read_settings
from cardservice.wiring import Office, opened_office

# Its name, the partners, the debits of each.
_SIZES = (("100k", 5_000, 20), ("1m", 5_000, 200))


def run_batches(
    *,
    runs: int,
    parent: Path | None = None,
    say: Callable[[str], None] = lambda _line: None,
    sizes: tuple[tuple[str, int, int], ...] = _SIZES,
) -> list[BenchRow]:
    """Measures each size in a throw-away instance under `parent`: (its name, its partners, the
    debits of each)."""
    rows: list[BenchRow] = []
    for name, partners, each in sizes:
        with tempfile.TemporaryDirectory(prefix="cjeune-bench-", dir=parent) as folder:
            Path(folder).chmod(0o755)
            settings = read_settings(Path(folder) / "data", environment={})
            wiring.upgrade(settings, movable_clock=True)
            with opened_office(settings) as office, wiring.opened_as_owner(settings) as owner:
                debits = partners * each
                fortnight = fill_fortnight(office, owner, partners=partners, debits=debits, say=say)
                bare = [bare_draft_seconds(owner) for _ in range(runs)]
                measure = _Measure(office, owner, fortnight, name, partners, each, runs, say)
                rows += measure.rows(median(bare))
    return rows


@dataclass(frozen=True)
class _Measure:
    office: Office
    owner: Engine
    fortnight: Fortnight
    size: str
    partners: int
    each: int
    runs: int
    say: Callable[[str], None]

    def rows(self, bare_draft: float) -> Iterator[BenchRow]:
        """Every step of the fortnight, in the order of its life."""
        told, take, data_dir = self._told, self._take, self.office.settings.data_dir
        yield from told("close", take(batch_steps.close))
        # What an earlier draft has left is swept out, as the server does by itself after a while.
        drafted = take(batch_steps.draft, times=self.runs, before=self._sweep)
        yield from told("draft", drafted, "bare SQL", bare_draft)
        yield from told("submit", take(batch_steps.submit))
        yield from told("approve", take(batch_steps.approve))
        bare = median(bare_bordereau_seconds(lines=self.each) for _ in range(self.runs))
        papers = take(batch_steps.papers)
        yield from told("papers", papers, "bare LongTable, one process", bare * self.partners)
        yield from told("pain001", take(batch_steps.pain001, times=self.runs))
        yield from told("export", take(batch_steps.export))
        bare_csv = data_dir / "bare.csv"
        copied = [bare_copy_seconds(self.office.engine, bare_csv) for _ in range(self.runs)]
        written = take(batch_steps.run_csv, times=self.runs)
        yield from told("run_csv", written, "COPY", median(copied))

    def _take(
        self,
        step: Callable[[Office, Fortnight], object],
        *,
        times: int = 1,
        before: Callable[[], None] = lambda: None,
    ) -> Taken:
        found = []
        for _ in range(times):
            before()
            found.append(measured(step, self.office.settings.data_dir, self.fortnight))
        self.say(f"{step.__name__}, {self.size}: {found}")
        return sorted(found, key=lambda taken: taken.seconds)[times // 2]

    def _told(
        self, name: str, taken: Taken, beside: str | None = None, yardstick: float | None = None
    ) -> Iterator[BenchRow]:
        yield bench_row(f"{name}_{self.size}_s", taken.seconds, "s", beside, yardstick)
        yield bench_row(f"{name}_{self.size}_mb", taken.peak_mb, "MB", None, None)

    def _sweep(self) -> None:
        with self.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM remittance_line, remittance"))
