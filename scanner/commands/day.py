"""`cjeune-scan day`: the partner's debits of a day, their totals, and this post's own figures.

The law: both sides' figures are shown as they are, nothing is corrected in silence. The open day is
compared with what the service counts for this terminal, a closed one with its télécollecte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from api_client.answers import (
    Approved,
    Compared,
    DayList,
    Declined,
    Difference,
    Me,
    NoAnswer,
    Problem,
    Totals,
)
from api_client.day_figures import compare_closed_day, compare_totals, day_of
from api_client.wall_clock import PARIS, paris_day, utc_now
from scanner.amounts import euros
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import folder_option, opened_journal, opened_line
from scanner.commands.outcomes import outcome_facts
from scanner.texts import say, say_one_of


@click.command("day", help=say("help.day"), short_help=say("help.short.day"))
@click.option("--date", "written", metavar="AAAA-MM-JJ", help=say("help.option.date"))
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def day(written: str | None, as_json: bool, folder: Path) -> None:
    """Ends with 1 when the figures differ."""
    business_day = _day_of(written)
    with failures_told(), opened_line(folder) as line, opened_journal(folder) as journal:
        me = line.me()
        if not isinstance(me, Me):
            raise refused(me)
        listed = line.day(business_day)
        if not isinstance(listed, DayList):
            raise refused(listed)
        shown_day = business_day or day_of(listed, otherwise=paris_day(utc_now()))
        own = journal.totals(shown_day)
        compared: Compared | Problem | NoAnswer | None
        if business_day is None:
            compared = compare_totals(own, me.today)
        else:
            compared = compare_closed_day(line, journal, business_day)
        if isinstance(compared, Problem | NoAnswer):
            raise refused(compared)
        if as_json:
            click.echo(json.dumps(_facts(shown_day, listed, own, compared), ensure_ascii=False))
        else:
            _show(me, shown_day, listed, own)
        _tell(compared, as_json=as_json)


def _day_of(written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError:
        raise click.UsageError(say("day.bad_date")) from None


def _show(me: Me, day: date, listed: DayList, own: Totals) -> None:
    click.echo(say("day.title", partner=me.partner, day=day.strftime("%d/%m/%Y")))
    for item in listed.items:
        click.echo(_line(item))
    if not listed.items:
        click.echo(say("day.empty"))
    for total in listed.totals:
        label = say_one_of("wallets", total.wallet, wallet=total.wallet)
        amount = euros(total.amount_cents)
        click.echo(say("day.total", label=label, debits=_debits(total.count), amount=amount))
    own_amount = euros(own.amount_cents)
    click.echo(say("day.own", debits=_debits(own.count), amount=own_amount))


def _debits(count: int) -> str:
    return say("day.debits.one" if count < 2 else "day.debits.many", count=count)


def _line(item: Approved | Declined) -> str:
    if isinstance(item, Declined):
        return say(
            "day.refused_line",
            hour=_hour(item.accepted_at),
            reference=item.reference or "",
            message=item.message,
        )
    return say(
        "day.line",
        hour=_hour(item.accepted_at),
        reference=item.reference,
        last4=item.last4,
        amount=euros(item.amount_cents),
        label=say_one_of("wallets", item.wallet, wallet=item.wallet),
        note=say("day.cancelled") if item.cancelled is not None else "",
    )


def _hour(instant: datetime | None) -> str:
    return "     " if instant is None else instant.astimezone(PARIS).strftime("%H:%M")


def _tell(compared: Compared | None, *, as_json: bool) -> None:
    if compared is None:
        click.echo(say("day.not_closed"), err=True)
        return
    if compared.matches:
        if not as_json:
            click.echo(say("day.matches"))
        return
    raise Failed("\n".join(_difference_lines(compared.differences)))


def _difference_lines(differences: Iterable[Difference]) -> Iterable[str]:
    for one in differences:
        figure = say_one_of("day.figure", one.figure, figure=one.figure)
        yield say("day.differs", figure=figure, terminal=one.terminal, server=one.server)


def _facts(day: date, listed: DayList, own: Totals, compared: Compared | None) -> dict[str, object]:
    return {
        "business_day": day.isoformat(),
        "items": [
            outcome_facts(item)
            | {"cancelled": isinstance(item, Approved) and item.cancelled is not None}
            for item in listed.items
        ],
        "totals": [
            {"wallet": one.wallet, "count": one.count, "amount_cents": one.amount_cents}
            for one in listed.totals
        ],
        "own": {"count": own.count, "amount_cents": own.amount_cents},
        "matches": None if compared is None else compared.matches,
        "differences": []
        if compared is None
        else [
            {"field": one.figure, "terminal": one.terminal, "server": one.server}
            for one in compared.differences
        ],
    }
