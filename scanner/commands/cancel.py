"""`cjeune-scan cancel`: undoes a debit of today (C60), named by a reference or as the last one.

The law: the question names the amount that will come back; the answer says whether it has. A debit
of another till of the partner can be undone as well, by the service's reference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from api_client.answers import Approved, Cancelled, DayList
from api_client.backoff import Patience
from api_client.journal import Entry, Journal
from api_client.operation_id import local_reference
from api_client.settle import cancel_debit, resolve_open
from api_client.transport import Line
from api_client.wall_clock import paris_day
from scanner.amounts import euros
from scanner.commands.asking import agreed
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import folder_option, opened_journal, opened_line
from scanner.commands.outcomes import cancellation_line, outcome_facts
from scanner.texts import say

_REASONS: Final = ("mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other")
_CAN_BE_UNDONE: Final = ("approved", "written", "unknown")


@click.command("cancel", help=say("help.cancel"), short_help=say("help.short.cancel"))
@click.argument("reference", required=False)
@click.option("--last", is_flag=True, help=say("help.option.last"))
@click.option(
    "--reason", type=click.Choice(_REASONS), default="mistake", help=say("help.option.reason")
)
@click.option("--yes", is_flag=True, help=say("help.option.yes"))
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def cancel(
    reference: str | None, last: bool, reason: str, yes: bool, as_json: bool, folder: Path
) -> None:
    """Ends with 0 when the debit is undone."""
    if (reference is None) != last:
        raise click.UsageError(say("cancel.which"))
    if not yes and (as_json or not sys.stdin.isatty()):
        raise click.UsageError(say("debit.missing", options="--yes"))
    with failures_told(), opened_line(folder) as line, opened_journal(folder) as journal:
        operation_id, question = _meant(line, journal, reference)
        if not yes and not agreed(question):
            raise Failed(say("cancel.given_up"))
        outcome = cancel_debit(line, journal, operation_id, reason=reason, patience=Patience())
        if as_json:
            click.echo(json.dumps(outcome_facts(outcome), ensure_ascii=False))
        if not isinstance(outcome, Cancelled):
            raise Failed(cancellation_line(outcome))
        if not as_json:
            click.echo(cancellation_line(outcome))


def _meant(line: Line, journal: Journal, reference: str | None) -> tuple[UUID, str]:
    """The operation, and the question that names it."""
    # What an earlier run left open may be the very sale that is to be undone.
    resolve_open(line, journal, patience=Patience(tries=2))
    if reference is None:
        entry = _last_sale(journal)
        if entry is None:
            raise Failed(say("cancel.nothing"))
        return _named(entry)
    wanted = "".join(reference.split()).upper()
    for entry in journal.unresolved():
        if wanted in (entry.local_reference, str(entry.order.operation_id).upper()):
            return _named(entry)
    return _listed(line, wanted)


def _last_sale(journal: Journal) -> Entry | None:
    """The last sale of this post that has, or may have, moved money."""
    last = journal.last()
    if last is None:
        return None
    day = last.business_day or paris_day(last.written_at)
    sales = (entry for entry in journal.of_day(day) if entry.state in _CAN_BE_UNDONE)
    return next(sales, None)


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


def _named(entry: Entry) -> tuple[UUID, str]:
    reference = entry.reference or entry.local_reference
    return entry.order.operation_id, _question(reference, entry.order.amount_cents)


def _question(reference: str, amount_cents: int) -> str:
    return say("cancel.confirm", reference=reference, amount=euros(amount_cents))
