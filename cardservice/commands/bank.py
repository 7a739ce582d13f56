"""`cjeune bank`: what the bank answers, from its files or typed in, each time by a named agent who
proves who they are (C67, C68)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from cardservice.commands.session import done, json_option, say, say_json, with_office
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.wiring import Office
from clearing.bank.inbox import findings_of, messages, waiting_again
from clearing.bank.reasons import remark_sentence, understood_word
from clearing.bank.take_in import take_in
from clearing.bank.typed import answer_transfer, confirm_run, reject_file, release_transfer

# More than a bank ever sends is not even read.
_MOST_BYTES = 10_000_001

as_option = click.option("--as", "by", required=True, metavar="EMAIL", help="The agent who acts.")
totp_option = click.option("--totp", required=True, help="The six digits of this moment.")
on_option = click.option(
    "--on", "on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The bank's day."
)


def proved(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options of an agent who proves who they are."""
    return as_option(totp_option(command))


@click.group("bank")
def bank() -> None:
    """What the bank answers about the transfers."""


@bank.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@proved
@json_option
@with_office
def import_(office: Office, file: Path, by: str, totp: str, as_json: bool) -> None:
    """Take in a pain.002, camt.053 or camt.054; the same file again changes nothing."""
    with file.open("rb") as opened:
        content = opened.read(_MOST_BYTES)
    _prove(office, by, totp)
    taken = done(take_in(office.engine, content, by=by))
    if as_json:
        say_json(
            {
                "kind": taken.kind,
                "message_id": taken.message_id,
                "is_known": taken.is_known,
                "understood": dict(taken.understood),
            }
        )
        return
    say("bank", "known" if taken.is_known else "taken", message=taken.message_id)
    for word, count in sorted(taken.understood.items()):
        say("bank", "count", word=understood_word(word), count=count)
    with unit_of_work(office.engine) as connection:
        findings = findings_of(connection, taken.bank_message_id)
    for finding in findings:
        if finding.remark is not None:
            say(
                "bank",
                "look",
                name=finding.end_to_end_id or finding.entry_reference or finding.entry_no,
                remark=remark_sentence(finding.remark),
            )


@bank.command("answer")
@click.argument("number", metavar="BR-…")
@click.option("--paid", is_flag=True, help="The transfer was executed.")
@click.option("--failed", metavar="REASON", help="It came back, for this ISO reason (AC04).")
@on_option
@proved
@with_office
def answer(
    office: Office, number: str, paid: bool, failed: str | None, on: datetime, by: str, totp: str
) -> None:
    """Type the answer of one transfer."""
    if paid == bool(failed):
        raise click.UsageError(sentence("bank", "one_outcome"))
    _prove(office, by, totp)
    answered = done(
        answer_transfer(
            office.engine,
            number,
            outcome="paid" if paid else "failed",
            reason_code=failed.upper() if failed else None,
            happened_on=_day(on),
            by=by,
        )
    )
    say("bank", f"answered_{answered.outcome}", number=answered.number)


@bank.command("paid")
@click.argument("period", metavar="PERIOD")
@on_option
@click.option("--reference", required=True, help="The debit's reference on the statement.")
@proved
@with_office
def paid(office: Office, period: str, on: datetime, reference: str, by: str, totp: str) -> None:
    """Type that the account was debited of all that was not rejected."""
    _prove(office, by, totp)
    run = done(confirm_run(office.engine, period, happened_on=_day(on), reference=reference, by=by))
    say("bank", "run", period=run.period_key, state=sentence("run_states", run.state))


@bank.command("rejected")
@click.argument("period", metavar="PERIOD")
@click.option("--reason", required=True, help="The bank's ISO reason (FF01).")
@on_option
@proved
@with_office
def rejected(office: Office, period: str, reason: str, on: datetime, by: str, totp: str) -> None:
    """Type that the bank refused the whole file and executed nothing of it."""
    _prove(office, by, totp)
    run = done(
        reject_file(office.engine, period, reason_code=reason.upper(), happened_on=_day(on), by=by)
    )
    say("bank", "run", period=run.period_key, state=sentence("run_states", run.state))


@bank.command("release")
@click.argument("number", metavar="BR-…")
@click.option("--reason", required=True, help="Why the account in use is right.")
@proved
@with_office
def release(office: Office, number: str, reason: str, by: str, totp: str) -> None:
    """Let a transfer that came back be presented again into the same account."""
    _prove(office, by, totp)
    released = done(release_transfer(office.engine, number, reason=reason, by=by))
    say(
        "bank",
        "released",
        number=released.number,
        amount=format_euros(released.amount_cents),
    )


@bank.command("list")
@json_option
@with_office
def list_(office: Office, as_json: bool) -> None:
    """The last messages, and the transfers that came back and wait."""
    with unit_of_work(office.engine) as connection:
        found = messages(connection)
        waiting = waiting_again(connection)
    if as_json:
        say_json(
            {
                "messages": [
                    {
                        "kind": one.kind,
                        "message_id": one.message_id,
                        "received_at": one.received_at.isoformat().replace("+00:00", "Z"),
                        "by": one.received_by,
                        "ours": one.ours,
                        "unmatched": one.unmatched,
                    }
                    for one in found
                ],
                "waiting": [
                    {
                        "number": one.number,
                        "period": one.period_key,
                        "partner": one.trade_name,
                        "amount_cents": one.amount_cents,
                        "reason": one.reason_code,
                        "let_go_by": one.let_go_by,
                        "is_held": one.is_held,
                    }
                    for one in waiting
                ],
            }
        )
        return
    for message in found:
        say(
            "bank",
            "message",
            at=message.received_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            kind=message.kind,
            message=message.message_id,
            ours=message.ours,
            unmatched=message.unmatched,
        )
    for transfer in waiting:
        say(
            "bank",
            "ready" if transfer.let_go_by and not transfer.is_held else "waiting",
            number=transfer.number,
            partner=transfer.trade_name,
            amount=format_euros(transfer.amount_cents),
            reason=transfer.reason_code,
        )
    if not found and not waiting:
        say("bank", "nothing")


def _prove(office: Office, email: str, totp: str) -> None:
    # A transaction of its own: a wrong try counts, whatever becomes of the act.
    with unit_of_work(office.engine) as connection:
        proved_or_not = agent_with_totp(connection, office.keys, email, totp)
    if isinstance(proved_or_not, Refused):
        done(proved_or_not)


def _day(on: datetime) -> date:
    return on.date()
