"""A figure of the bench, with what it was measured beside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class BenchRow:
    """One figure. `yardstick` names what it was measured beside; `ratio` is value / yardstick."""

    name: str
    value: float
    unit: str
    yardstick: str | None
    ratio: float | None

    def as_json(self) -> dict[str, Any]:
        """The row as `cjeune bench --json` lists it."""
        return asdict(self)


def bench_row(
    name: str, value: float, unit: str, beside: str | None, yardstick_value: float | None
) -> BenchRow:
    """A row, its ratio computed from unrounded figures."""
    ratio = None if yardstick_value is None else round(value / yardstick_value, 3)
    return BenchRow(name, round(value, 2), unit, beside, ratio)
