"""`cjeune papers`: what is missing of a run's papers, and making it again (C64)."""

from __future__ import annotations

from collections.abc import Sequence

import click

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
from clearing.run.papers import PaperFailure, complete_papers, papers_progress, papers_that_lack
from clearing.run.which import numbered_run, remittance_of_run

period_argument = click.argument("period", metavar="PERIOD")


@click.group("papers")
def papers() -> None:
    """Bordereaux and lists of a fortnight."""


@papers.command("render")
@period_argument
@click.option("--only", metavar="BR-…", help="One bordereau alone.")
@with_office
def render(office: Office, period: str, only: str | None) -> None:
    """Make the papers of PERIOD that are missing; those that exist are left alone."""
    with unit_of_work(office.engine) as connection:
        run = done(numbered_run(connection, period))
        remittance_id = (
            None if only is None else done(remittance_of_run(connection, run.run_id, only))
        )
    with progress_shown("runs") as progress:
        made = complete_papers(
            office.engine,
            run.run_id,
            keys=office.keys,
            scheme_name=office.settings.scheme_name,
            remittance_id=remittance_id,
            progress=progress,
        )
    say("papers", "made", period=period, count=made.made)
    tell_failed_papers(period, made.failed)


@papers.command("show")
@period_argument
@json_option
@with_office
def show(office: Office, period: str, as_json: bool) -> None:
    """Tell how many papers of PERIOD there are, and which are missing."""
    with unit_of_work(office.engine) as connection:
        run = done(numbered_run(connection, period))
        state = papers_progress(connection, run.run_id)
        lacking = papers_that_lack(connection, run.run_id)
    if as_json:
        say_json(
            {
                "period": period,
                "remittances": state.remittances,
                "made": state.made,
                "failed": state.failed,
                "lacking": [
                    {"number": one.number, "partner": one.partner_name, "reason": one.reason}
                    for one in lacking
                ],
            }
        )
        return
    say("papers", "state", period=period, made=state.made, remittances=state.remittances)
    for one in lacking:
        say(
            "papers",
            "lacks" if one.reason is None else "failed",
            who=_whose(one),
            reason=one.reason,
        )


def tell_failed_papers(period: str, failed: Sequence[PaperFailure]) -> None:
    """Ends the command when papers failed: one line each, and what to type then."""
    for one in failed:
        click.echo(
            sentence(
                "papers",
                "failed",
                who=_whose(one),
                reason=one.reason,
            ),
            err=True,
        )
    if failed:
        raise Failed(sentence("papers", "try_again", period=period, count=len(failed)))


def _whose(one: PaperFailure) -> str:
    """The run's own list has a name and no number."""
    return ", ".join(filter(None, (one.number, one.partner_name)))
