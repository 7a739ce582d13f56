"""What the counter sees of the printer; no machinery, so that the pure till may know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PrinterState = Literal[
    "none", "ready", "silent", "paper_near_end", "paper_out", "cover_open", "fault", "unreachable"
]


@dataclass(frozen=True)
class PrinterReport:
    """The printer's state, and how many tickets wait for it."""

    state: PrinterState = "none"
    waiting: int = 0
