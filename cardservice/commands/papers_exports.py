"""`cjeune papers list|csv|xlsx|proof`: what finance takes away, and the proof (C64, C71)."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from cardservice.commands.papers import papers, period_argument
from cardservice.commands.session import (
    Failed,
    done,
    json_option,
    progress_shown,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office
from clearing.cent_proof import ProofRow, partner_proof, run_proof
from clearing.run.payment_list import KINDS, payment_list_of
from clearing.run.read_remittance import read_remittance
from clearing.run.record import Run
from clearing.run.run_csv import write_run_csv
from clearing.run.run_xlsx import bordereau_xlsx, run_partners_xlsx
from clearing.run.taken import note_taken
from clearing.run.which import numbered_run, remittance_of_run
from clearing.run.whole_file import write_whole, writing_whole

# The group, whole: its other half is in papers.py.
__all__ = ["papers"]

by_option = click.option("--as", "by", required=True, metavar="EMAIL", help="The agent who acts.")
only_option = click.option("--only", metavar="BR-…", help="One bordereau alone.")
file_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE"
)


@papers.command("list")
@period_argument
@by_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@with_office
def payment_list(office: Office, period: str, by: str, out: Path) -> None:
    """Write the payment list (état liquidatif, PDF and CSV) of PERIOD into a folder."""
    with unit_of_work(office.engine) as connection:
        run = _taken(connection, period, by=by, what="payment_list")
        contents = [done(payment_list_of(connection, run, kind)) for kind in KINDS]
    for kind, content in zip(KINDS, contents, strict=True):
        if content is not None:
            write_whole(out / f"{run.msg_id}-etat-liquidatif.{kind[-3:]}", content)
    say("papers", "listed", period=period, folder=out)


@papers.command("csv")
@period_argument
@by_option
@file_option
@with_office
def run_csv(office: Office, period: str, by: str, out: Path) -> None:
    """Write every line of PERIOD's run into one CSV file."""
    with unit_of_work(office.engine) as connection, writing_whole(out) as file:
        run = _taken(connection, period, by=by, what="run_csv")
        length, sha256 = write_run_csv(connection, run.run_id, file.write)
    say("papers", "file", file=out, octets=length, sha256=sha256)


@papers.command("xlsx")
@period_argument
@by_option
@only_option
@file_option
@with_office
def run_xlsx(office: Office, period: str, by: str, only: str | None, out: Path) -> None:
    """Write the partners of PERIOD's run, or the lines of one bordereau, as a spreadsheet."""
    with unit_of_work(office.engine) as connection:
        run = _taken(connection, period, by=by, what=only or "run_xlsx")
        if only is None:
            content = run_partners_xlsx(connection, run.run_id)
        else:
            remittance_id = done(remittance_of_run(connection, run.run_id, only))
            content = bordereau_xlsx(read_remittance(connection, remittance_id))
    write_whole(out, content)
    say("papers", "sheet", file=out, octets=len(content))


@papers.command("proof")
@period_argument
@only_option
@json_option
@with_office
def cent_proof(office: Office, period: str, only: str | None, as_json: bool) -> None:
    """Find each figure by every road; exit status 1 when two roads differ."""
    with unit_of_work(office.engine) as connection, progress_shown("runs") as progress:
        run = done(numbered_run(connection, period))
        proof = (
            run_proof(connection, run.run_id, progress=progress)
            if only is None
            else partner_proof(connection, done(remittance_of_run(connection, run.run_id, only)))
        )
    if as_json:
        say_json(
            {
                "ok": proof.holds,
                "rows": [
                    {"name": row.name, "figures": row.figures, "equal": row.all_equal}
                    for row in proof.rows
                ],
                "differs": proof.differs,
            }
        )
    else:
        for row in proof.rows:
            _say_row(row)
    if not proof.holds:
        raise Failed(
            sentence("papers", "proof_fails", what=", ".join(proof.differs[:10]) or period)
        )


def _say_row(row: ProofRow) -> None:
    say(
        "papers",
        "proof_row" if row.all_equal else "proof_row_differs",
        name=sentence("cent_proof", row.name),
        figures=" · ".join(
            f"{sentence('roads', road)} {figure}"
            for road, figure in row.figures.items()
            if figure is not None
        )
        or "–",
    )


def _taken(connection: Connection, period: str, *, by: str, what: str) -> Run:
    """The run, once the agent's name stands in the journal beside what he takes."""
    run = done(numbered_run(connection, period))
    done(note_taken(connection, run.run_id, by=by, what=what))
    return run
