"""Runs checks one after the other and keeps what came of each.

The law: whatever a server answers, a check ends as passed, failed or not run, never as a crash of
ours: an answer that cannot be read is the server's failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpx

from tpe_client.conformance.bench import Bench
from tpe_client.conformance.check import Check
from tpe_client.conformance.endings import Broken, NotRun
from tpe_client.conformance.exchange import Answer
from tpe_client.conformance.manifest import Manifest

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
_PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Result:
    """How a check ended; `why` is empty for a pass. `exchanges` are the last ones of a failure."""

    check: Check
    outcome: str
    why: str
    exchanges: tuple[Answer, ...] = ()


def run_checks(
    checks: Iterable[Check],
    *,
    base_url: str,
    manifest: Manifest,
    options: frozenset[str] = frozenset(),
    on_start: Callable[[Check], object] = lambda _: None,
) -> Iterator[Result]:
    """The result of each check as it ends."""
    with httpx.Client(base_url=base_url, timeout=_PATIENCE_SECONDS) as client:
        for check in checks:
            on_start(check)
            if check.needs is not None and check.needs not in options:
                yield Result(check, NOT_RUN, f"ask for it with {check.needs}")
                continue
            yield _ended(check, Bench(client, manifest))


def _ended(check: Check, bench: Bench) -> Result:
    try:
        check.run(bench)
    except NotRun as why:
        result = Result(check, NOT_RUN, str(why))
    except Broken as broken:
        result = Result(check, FAILED, str(broken), tuple(bench.exchanges[-2:]))
    except httpx.HTTPError as failure:
        why_not = f"no answer could be had: {type(failure).__name__}"
        result = Result(check, FAILED, why_not, tuple(bench.exchanges[-2:]))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as failure:
        why_not = f"an answer lacks what the check reads: {type(failure).__name__} {failure}"
        result = Result(check, FAILED, why_not, tuple(bench.exchanges[-2:]))
    else:
        result = Result(check, PASSED, "")
    try:
        bench.tidy_up()
    except httpx.HTTPError:
        # What is left over is a sale of a test card; the check has ended already.
        return result
    return result
