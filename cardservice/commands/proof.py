"""`cjeune proof`: replays the ledger and names the first row that differs."""

from __future__ import annotations

import click

from cardservice.commands.session import (
    Failed,
    json_option,
    progress_shown,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.ledger.proofs import prove
from cardservice.wiring import Office


@click.command("proof")
@json_option
@with_office
def proof(office: Office, as_json: bool) -> None:
    """Prove the ledger from its operations alone; exit status 1 when a row differs."""
    with progress_shown("proof") as progress:
        found = prove(office.engine, progress=lambda rows: progress(rows, rows))
    difference = found.first_difference
    if as_json:
        say_json(
            {
                "ok": found.ok,
                "operations": found.operations,
                "first_difference": None
                if difference is None
                else {"table": difference.table, "id": difference.id, "field": difference.field},
            }
        )
    elif difference is None:
        say("proof", "ok", operations=found.operations)
    if difference is not None:
        raise Failed(
            sentence(
                "proof",
                "differs",
                table=difference.table,
                id=difference.id,
                field=difference.field,
            )
        )
