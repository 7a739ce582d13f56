"""`cjeune-scan cancel`: undoes a debit of today (C60), named by a reference or as the last one.

The law: the question names the amount that will come back; the answer says whether it has. What is
undone already is told again, and nothing older is undone in its place: a cancellation whose answer
was lost is asked for twice. A debit of another till of the partner can be undone as well, by the
service's reference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID

import click

from api_client.answers import Approved, Cancelled, DayList
from api_client.backoff import Patience
from api_client.journal import Entry, Journal
from api_client.operation_id import local_reference
from api_client.settle import cancel_debit, resolve_open
from api_client.transport import Line
from scanner.amounts import euros
from scanner.commands.asking import agreed
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import folder_option, opened_journal, opened_line
from scanner.commands.outcomes import cancellation_line, outcome_facts
from scanner.texts import say

_REASONS: Final = ("mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other")
# An operation and the question that names it, or what has become of it already.
_Meant: TypeAlias = tuple[UUID, str] | Cancelled


@click.command("cancel", help=say("help.cancel"), short_help=say("help.short.cancel"))
@click.argument("reference", required=False)
@click.option("--last", is_flag=True, help=say("help.option.last"))
@click.option(
    "--reason", type=click.Choice(_REASONS), default="mistake", help=say("help.option.reason")
)
@click.option("--yes", is_flag=True, help=say("help.option.yes"))
@click.option("--tries", type=click.IntRange(1, 10), default=5, help=say("help.option.tries"))
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def cancel(
    reference: str | None,
    last: bool,
    reason: str,
    yes: bool,
    tries: int,
    as_json: bool,
    folder: Path,
) -> None:
    """Ends with 0 when the debit is undone."""
    if (reference is None) != last:
        raise click.UsageError(say("cancel.which"))
    if not yes and (as_json or not sys.stdin.isatty()):
        raise click.UsageError(say("debit.missing", options="--yes"))
    with failures_told(), opened_line(folder) as line, opened_journal(folder) as journal:
        # What an earlier run left open may be the very sale that is to be undone, or its undoing.
        were_open = resolve_open(line, journal, patience=Patience(tries=2))
        meant = _last(journal) if reference is None else _named(line, were_open, reference)
        if not isinstance(meant, Cancelled):
            operation_id, question = meant
            if not yes and not agreed(question):
                raise Failed(say("cancel.given_up"))
            outcome = cancel_debit(
                line, journal, operation_id, reason=reason, patience=Patience(tries=tries)
            )
        else:
            outcome = meant
        if as_json:
            click.echo(json.dumps(outcome_facts(outcome), ensure_ascii=False))
        if not isinstance(outcome, Cancelled):
            raise Failed(cancellation_line(outcome))
        if not as_json:
            click.echo(cancellation_line(outcome))


def _last(journal: Journal) -> _Meant:
    """The last sale of this post and nothing older: who asks twice means the same one twice."""
    entry = journal.last()
    if entry is None:
        raise Failed(say("cancel.nothing"))
    return _standing(entry)


def _named(line: Line, were_open: list[Entry], reference: str) -> _Meant:
    wanted = "".join(reference.split()).upper()
    for entry in were_open:
        order_id = str(entry.order.operation_id).upper()
        if wanted in (entry.reference, entry.local_reference, order_id):
            return _standing(entry)
    return _listed(line, wanted)


def _standing(entry: Entry) -> _Meant:
    """A sale of this post as it stands: done already, nothing to do, or to be asked about."""
    reference = entry.reference or entry.local_reference
    if entry.state == "declined":
        raise Failed(say("cancel.was_declined", reference=reference))
    if entry.state == "cancelled":
        # The service names an instant for a cancellation, and the journal one for its own.
        cancelled_at = entry.cancelled_at or entry.settled_at
        assert cancelled_at is not None, "a cancelled sale is settled"
        return Cancelled(entry.order.operation_id, entry.cancellation_reference, None, cancelled_at)
    return entry.order.operation_id, _question(reference, entry.order.amount_cents)


def _listed(line: Line, wanted: str) -> tuple[UUID, str]:
    """A debit of the service's own today: its clock decides, and other tills are in it too."""
    listed = line.day()
    if not isinstance(listed, DayList):
        raise refused(listed)
    for item in listed.items:
        if not isinstance(item, Approved):
            continue
        names = (item.reference, local_reference(item.operation_id), str(item.operation_id).upper())
        if wanted in names:
            return item.operation_id, _question(item.reference, item.amount_cents)
    raise Failed(say("cancel.not_found", reference=wanted))


def _question(reference: str, amount_cents: int) -> str:
    return say("cancel.confirm", reference=reference, amount=euros(amount_cents))
