"""`cjeune regularisation`: the hotline gives back what a debit of a past day took wrongly (C62)."""

from __future__ import annotations

import click

from cardservice.commands.session import done, say, with_office
from cardservice.commands.words import sentence
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.money import parse_euros
from cardservice.services.regularise import (
    Correction,
    Regularisation,
    ask_regularisation,
    decide_regularisation,
    reverse_regularisation,
)
from cardservice.wiring import Office

totp_option = click.option("--totp", required=True, help="The six digits of this moment.")
as_option = click.option("--as", "email", required=True, metavar="EMAIL", help="Agent who acts.")


@click.group("regularisation")
def regularisation() -> None:
    """Corrections of debits whose day is over."""


@regularisation.command("ask")
@click.argument("reference", metavar="DEBIT")
@click.option("--euros", required=True, help="What is given back: 10,55.")
@click.option("--reason", type=click.Choice(REGULARISATION_REASONS), required=True)
@click.option("--evidence", default="", help="Where it is documented, without a person's name.")
@click.option("--another", is_flag=True, help="The same amount of the same debit once more.")
@as_option
@with_office
def ask(
    office: Office,
    reference: str,
    euros: str,
    reason: str,
    evidence: str,
    another: bool,
    email: str,
) -> None:
    """Give back a part of DEBIT (its reference) or all; above a limit a second agent decides."""
    amount_cents = parse_euros(euros)
    if not amount_cents or amount_cents < 0:
        raise click.BadParameter(sentence("regularisations", "amount"), param_hint="--euros")
    wanted = Correction(reference, amount_cents, reason, evidence)
    _say(done(ask_regularisation(office.engine, wanted, by=email, is_another=another)))


@regularisation.command("agree")
@click.argument("number", type=click.IntRange(1))
@as_option
@totp_option
@with_office
def agree(office: Office, number: int, email: str, totp: str) -> None:
    """Book regularisation NUMBER, which somebody else has asked for."""
    _say(
        done(
            decide_regularisation(
                office.engine, office.keys, number, by=email, totp=totp, is_agreed=True
            )
        )
    )


@regularisation.command("refuse")
@click.argument("number", type=click.IntRange(1))
@as_option
@totp_option
@with_office
def refuse(office: Office, number: int, email: str, totp: str) -> None:
    """Refuse regularisation NUMBER."""
    _say(
        done(
            decide_regularisation(
                office.engine, office.keys, number, by=email, totp=totp, is_agreed=False
            )
        )
    )


@regularisation.command("reverse")
@click.argument("number", type=click.IntRange(1))
@as_option
@totp_option
@with_office
def reverse(office: Office, number: int, email: str, totp: str) -> None:
    """Undo regularisation NUMBER, which was a mistake itself."""
    _say(done(reverse_regularisation(office.engine, office.keys, number, by=email, totp=totp)))


def _say(answer: Regularisation) -> None:
    say("regularisations", answer.state, number=answer.regularisation_id)
