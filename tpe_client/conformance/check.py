"""What a check is: one rule of the contract, as a plain function that works at a bench.

The law: it ends as passed, Broken or NotRun; it never passes because something was missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tpe_client.conformance.bench import Bench


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the contract. `needs`: an option of the run without which it is not run."""

    name: str
    rule: str
    section: str
    run: Callable[[Bench], None]
    needs: str | None = None


def check(
    name: str, rule: str, *, section: str, needs: str | None = None
) -> Callable[[Callable[[Bench], None]], Check]:
    """Makes a check of a function."""

    def made(function: Callable[[Bench], None]) -> Check:
        return Check(name, rule, section, function, needs)

    return made
