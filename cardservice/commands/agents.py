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
from cardservice.services.agent_secrets import AgentWithSecrets
from cardservice.services.end_agent import end_agent
from cardservice.services.renew_agent import renew_agent
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
    _tell(office, added, "added", as_json=as_json)


@agent.command("renew")
@click.argument("email")
@click.option("--role", type=click.Choice(AGENT_ROLES), help="Give another role as well.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@with_office
def renew(
    office: Office, email: str, role: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Give an agent a new password and TOTP secret; also to one whose access had ended."""
    renewed = done(
        renew_agent(
            office.engine,
            office.keys,
            email=email,
            password=_password(from_stdin=password_stdin),
            role=role,
            actor=command_actor(),
        )
    )
    _tell(office, renewed, "renewed", as_json=as_json)


@agent.command("end")
@click.argument("email")
@json_option
@with_office
def end(office: Office, email: str, as_json: bool) -> None:
    """End an agent's access at once, open sessions included."""
    ended = done(end_agent(office.engine, email=email, actor=command_actor()))
    if as_json:
        say_json({"email": ended.email, "role": ended.role})
        return
    say("agents", "ended", email=ended.email)


def _tell(office: Office, added: AgentWithSecrets, what: str, *, as_json: bool) -> None:
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
    say("agents", what, email=added.email, role=added.role)
    say("agents", "secret", secret=added.totp_secret)
    say("agents", "address", address=address)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt(
        sentence("agents", "password_prompt"), hide_input=True, confirmation_prompt=True, err=True
    )
    return typed
