"""`cjeune run`: a fortnight from draft to bank file, each step by a named agent (C66, C71)."""

from __future__ import annotations

from pathlib import Path

import click

from cardservice.commands.papers import tell_failed_papers
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
from cardservice.domain.money import format_euros
from cardservice.wiring import Office
from clearing.payer import debtor_of
from clearing.run.approve import approve_run
from clearing.run.cancel import cancel_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run, write_files
from clearing.run.hold import hold_partner, release_partner
from clearing.run.papers import complete_papers
from clearing.run.record import Run
from clearing.run.show import show_run
from clearing.run.submit import reject_run, submit_run

by_option = click.option("--as", "by", required=True, metavar="EMAIL", help="The agent who acts.")
period_argument = click.argument("period", metavar="PERIOD")


@click.group("run")
def run() -> None:
    """Reimbursement runs, one per fortnight (2026-11-A, 2026-11-B)."""


@run.command("draft")
@period_argument
@by_option
@with_office
def draft(office: Office, period: str, by: str) -> None:
    """Gather what is owed of an ended fortnight."""
    _say_state(done(draft_run(office.engine, period, by=by)))


@run.command("submit")
@period_argument
@by_option
@with_office
def submit(office: Office, period: str, by: str) -> None:
    """Freeze the draft for another person to approve."""
    _say_state(done(submit_run(office.engine, period, by=by)))


@run.command("reject")
@period_argument
@by_option
@click.option("--reason", required=True)
@with_office
def reject(office: Office, period: str, by: str, reason: str) -> None:
    """Send a submitted run back."""
    _say_state(done(reject_run(office.engine, period, by=by, reason=reason)))


@run.command("cancel")
@period_argument
@by_option
@click.option("--reason", required=True)
@with_office
def cancel(office: Office, period: str, by: str, reason: str) -> None:
    """Cancel a run that was not exported: what it holds is owed again."""
    _say_state(done(cancel_run(office.engine, period, by=by, reason=reason)))


@run.command("hold")
@click.argument("partner", metavar="PARTNER")
@by_option
@click.option("--reason", required=True)
@with_office
def hold(office: Office, partner: str, by: str, reason: str) -> None:
    """Leave PARTNER out of the drafts that are made from now on."""
    held = done(hold_partner(office.engine, partner, by=by, reason=reason))
    say("runs", "held", partner=held.trade_name)


@run.command("release")
@click.argument("partner", metavar="PARTNER")
@by_option
@with_office
def release(office: Office, partner: str, by: str) -> None:
    """Let what is owed to PARTNER into the next draft again."""
    released = done(release_partner(office.engine, partner, by=by))
    say("runs", "released", partner=released.trade_name)


@run.command("approve")
@period_argument
@by_option
@click.option("--total-cents", type=int, required=True, help="The transfers' total, retyped.")
@click.option("--totp", required=True, help="The six digits of this moment.")
@with_office
def approve(office: Office, period: str, by: str, total_cents: int, totp: str) -> None:
    """Approve what somebody else submitted; renders every bordereau."""
    approved = done(
        approve_run(office.engine, office.keys, period, by=by, total_cents=total_cents, totp=totp)
    )
    with progress_shown("runs") as progress:
        made = complete_papers(
            office.engine,
            approved.run_id,
            keys=office.keys,
            scheme_name=office.settings.scheme_name,
            progress=progress,
        )
    _say_state(approved)
    tell_failed_papers(approved.period_key, made.failed)


@run.command("export")
@period_argument
@by_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@with_office
def export(office: Office, period: str, by: str, out: Path) -> None:
    """Write the bank file and every bordereau into a folder; the same bytes each time."""
    debtor = done(debtor_of(office.engine, office.settings))
    exported = done(export_run(office.engine, period, by=by, debtor=debtor))
    files = write_files(office.engine, exported, out)
    _say_state(exported)
    say("runs", "files", count=len(files), folder=out)


@run.command("show")
@period_argument
@json_option
@with_office
def show(office: Office, period: str, as_json: bool) -> None:
    """Tell where a fortnight stands."""
    shown = show_run(office.engine, period)
    if shown is None:
        raise Failed(sentence("runs", "none", period=period))
    if as_json:
        say_json(shown)
        return
    say(
        "runs",
        "shown",
        period=shown["period"],
        attempt=shown["attempt"],
        state=sentence("run_states", shown["state"]),
        debits=shown["debits"],
        partners=shown["partners"],
        transfers=format_euros(shown["transfers_cents"]),
        msg_id=shown["msg_id"] or "–",
    )
    for event in shown["history"]:
        say(
            "runs",
            "event",
            at=event["at"],
            state=sentence("run_states", event["state"]),
            by=event["by"],
        )


def _say_state(run: Run) -> None:
    say(
        "runs",
        "state",
        period=run.period_key,
        state=sentence("run_states", run.state),
        debits=run.debits,
        partners=run.partners,
        transfers=format_euros(run.transfers_cents),
        cents=run.transfers_cents,
    )
