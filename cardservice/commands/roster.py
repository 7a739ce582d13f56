"""`cjeune roster`: takes the yearly list of pupils and youths."""

from __future__ import annotations

from pathlib import Path

import click

from cardservice.commands.imports import (
    accept_valid_option,
    bad_lines_json,
    content_of,
    file_argument,
    nothing_taken,
    say_bad_lines,
)
from cardservice.commands.session import (
    command_actor,
    done,
    json_option,
    progress_shown,
    say,
    say_json,
    say_refused,
    with_office,
)
from cardservice.services.import_roster import import_roster
from cardservice.wiring import Office


@click.group("roster")
def roster() -> None:
    """The list of pupils and youths."""


@roster.command("import")
@file_argument
@accept_valid_option
@click.option("--school-year", type=int, help="2026 for 2026-2027 (default: today's).")
@json_option
@with_office
def import_file(
    office: Office, file: Path, accept_valid: bool, school_year: int | None, as_json: bool
) -> None:
    """Take FILE, a `;` CSV in UTF-8. With a bad line nothing is taken, unless --accept-valid."""
    with progress_shown("roster") as progress:
        imported = done(
            import_roster(
                office.engine,
                office.keys,
                content_of(file),
                actor=command_actor(),
                school_year=school_year,
                accept_valid=accept_valid,
                progress=progress,
            )
        )
    counts = {
        "school_year": imported.school_year,
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "erased": imported.erased,
        "granted": imported.granted,
    }
    bad_lines, refused = imported.bad_lines, imported.grants_refused
    if as_json:
        told = {"grants_refused": None if refused is None else refused.code}
        say_json(
            {"taken": imported.taken, **counts, **told, "bad_lines": bad_lines_json(bad_lines)}
        )
    else:
        say_bad_lines(bad_lines)
    if not imported.taken:
        raise nothing_taken(bad_lines)
    if not as_json:
        say("roster", "taken", bad=len(bad_lines), **counts)
    if refused is not None:
        # The people are there; the next import gives what this one could not.
        raise say_refused(refused)
