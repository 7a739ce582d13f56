"""`cjeune account`: the operator's account of a year, for the public accountant."""

from __future__ import annotations

from pathlib import Path

import click

from cardservice.commands.session import Failed, done, progress_shown, say, with_office
from cardservice.commands.words import sentence
from cardservice.wiring import Office
from clearing.documents.year_account_files import render_operations_csv, render_papers_csv
from clearing.documents.year_account_pdf import render_account_pdf
from clearing.run.whole_file import write_whole
from clearing.year_account import year_account


@click.command("account")
@click.argument("year", type=click.IntRange(2000, 2999))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@with_office
def account(office: Office, year: int, out: Path) -> None:
    """Write the account of YEAR (PDF, operations and papers as CSV); exit 1 if a proof fails."""
    with progress_shown("proof") as progress:
        made = done(year_account(office.engine, year, progress=lambda rows: progress(rows, rows)))
    files = {
        f"compte-{year}.pdf": render_account_pdf(made, scheme_name=office.settings.scheme_name),
        f"compte-{year}-operations.csv": render_operations_csv(made),
        f"compte-{year}-pieces.csv": render_papers_csv(made),
    }
    for name, content in files.items():
        write_whole(out / name, content)
    say("account", "written", year=year, day=made.last_day, folder=out)
    found = made.evidence
    if found.difference is not None or found.changed_papers or found.missing_days:
        raise Failed(sentence("account", "differs", what=found.difference or "–"))
