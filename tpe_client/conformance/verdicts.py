"""What a check is, and how it ends: it passes, finds the server broken, or cannot be run here.

The law: a check is a plain function with one rule; it never passes because something was missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tpe_client.conformance.bench import Bench


class Broken(Exception):
    """The server does not keep the rule: what was expected, what came."""


class NotRun(Exception):
    """The check needs something that this run does not have: why."""


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
