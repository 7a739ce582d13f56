"""`cjeune day close`: the télécollecte, by hand; missed days are caught up oldest first (C69)."""

from __future__ import annotations

from datetime import date, datetime

import click

from cardservice.commands.session import (
    done,
    json_option,
    progress_shown,
    say,
    say_json,
    with_office,
)
from cardservice.domain.calendar import format_day
from cardservice.wiring import Office
from clearing.day_close import close_days


@click.group("day")
def day() -> None:
    """Business days."""


@day.command("close")
@click.argument("until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@json_option
@with_office
def close(office: Office, until: datetime, as_json: bool) -> None:
    """Close every open day up to and including DATE (2026-11-22), and seal it."""
    last: date = until.date()
    with progress_shown("days") as progress:
        seals = done(close_days(office.engine, last, progress=progress))
    if as_json:
        say_json(
            [
                {
                    "business_day": sealed.day.isoformat(),
                    "operations": sealed.operations,
                    "count": sealed.debits,
                    "amount_cents": sealed.amount_cents,
                    "partners": sealed.partners,
                    "seal": sealed.seal.hex(),
                }
                for sealed in seals
            ]
        )
        return
    if not seals:
        say("days", "nothing")
    for sealed in seals:
        say(
            "days",
            "closed",
            day=format_day(sealed.day),
            operations=sealed.operations,
            seal=sealed.seal.hex(),
        )
