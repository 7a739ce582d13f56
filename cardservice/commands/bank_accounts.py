"""`cjeune iban`: the bank accounts of partners that wait, verified or refused by an agent."""

from __future__ import annotations

import click

from cardservice.commands.session import done, json_option, say, say_json, with_office
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import WaitingAccount, waiting_accounts
from cardservice.domain.calendar import format_minute
from cardservice.services.refuse_iban import refuse_iban
from cardservice.services.verify_iban import verify_iban
from cardservice.wiring import Office

_MOST_LISTED = 1_000


@click.group("iban")
def iban() -> None:
    """The bank accounts of partners."""


@iban.command("list")
@json_option
@with_office
def list_waiting(office: Office, as_json: bool) -> None:
    """Show the accounts that wait, and how their holders' names compare."""
    with unit_of_work(office.engine) as connection:
        waiting = waiting_accounts(connection, limit=_MOST_LISTED, offset=0)
    if as_json:
        say_json([_json(account) for account in waiting])
        return
    for account in waiting:
        say(
            "partners",
            "waiting",
            partner=account.trade_name,
            siret=account.siret,
            iban=account.masked,
            holder=account.holder_name,
            match=sentence("holder_matches", account.holder_match),
            usable_from=format_minute(account.usable_from),
        )
    if not waiting:
        say("partners", "none_waiting")


@iban.command("verify")
@click.argument("partner_name", metavar="PARTNER")
@click.option("--as", "email", required=True, help="Agent who has compared the IBAN.")
@click.option("--evidence", default="", help="How an account of another name was checked.")
@with_office
def verify(office: Office, partner_name: str, email: str, evidence: str) -> None:
    """Verify the account of a partner that waits; never by the agent who changed it."""
    verified = done(
        verify_iban(office.engine, partner_name=partner_name, email=email, evidence=evidence)
    )
    say(
        "partners",
        "verified",
        iban=verified.masked_iban,
        holder=verified.holder_name,
        match=sentence("holder_matches", verified.holder_match),
    )


@iban.command("refuse")
@click.argument("partner_name", metavar="PARTNER")
@click.option("--as", "email", required=True, help="Agent who refuses it.")
@click.option("--reason", required=True, help="What the partner is told.")
@with_office
def refuse(office: Office, partner_name: str, email: str, reason: str) -> None:
    """Refuse the account of a partner that waits: money goes on going where it went."""
    masked = done(refuse_iban(office.engine, partner_name=partner_name, email=email, reason=reason))
    say("partners", "refused", iban=masked)


def _json(account: WaitingAccount) -> dict[str, object]:
    return {
        "partner": account.trade_name,
        "siret": account.siret,
        "iban": account.masked,
        "holder_name": account.holder_name,
        "holder_match": account.holder_match,
        "changed_at": account.changed_at.isoformat(),
        "usable_from": account.usable_from.isoformat(),
    }
