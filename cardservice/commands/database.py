"""`cjeune db`: makes or brings up the database, and loads the scheme into it."""

from __future__ import annotations

import click

from cardservice import wiring
from cardservice.commands.session import command_actor, say, with_settings
from cardservice.services.apply_scheme import apply_scheme
from cardservice.settings import Settings


@click.group("db")
def db() -> None:
    """The database of the instance."""


@db.command("upgrade")
@with_settings
def upgrade(settings: Settings) -> None:
    """Bring tables, SQL objects and scheme to this version; a second run changes nothing."""
    wiring.upgrade(settings)
    with wiring.opened_as_owner(settings) as owner:
        applied = apply_scheme(owner, actor=command_actor())
    say("database", "upgraded", changed=sum(applied.changed.values()))
