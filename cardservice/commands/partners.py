"""`cjeune partners`, `cjeune partner`: the register and the states of its partners."""

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
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import agent_of_email
from cardservice.domain.refusal import Refused
from cardservice.services.import_partners import import_partners
from cardservice.services.invite_lead import invite_lead, partners_to_invite
from cardservice.services.resume_partner import resume_partner
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office


@click.group("partners")
def partners() -> None:
    """The register of partners."""


@click.group("partner")
def partner() -> None:
    """One partner, by SIRET, number or exact name."""


@partners.command("import")
@file_argument
@accept_valid_option
@click.option("--as", "email", help="Agent who answers for the IBANs of the file.")
@json_option
@with_office
def import_file(
    office: Office, file: Path, accept_valid: bool, email: str | None, as_json: bool
) -> None:
    """Take FILE, a `;` CSV in UTF-8, one line per outlet."""
    with progress_shown("partners") as progress:
        imported = done(
            import_partners(
                office.engine,
                content_of(file),
                actor=_actor(office, email),
                accept_valid=accept_valid,
                progress=progress,
            )
        )
    counts = {
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
    }
    bad_lines = imported.bad_lines
    if as_json:
        say_json({"taken": imported.taken, **counts, "bad_lines": bad_lines_json(bad_lines)})
    else:
        say_bad_lines(bad_lines)
    if not imported.taken:
        raise nothing_taken(bad_lines)
    if not as_json:
        say("partners", "taken", bad=len(bad_lines), **counts)


@partner.command("suspend")
@click.argument("partner_name", metavar="PARTNER")
@with_office
def suspend(office: Office, partner_name: str) -> None:
    """Stop a partner's terminals from debiting."""
    changed = done(suspend_partner(office.engine, partner_name=partner_name, actor=command_actor()))
    say("partners", "suspended", name=changed.trade_name)


@partner.command("resume")
@click.argument("partner_name", metavar="PARTNER")
@with_office
def resume(office: Office, partner_name: str) -> None:
    """Let a suspended partner's terminals debit again."""
    changed = done(resume_partner(office.engine, partner_name=partner_name, actor=command_actor()))
    say("partners", "resumed", name=changed.trade_name)


@partner.command("invite")
@click.argument("partner_name", metavar="[PARTNER]", required=False)
@click.option("--all", "every", is_flag=True, help="Every lead delegate who was never invited.")
@with_office
def invite(office: Office, partner_name: str | None, every: bool) -> None:
    """Mail the lead delegate of PARTNER the invitation, for the first time or again."""
    if (partner_name is not None) == every:
        raise click.UsageError(sentence("partners", "invite_usage"))
    if partner_name is not None:
        invited = done(
            invite_lead(
                office.engine, office.keys, partner_name=partner_name, actor=command_actor()
            )
        )
        say("partners", "invited", name=invited.trade_name)
        return
    say("partners", "all_invited", count=_invite_all(office))


def _invite_all(office: Office) -> int:
    """How many leads were invited for the first time; one who comes meanwhile is passed over."""
    waiting = partners_to_invite(office.engine)
    count = 0
    with progress_shown("partners") as progress:
        for number, partner_id in enumerate(waiting, start=1):
            invited = invite_lead(
                office.engine,
                office.keys,
                partner_name=str(partner_id),
                actor=command_actor(),
                only_first=True,
            )
            count += not isinstance(invited, Refused)
            progress(number, len(waiting))
    return count


def _actor(office: Office, email: str | None) -> str:
    if email is None:
        return command_actor()
    with unit_of_work(office.engine) as connection:
        agent = agent_of_email(connection, email)
    if agent is None:
        raise say_refused(Refused("agent_unknown"))
    return agent.actor
