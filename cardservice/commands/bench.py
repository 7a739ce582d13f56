"""`cjeune bench`: measures the money path and prints each figure with its yardstick."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cardservice.bench.batch_rows import run_batches
from cardservice.bench.bench_row import BenchRow
from cardservice.bench.database_load import LoadFailed
from cardservice.bench.http_load import WrkMissing
from cardservice.bench.large_rows import run_large
from cardservice.bench.live_rows import run_live
from cardservice.bench.rows import run_bench
from cardservice.commands.session import Failed, json_option, say_json
from cardservice.commands.words import sentence
from cardservice.serving import ended_by_sigterm


@click.command("bench")
@click.option("--runs", type=click.IntRange(3, 25), default=3, show_default=True)
@click.option("--cards", type=click.IntRange(1_000), default=50_000, show_default=True)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder under which the throw-away instance is made (default: the temporary one).",
)
@click.option(
    "--full",
    is_flag=True,
    help="Also open pages, a fortnight of 1,000,000 debits, 10,000,000 stored operations: an hour.",
)
@click.option("--live", is_flag=True, help="Also debits beside 500 open pages: four minutes.")
@json_option
def bench(
    runs: int, cards: int, data_dir: Path | None, full: bool, live: bool, as_json: bool
) -> None:
    """Measure on a throw-away instance: about six minutes on two cores."""
    console = Console(stderr=True)
    try:
        # Whoever stops it finds no server, no service and no folder of it left.
        with ended_by_sigterm():
            rows = run_bench(runs=runs, cards=cards, parent=data_dir, say=console.log)
            if live or full:
                rows += run_live(runs=runs, cards=cards, parent=data_dir, say=console.log)
            if full:
                rows += run_batches(runs=runs, parent=data_dir, say=console.log)
                rows += run_large(runs=runs, parent=data_dir, say=console.log)
    except (WrkMissing, LoadFailed) as failure:
        raise Failed(sentence("bench", "failed", detail=failure)) from failure
    if as_json:
        say_json([row.as_json() for row in rows])
    else:
        _show(rows)


def _show(rows: list[BenchRow]) -> None:
    table = Table()
    for column in ("name", "value", "unit", "yardstick", "ratio"):
        table.add_column(sentence("bench", column))
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.name, f"{row.value:g}", row.unit, row.yardstick or "", ratio)
    Console().print(table)
