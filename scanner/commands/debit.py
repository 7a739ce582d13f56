"""`cjeune-scan debit`: identity, wallet, amount, PIN, one question, one truth (C52–C56, C58).

The law: the order is in the journal before a byte is sent, and what an earlier run left open is
asked about first. A refusal is final for its operation: a second PIN travels under a new id. The
PIN comes from a hidden prompt or a file descriptor, never from an argument, and is kept nowhere;
nor is the card's code an argument.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from api_client.answers import Approved, Declined, Identified, Wallet
from api_client.backoff import Patience
from api_client.journal import Entry, Journal, Order
from api_client.operation_id import local_reference, new_operation_id
from api_client.settle import resolve_open, take_debit
from api_client.transport import Line
from api_client.wall_clock import utc_now
from scanner.amounts import cents_in, euros
from scanner.commands.asking import agreed, chosen, typed
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import folder_option, opened_journal, opened_line
from scanner.commands.identify import identified, identified_facts, one_reading, tell_holder
from scanner.commands.outcomes import (
    Outcome,
    entry_facts,
    entry_line,
    outcome_facts,
    sale_line,
)
from scanner.commands.photo import photo_shown
from scanner.commands.source_options import SourceChoice, source_options
from scanner.texts import say

_PIN: Final = re.compile(r"[0-9]{4}")
_PIN_BYTES: Final = 64
# Nobody waits longer than that for what an earlier run left open; it is asked again next time.
_AT_START: Final = Patience(tries=2)


@dataclass
class _Counter:
    """One sale at the command line: what was given, and whether anybody can be asked."""

    line: Line
    journal: Journal
    asked: tuple[str, ...]
    asks: bool
    patience: Patience
    pin: str | None = field(repr=False)


@click.command("debit", help=say("help.debit"), short_help=say("help.short.debit"))
@source_options
@click.option("--wallet", help=say("help.option.wallet"))
@click.option("--amount", metavar="10,55", help=say("help.option.amount"))
@click.option("--identity-checked", is_flag=True, help=say("help.option.identity"))
@click.option("--pin-fd", type=click.IntRange(min=0), help=say("help.option.pin_fd"))
@click.option("--yes", is_flag=True, help=say("help.option.yes"))
@click.option("--tries", type=click.IntRange(1, 10), default=5, help=say("help.option.tries"))
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def debit(
    wallet: str | None,
    amount: str | None,
    identity_checked: bool,
    pin_fd: int | None,
    yes: bool,
    tries: int,
    as_json: bool,
    folder: Path,
    **source: Any,
) -> None:
    """Ends with 0 for an approved debit alone."""
    asks = sys.stdin.isatty() and not as_json
    given = {"--wallet": wallet, "--amount": amount, "--identity-checked": identity_checked}
    missing = [name for name, value in (given | {"--yes": yes}).items() if not value]
    if missing and not asks:
        raise click.UsageError(say("debit.missing", options=", ".join(missing)))
    with failures_told(), opened_line(folder) as line, opened_journal(folder) as journal:
        resolved = _resolved(line, journal)
        asked = one_reading(SourceChoice(**source), asks=asks)
        patience = Patience(tries=tries)
        counter = _Counter(line, journal, asked, asks, patience, _pin_from(pin_fd))
        card = identified(line, asked)
        if not isinstance(card, Identified):
            if as_json:
                click.echo(_json(identified_facts(card), resolved))
            raise refused(card)
        _check_identity(line, card, checked=identity_checked)
        spent = _chosen_wallet(card, wallet)
        amount_cents = _amount(amount)
        if counter.pin is None and card.pin.asks_for(amount_cents):
            counter.pin = _asked_pin(counter, say("debit.pin"))
        what = say("debit.confirm", amount=euros(amount_cents), label=spent.label)
        if not yes and not agreed(what):
            raise Failed(say("debit.given_up"))
        outcome = _taken(counter, card, spent.wallet, amount_cents)
        if as_json:
            click.echo(_json(outcome_facts(outcome), resolved))
        _tell(outcome, spent.label, as_json=as_json)


def _resolved(line: Line, journal: Journal) -> list[Entry]:
    resolved = resolve_open(line, journal, patience=_AT_START)
    for entry in resolved:
        click.echo(entry_line(entry), err=True)
    return resolved


def _check_identity(line: Line, card: Identified, *, checked: bool) -> None:
    if checked:
        return
    with photo_shown(line, card.holder.photo_url):
        tell_holder(card, err=True)
        is_the_holder = agreed(say("debit.identity"))
    if not is_the_holder:
        raise Failed(say("debit.identity_not_checked"))


def _chosen_wallet(card: Identified, wallet: str | None) -> Wallet:
    if not card.wallets:
        raise Failed(say("card.no_wallets").strip())
    if wallet is not None:
        named = [one for one in card.wallets if one.wallet == wallet]
        # Not here: the service says why, with its own code.
        return named[0] if named else Wallet(wallet, wallet, 0)
    if len(card.wallets) == 1:
        return card.wallets[0]
    for number, one in enumerate(card.wallets, 1):
        balance = euros(one.balance_cents)
        click.echo(
            say("debit.wallet_choice", number=number, label=one.label, balance=balance), err=True
        )
    return card.wallets[chosen(say("debit.wallet_question"), count=len(card.wallets)) - 1]


def _amount(given: str | None) -> int:
    if given is not None:
        amount_cents = cents_in(given)
        if amount_cents is None:
            raise click.UsageError(say("amount.wrong"))
        return amount_cents
    while True:
        amount_cents = cents_in(typed(say("amount.question")))
        if amount_cents is not None:
            return amount_cents
        click.echo(say("amount.wrong"), err=True)


def _pin_from(descriptor: int | None) -> str | None:
    if descriptor is None:
        return None
    try:
        # At most a line: whoever writes it may keep its end open.
        pin = os.read(descriptor, _PIN_BYTES).decode("ascii", "replace").strip()
    except OSError:
        pin = ""
    if not _PIN.fullmatch(pin):
        raise Failed(say("debit.pin_malformed"))
    return pin


def _asked_pin(counter: _Counter, question: str) -> str:
    if not counter.asks:
        raise Failed(say("debit.pin_needed"))
    while True:
        pin = typed(question, hidden=True)
        if _PIN.fullmatch(pin):
            return pin
        click.echo(say("debit.pin_malformed"), err=True)


def _taken(counter: _Counter, card: Identified, wallet: str, amount_cents: int) -> Outcome:
    """The sale, and as many more as there are PINs to try: each under an id of its own."""
    was_renewed = False
    while True:
        outcome = _sent(counter, card, wallet, amount_cents)
        if _is_expired(outcome) and not was_renewed:
            # It was too late, whatever the PIN: the same sale with a fresh look at the same card.
            again = identified(counter.line, counter.asked)
            if not isinstance(again, Identified) or again.last4 != card.last4:
                return outcome
            card, was_renewed = again, True
            continue
        question = _next_pin_question(outcome)
        if question is None or not counter.asks:
            return outcome
        counter.pin = _asked_pin(counter, question)
        was_renewed = False


def _is_expired(outcome: Outcome) -> bool:
    return isinstance(outcome, Declined) and outcome.code == "identification_expired"


def _next_pin_question(outcome: Outcome) -> str | None:
    if isinstance(outcome, Declined) and outcome.code == "pin_required":
        return say("debit.pin")
    if isinstance(outcome, Declined) and outcome.code == "pin_wrong":
        tries_left = outcome.facts.get("tries_left", 0)
        return say("debit.pin_again", tries_left=tries_left) if tries_left else None
    return None


def _sent(counter: _Counter, card: Identified, wallet: str, amount_cents: int) -> Outcome:
    operation_id = new_operation_id(utc_now())
    order = Order(operation_id, card.identification, wallet, amount_cents, card.last4, True)
    try:
        return take_debit(
            counter.line, counter.journal, order, pin=counter.pin, patience=counter.patience
        )
    except KeyboardInterrupt:
        # It may have arrived: it stays open, and the next start asks.
        line_of_it = say("debit.unknown", reference=local_reference(operation_id))
        raise Failed(line_of_it) from None


def _tell(outcome: Outcome, label: str, *, as_json: bool) -> None:
    if not isinstance(outcome, Approved):
        raise Failed(sale_line(outcome))
    if as_json:
        return
    click.echo(sale_line(outcome, label=label))
    if outcome.balance_after_cents is not None:
        click.echo(say("debit.balance", balance=euros(outcome.balance_after_cents)))


def _json(facts: dict[str, object], resolved: list[Entry]) -> str:
    if resolved:
        facts["resolved"] = [entry_facts(entry) for entry in resolved]
    return json.dumps(facts, ensure_ascii=False)
