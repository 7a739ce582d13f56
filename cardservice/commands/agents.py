"""`cjeune agent`: the people of the Département who work with the product."""

from __future__ import annotations

import sys

import click
import pyotp

from cardservice.commands.session import (
    command_actor,
    done,
    json_option,
    say,
    say_json,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.db.tables.people import AGENT_ROLES
from cardservice.services.add_agent import add_agent
from cardservice.wiring import Office


@click.group("agent")
def agent() -> None:
    """Agents of the department."""


@agent.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(AGENT_ROLES), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@with_office
def add(office: Office, email: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Add an agent; the TOTP secret is shown this one time."""
    password = _password(from_stdin=password_stdin)
    added = done(
        add_agent(
            office.engine,
            office.keys,
            email=email,
            role=role,
            password=password,
            actor=command_actor(),
        )
    )
    totp = pyotp.TOTP(added.totp_secret)
    address = totp.provisioning_uri(name=added.email, issuer_name=office.settings.scheme_name)
    if as_json:
        say_json(
            {
                "email": added.email,
                "role": added.role,
                "totp_secret": added.totp_secret,
                "otpauth_url": address,
            }
        )
        return
    say("agents", "added", email=added.email, role=added.role)
    say("agents", "secret", secret=added.totp_secret)
    say("agents", "address", address=address)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt(
        sentence("agents", "password_prompt"), hide_input=True, confirmation_prompt=True, err=True
    )
    return typed
