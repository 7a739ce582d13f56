"""`cjeune terminal`: activation codes for new terminals, and the end of old ones."""

from __future__ import annotations

import secrets

import click

from cardservice.commands.session import (
    command_actor,
    done,
    json_option,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.db.tables.partners import TERMINAL_KINDS
from cardservice.domain.calendar import format_minute
from cardservice.domain.debit import PIN_POLICIES
from cardservice.services.make_terminal_code import NewTerminal, make_terminal_code
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.wiring import Office


@click.group("terminal")
def terminal() -> None:
    """Terminals (TPE)."""


@terminal.command("code")
@click.argument("waiting", metavar="[TERMINAL]", required=False)
@click.option("--partner", "partner_name", help="SIRET, number or exact name of the partner.")
@click.option("--outlet", "outlet_name", help="Name of the outlet, if there are several.")
@click.option("--kind", type=click.Choice(TERMINAL_KINDS))
@click.option("--label", help="What the terminal is called at the outlet.")
@click.option("--pin", type=click.Choice(PIN_POLICIES), default="never", show_default=True)
@click.option("--above-cents", type=int, help="With --pin above: PIN for more than this.")
@click.option("--limit-cents", type=int, help="Largest debit (default: the scheme's).")
@click.option("--ticket/--no-ticket", default=False, help="Whether it can print tickets.")
@json_option
@with_office
def code(
    office: Office,
    waiting: str | None,
    partner_name: str | None,
    outlet_name: str | None,
    kind: str | None,
    label: str | None,
    pin: str,
    above_cents: int | None,
    limit_cents: int | None,
    ticket: bool,
    as_json: bool,
) -> None:
    """Make the activation code of a new terminal, or a fresh one for the waiting TERMINAL."""
    meant: NewTerminal | str
    if waiting and not (partner_name or kind or label):
        meant = waiting
    elif not waiting and partner_name and kind and label:
        meant = NewTerminal(
            partner_name,
            kind,
            label,
            pin,
            outlet_name=outlet_name,
            above_cents=above_cents,
            limit_cents=limit_cents,
            ticket=ticket,
        )
    else:
        raise click.UsageError(sentence("terminals", "usage"))
    made = done(
        make_terminal_code(office.engine, meant, draw=secrets.randbelow, actor=command_actor())
    )
    if as_json:
        say_json(
            {
                "terminal_id": made.terminal_id,
                "activation_code": made.activation_code,
                "expires_at": made.expires_at.isoformat(),
            }
        )
        return
    say(
        "terminals",
        "code",
        terminal_id=made.terminal_id,
        code=made.activation_code,
        expires_at=format_minute(made.expires_at),
    )


@terminal.command("revoke")
@click.argument("terminal_id", metavar="TERMINAL")
@with_office
def revoke(office: Office, terminal_id: str) -> None:
    """Put a terminal out of service: its key is dead at once."""
    revoked = done(revoke_terminal(office.engine, terminal_id=terminal_id, actor=command_actor()))
    say("terminals", "revoked", terminal_id=revoked.terminal_id)
