"""`cjeune beneficiary`: hands a person everything that is kept of them, or erases it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from cardservice.commands.session import command_actor, done, say, with_office
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.beneficiaries import beneficiary_named
from cardservice.domain.refusal import Refused
from cardservice.services.erase_person import Whom, erase_person
from cardservice.services.export_person import export_person
from cardservice.wiring import Office, mail_forgetter

person_argument = click.argument("person", metavar="PERSON")


@click.group("beneficiary")
def beneficiary() -> None:
    """A person of the roster: PERSON is an INE or the serial of a card (C26-000123)."""


@beneficiary.command("export")
@person_argument
@click.option(
    "--out",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The JSON file to write; nobody else may read it.",
)
@with_office
def export(office: Office, person: str, file: Path) -> None:
    """Write everything that is kept about PERSON into a file."""
    exported = done(
        export_person(office.engine, beneficiary_id=_named(office, person), actor=command_actor())
    )
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(exported.parts, opened, ensure_ascii=False, indent=2)
        opened.write("\n")
    say("beneficiary", "exported", file=file)


@beneficiary.command("erase")
@person_argument
@click.option("--yes", is_flag=True, help="Do not ask: this cannot be undone.")
@with_office
def erase(office: Office, person: str, yes: bool) -> None:
    """Erase PERSON for ever; the ledger and its proofs stay valid."""
    beneficiary_id = _named(office, person)
    if not yes:
        click.confirm(sentence("beneficiary", "erase_prompt"), abort=True, err=True)
    done(
        erase_person(
            office.engine,
            office.keys,
            Whom(beneficiary_id=beneficiary_id),
            actor=command_actor(),
            forget_mail=mail_forgetter(office),
        )
    )
    say("beneficiary", "erased")


def _named(office: Office, person: str) -> int:
    with unit_of_work(office.engine) as connection:
        found = beneficiary_named(connection, person)
    return done(Refused("person_unknown") if found is None else found)
