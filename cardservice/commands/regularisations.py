"""`cjeune regularisation`: the hotline gives back what a debit of a past day took wrongly (C62)."""

from __future__ import annotations

import click

from cardservice.commands.session import (
    done,
    json_option,
    say,
    say_json,
    say_refused,
    with_office,
)
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.regularisation_inbox import CASE_STATES, Case, case_of, cases
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.calendar import format_minute
from cardservice.domain.money import format_euros, parse_euros
from cardservice.domain.refusal import Refused
from cardservice.services.refuse_regularisation_file import refuse_regularisation_file
from cardservice.services.regularise import (
    Correction,
    Regularisation,
    ask_regularisation,
    decide_regularisation,
    reverse_regularisation,
)
from cardservice.wiring import Office

_MOST_LISTED = 1_000

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


@regularisation.command("list")
@click.option("--state", type=click.Choice(CASE_STATES), help="Only these.")
@json_option
@with_office
def list_cases(office: Office, state: str | None, as_json: bool) -> None:
    """Show the debits that partners ask about or that were corrected, what waits longest first."""
    with unit_of_work(office.engine) as connection:
        found = cases(connection, state=state, limit=_MOST_LISTED, offset=0)
    if as_json:
        say_json([_json(case) for case in found])
        return
    for case in found:
        say(
            "regularisations",
            "case",
            reference=case.reference,
            state=sentence("regularisations", f"state_{case.state}"),
            asked_at="–" if case.asked_at is None else format_minute(case.asked_at),
            partner=case.partner,
            amount=format_euros(case.amount_cents),
            given=format_euros(case.given_cents),
            waiting=format_euros(case.waiting_cents),
            left=format_euros(case.left_cents),
        )
    if not found:
        say("regularisations", "none")


@regularisation.command("answer")
@click.argument("reference", metavar="DEBIT")
@click.option("--reason", required=True, help="What the partner is told.")
@as_option
@with_office
def answer(office: Office, reference: str, reason: str, email: str) -> None:
    """Answer what a partner asked about DEBIT with no: there is nothing to give back."""
    with unit_of_work(office.engine) as connection:
        case = case_of(connection, reference)
    if case is None:
        raise say_refused(Refused("debit_unknown"))
    file_id = case.file_id or 0
    done(refuse_regularisation_file(office.engine, file_id, by=email, reason=reason))
    say("regularisations", "answered", reference=case.reference)


def _json(case: Case) -> dict[str, object]:
    return {
        "debit": case.reference,
        "state": case.state,
        "asked_by": case.asked_by,
        "asked_at": None if case.asked_at is None else case.asked_at.isoformat(),
        "partner": case.partner,
        "amount_cents": case.amount_cents,
        "given_cents": case.given_cents,
        "waiting_cents": case.waiting_cents,
        "left_cents": case.left_cents,
    }


def _say(made: Regularisation) -> None:
    say("regularisations", made.state, number=made.regularisation_id)
