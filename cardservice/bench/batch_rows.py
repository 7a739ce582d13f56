"""The batch rows of the bench: a fortnight of a hundred thousand, then of a million debits.

The law: what can be done again is measured `runs` times beside its yardstick, and the median
counts; what happens once in a run's life (closing, approving, the bank file) is told as it came.
Memory is told at both sizes, for whoever wants to see whether it grows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from cardservice import wiring
from cardservice.bench import batch_steps
from cardservice.bench.bare import bare_bordereau_seconds, bare_copy_seconds, bare_draft_seconds
from cardservice.bench.batch_steps import Taken, measured
from cardservice.bench.bench_row import BenchRow, bench_row
from cardservice.bench.fortnight_instance import Fortnight, fill_fortnight
from cardservice.settings import read_settings
from cardservice.wiring import Office, opened_office

_LINES_EACH = 200
_SIZES = (("100k", 500), ("1m", 5_000))


def run_batches(
    *,
    runs: int,
    parent: Path | None = None,
    say: Callable[[str], None] = lambda _line: None,
    sizes: tuple[tuple[str, int], ...] = _SIZES,
) -> list[BenchRow]:
    """Measures each size in a throw-away instance under `parent`: (its name, its partners)."""
    rows: list[BenchRow] = []
    for name, partners in sizes:
        with tempfile.TemporaryDirectory(prefix="cjeune-bench-", dir=parent) as folder:
            Path(folder).chmod(0o755)
            settings = read_settings(Path(folder) / "data", environment={})
            wiring.upgrade(settings, movable_clock=True)
            with opened_office(settings) as office, wiring.opened_as_owner(settings) as owner:
                debits = partners * _LINES_EACH
                fortnight = fill_fortnight(office, owner, partners=partners, debits=debits, say=say)
                bare = [bare_draft_seconds(owner) for _ in range(runs)]
                rows += _rows(office, fortnight, name, partners, median(bare), runs, say)
    return rows


def _rows(
    office: Office,
    fortnight: Fortnight,
    size: str,
    partners: int,
    bare_draft: float,
    runs: int,
    say: Callable[[str], None],
) -> Iterator[BenchRow]:
    data_dir = office.settings.data_dir

    def take(step: Callable[[Office, Fortnight], object], *, times: int = 1) -> Taken:
        found = [measured(step, data_dir, fortnight) for _ in range(times)]
        say(f"{step.__name__}, {size}: {found}")
        return sorted(found, key=lambda taken: taken.seconds)[times // 2]

    def told(
        name: str, taken: Taken, beside: str | None = None, yardstick: float | None = None
    ) -> Iterator[BenchRow]:
        yield bench_row(f"{name}_{size}_s", taken.seconds, "s", beside, yardstick)
        yield bench_row(f"{name}_{size}_mb", taken.peak_mb, "MB", None, None)

    yield from told("close", take(batch_steps.close))
    yield from told("draft", take(batch_steps.draft, times=runs), "bare SQL", bare_draft)
    yield from told("submit", take(batch_steps.submit))
    yield from told("approve", take(batch_steps.approve))
    bare = median(bare_bordereau_seconds(lines=_LINES_EACH) for _ in range(runs)) * partners
    yield from told("papers", take(batch_steps.papers), "bare LongTable, one process", bare)
    yield from told("export", take(batch_steps.export))
    copied = [bare_copy_seconds(office.engine, data_dir / "bare.csv") for _ in range(runs)]
    yield from told("run_csv", take(batch_steps.run_csv, times=runs), "COPY", median(copied))
