"""`cjeune beneficiary`: hands a person everything that is kept of them, or erases it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Final

import click

from cardservice.commands.session import command_actor, done, say, with_office
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.beneficiaries import beneficiary_named
from cardservice.domain.refusal import Refused
from cardservice.services.erase_person import Whom, erase_person
from cardservice.services.export_person import export_person
from cardservice.wiring import Office, mail_forgetter

# As the journal names an account that is linked to nobody, or to somebody.
_MEMBER: Final = re.compile(r"member:([0-9]{1,18})", re.ASCII)
person_argument = click.argument("person", metavar="PERSON")


@click.group("beneficiary")
def beneficiary() -> None:
    """A person: PERSON is an INE or the serial of a card (C26-000123); to erase also member:12, an
    account of the youths' portal."""


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
    whom = _whom(office, person)
    if not yes:
        click.confirm(sentence("beneficiary", "erase_prompt"), abort=True, err=True)
    done(
        erase_person(
            office.engine,
            office.keys,
            whom,
            actor=command_actor(),
            forget_mail=mail_forgetter(office),
        )
    )
    say("beneficiary", "erased")


def _whom(office: Office, person: str) -> Whom:
    number = _MEMBER.fullmatch(person.strip().lower())
    if number is not None:
        return Whom(member_id=int(number[1]))
    return Whom(beneficiary_id=_named(office, person))


def _named(office: Office, person: str) -> int:
    with unit_of_work(office.engine) as connection:
        found = beneficiary_named(connection, person)
    return done(Refused("person_unknown") if found is None else found)
