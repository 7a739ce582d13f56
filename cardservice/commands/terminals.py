"""`cjeune terminal`: activation codes, settings, loans, the fleet, and the end of old ones."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import date

import click
from rich.console import Console
from rich.table import Table

from cardservice.commands.session import (
    command_actor,
    done,
    json_option,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.fleet import FleetTerminal, fleet
from cardservice.db.queries.partners import locked_partner_named
from cardservice.db.tables.partners import TERMINAL_KINDS
from cardservice.domain.calendar import format_day, format_minute
from cardservice.domain.debit import PIN_POLICIES
from cardservice.domain.money import format_euros
from cardservice.services.change_terminal import SettingsWanted, change_terminal
from cardservice.services.lend_terminal import lend_terminal, return_terminal
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


@terminal.command("lend")
@click.argument("terminal_id", metavar="TERMINAL")
@click.option("--serial", required=True, help="Number on the thing that is lent.")
@with_office
def lend(office: Office, terminal_id: str, serial: str) -> None:
    """Note that a terminal is on loan from today, under its serial number."""
    lent = done(
        lend_terminal(office.engine, terminal_id=terminal_id, serial=serial, actor=command_actor())
    )
    say("terminals", "lent", terminal_id=lent.terminal_id, serial=lent.serial)


@terminal.command("return")
@click.argument("terminal_id", metavar="TERMINAL")
@with_office
def come_back(office: Office, terminal_id: str) -> None:
    """Note that a terminal on loan came back; its key is put out of service by `revoke`."""
    back = done(return_terminal(office.engine, terminal_id=terminal_id, actor=command_actor()))
    say("terminals", "returned", terminal_id=back.terminal_id, serial=back.serial)


@terminal.command("settings")
@click.argument("terminal_id", metavar="TERMINAL")
@click.option("--pin", type=click.Choice(PIN_POLICIES))
@click.option("--above-cents", type=int, help="With --pin above: PIN for more than this.")
@click.option("--limit-cents", type=int, help="Largest debit.")
@click.option("--ticket/--no-ticket", default=None, help="Whether it can print tickets.")
@with_office
def settings(
    office: Office,
    terminal_id: str,
    pin: str | None,
    above_cents: int | None,
    limit_cents: int | None,
    ticket: bool | None,
) -> None:
    """Change what a terminal asks for; what is not named stays as it is."""
    wanted = SettingsWanted(pin, above_cents, limit_cents, ticket)
    if wanted == SettingsWanted():
        raise click.UsageError(sentence("terminals", "nothing_to_change"))
    now = done(
        change_terminal(
            office.engine, terminal_id=terminal_id, wanted=wanted, actor=command_actor()
        )
    )
    say(
        "terminals",
        "settings_above" if now.pin_required == "above" else "settings",
        terminal_id=terminal_id,
        pin=sentence("terminals", f"pin_{now.pin_required}"),
        above=format_euros(now.above_cents or 0),
        limit=format_euros(now.limit_cents),
    )


@terminal.command("list")
@click.option("--partner", "partner_name", help="SIRET, number or exact name of the partner.")
@click.option("--state", type=click.Choice(("waiting", "active", "revoked")))
@click.option("--lent", is_flag=True, help="Only what is on loan.")
@json_option
@with_office
def show_fleet(
    office: Office, partner_name: str | None, state: str | None, lent: bool, as_json: bool
) -> None:
    """The fleet: every terminal, its outlet and state, its loan, when it was last seen."""
    with unit_of_work(office.engine) as connection:
        partner_id = None
        if partner_name is not None:
            partner_id = done(locked_partner_named(connection, partner_name)).partner_id
        terminals = fleet(connection, partner_id=partner_id, state=state, only_lent=lent)
    if as_json:
        say_json([_plain(one) for one in terminals])
        return
    if not terminals:
        say("terminals", "none")
        return
    Console(highlight=False).print(_fleet_table(terminals))


def _plain(one: FleetTerminal) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(one).items()
    }


def _fleet_table(terminals: list[FleetTerminal]) -> Table:
    names = ("terminal", "where", "state", "loan", "seen", "program")
    table = Table(*(sentence("terminals", f"column_{name}") for name in names), box=None)
    for one in terminals:
        on_loan = one.lent_on is not None and one.returned_on is None
        table.add_row(
            f"{one.terminal_id} {one.label}",
            f"{one.partner_name}, {one.outlet_name}",
            sentence("terminals", f"state_{one.state}"),
            f"{one.serial} ({format_day(one.lent_on)})" if on_loan and one.lent_on else "–",
            format_minute(one.seen_at) if one.seen_at else "–",
            one.program or "–",
        )
    return table
