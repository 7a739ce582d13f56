"""What wrk writes is read for what it says, also when two of its figures look alike."""

from __future__ import annotations

import pytest

from cardservice.bench.database_load import LoadFailed
from cardservice.bench.http_load import HttpRun, run_told_by

WRITTEN = """Running 5s test @ http://127.0.0.1:8000
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    10.55ms    2.41ms  61.10ms   {within}
    Req/Sec     3.01k   210.12     3.44k    72.00%
  Latency Distribution
     50%   10.10ms
     75%   11.40ms
     90%   13.00ms
     99%   {p99}
  15000 requests in 5.00s, 4.10MB read
Requests/sec:   2998.71
Transfer/sec:    840.12KB
"""


@pytest.mark.parametrize("within", ["77.20%", "98.99%"])
def test_the_latency_is_not_the_share_within_one_deviation(within: str) -> None:
    written = WRITTEN.format(within=within, p99="20.05ms")
    assert run_told_by(written, cpu_us=6_000_000) == HttpRun(2998, 20_050, 400)


@pytest.mark.parametrize(
    ("p99", "microseconds"), [("900us", 900), ("1.5s", 1_500_000), ("7.00ms", 7_000)]
)
def test_a_latency_is_read_in_its_unit(p99: str, microseconds: int) -> None:
    written = WRITTEN.format(within="70.00%", p99=p99)
    assert run_told_by(written, cpu_us=0).p99_us == microseconds


def test_a_run_that_told_nothing_is_no_run() -> None:
    with pytest.raises(LoadFailed):
        run_told_by("unable to connect", cpu_us=0)
