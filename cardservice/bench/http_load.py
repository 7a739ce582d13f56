"""Load on the service: wrk (a Debian package) against `cjeune serve`, and the CPU it costs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from cardservice.bench.database_load import LoadFailed

SCRIPTS = Path(__file__).parent
_UNITS_MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000}


class WrkMissing(Exception):
    """wrk is not installed."""


@dataclass(frozen=True)
class HttpRun:
    """One run of wrk: requests a second, the 99th percentile in microseconds, CPU microseconds of
    server and PostgreSQL per request."""

    per_second: int
    p99_us: int
    cpu_us: int


def assert_wrk() -> None:
    """Raises WrkMissing with one line that says what to do."""
    if shutil.which("wrk") is None:
        raise WrkMissing("the HTTP rows need wrk: apt-get install wrk")


def http_load(
    base_url: str,
    script: str,
    *,
    clients: int,
    seconds: int,
    files: dict[str, str],
    seed: int,
    processes: Iterable[psutil.Process],
) -> HttpRun:
    """Runs a closed loop of `clients` connections and reads CPU before and after."""
    watched = list(processes)
    before = _cpu_us(watched)
    done = subprocess.run(
        [
            "wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "10s",
            "-s", SCRIPTS / script, base_url,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **files, "BENCH_SEED": str(seed)},
    )  # fmt: skip
    spent = _cpu_us(watched) - before
    output = done.stdout
    strange = re.search(r"(?:Strange answers: [1-9]\d*|Non-2xx[^\n]*|Socket errors[^\n]*)", output)
    if done.returncode or strange:
        raise LoadFailed(f"wrk: {strange.group(0) if strange else done.stderr.strip()[-300:]}")
    return run_told_by(output, cpu_us=spent)


def run_told_by(output: str, *, cpu_us: int) -> HttpRun:
    """What wrk wrote, beside the CPU microseconds that all its requests have cost."""
    requests = int(_found(r"(\d+) requests in", output))
    rate = int(_found(r"^Requests/sec:\s+(\d+)", output))
    # At the head of its line: the share of runs within one deviation may be 99% as well.
    p99 = _microseconds(_found(r"^\s+99%\s+(\S+)", output))
    return HttpRun(rate, p99, cpu_us // requests)


def _cpu_us(processes: list[psutil.Process]) -> int:
    """CPU microseconds of processes with all their children, ended ones included."""
    total = 0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += round((times.user + times.system) * 1_000_000)
        ended = process.cpu_times()
        total += round((ended.children_user + ended.children_system) * 1_000_000)
    return total


def _found(pattern: str, output: str) -> str:
    found = re.search(pattern, output, re.MULTILINE)
    if found is None:
        raise LoadFailed("wrk printed no result")
    return found.group(1)


def _microseconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)(?:\.(\d+))?(us|ms|s)", text)
    assert found is not None, f"not a latency: {text}"
    whole, fraction, unit = found.groups()
    scale = _UNITS_MICROSECONDS[unit]
    return int(whole) * scale + int((fraction or "0").ljust(6, "0")[:6]) * scale // 1_000_000
