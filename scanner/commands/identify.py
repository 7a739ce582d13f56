"""`cjeune-scan identify`: whose card it is, and what it can pay here (C55).

The law: what is no card is never sent: it would cost a look-up of the terminal's budget. Where two
spellings pass their checks both are asked for, and the known one is meant. A code is never an
argument, which every program of the computer could read: a script writes it to standard input.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from api_client.answers import Declined, Identified, NoAnswer, Problem
from api_client.transport import Line
from scanner.amounts import euros
from scanner.card_payload import meaning_of
from scanner.commands.asking import typed
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import folder_option, opened_line
from scanner.commands.read import reading_line, readings
from scanner.commands.source_options import SourceChoice, chosen_source, source_options
from scanner.texts import say


@click.command("identify", help=say("help.identify"), short_help=say("help.short.identify"))
@source_options
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def identify(as_json: bool, folder: Path, **source: Any) -> None:
    """Reads one card and tells what the service says of it."""
    choice = SourceChoice(**source)
    with failures_told(), opened_line(folder) as line:
        answer = identified(line, one_reading(choice, asks=not as_json))
        if as_json:
            click.echo(json.dumps(identified_facts(answer), ensure_ascii=False))
        if not isinstance(answer, Identified):
            raise refused(answer)
        if not as_json:
            tell_holder(answer, err=False)


def one_reading(choice: SourceChoice, *, asks: bool) -> tuple[str, ...]:
    """The readings that one card may stand for: typed, or read from the source."""
    if not choice.is_made and asks and sys.stdin.isatty():
        code = typed(say("card.question"))
    else:
        with chosen_source(choice) as opened:
            reading = next(readings(opened), None)
        if reading is None:
            raise Failed(say("read.nothing"))
        code = reading.text
    meaning = meaning_of(code)
    if not meaning.readings:
        raise Failed(reading_line(meaning, show_code=True))
    return meaning.readings


def identified(line: Line, asked: tuple[str, ...]) -> Identified | Declined | Problem | NoAnswer:
    """The service's answer to the first reading that it knows, or to the last one."""
    answer: Identified | Declined | Problem | NoAnswer = NoAnswer("offline")
    for reading in asked:
        answer = line.identify(reading)
        if not (isinstance(answer, Declined) and answer.code == "card_unknown"):
            break
    return answer


def tell_holder(card: Identified, *, err: bool) -> None:
    """Who should be standing at the counter, and the wallets."""
    holder = card.holder
    click.echo(
        say(
            "card.holder",
            first_name=holder.first_name,
            last_name_initial=holder.last_name_initial,
            age=holder.age,
            last4=card.last4,
            school_year=card.school_year,
            next_year=card.school_year + 1,
        ),
        err=err,
    )
    for wallet in card.wallets:
        line = say("card.wallet", label=wallet.label, balance=euros(wallet.balance_cents))
        click.echo(line, err=err)
    if not card.wallets:
        click.echo(say("card.no_wallets"), err=err)


def identified_facts(answer: Identified | Declined | Problem | NoAnswer) -> dict[str, object]:
    """The answer for a program; the identification itself stays inside."""
    match answer:
        case Identified():
            return {
                "outcome": "identified",
                "holder": asdict(answer.holder),
                "last4": answer.last4,
                "school_year": answer.school_year,
                "wallets": [asdict(wallet) for wallet in answer.wallets],
                "pin": asdict(answer.pin),
            }
        case Declined():
            return {
                "outcome": "declined",
                "code": answer.code,
                "final": answer.final,
            } | answer.facts
        case Problem():
            return {"outcome": "problem", "code": answer.code, "status": answer.status}
        case NoAnswer():
            return {"outcome": "no_answer", "reason": answer.reason}
