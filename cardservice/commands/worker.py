"""`cjeune worker`: what runs by itself, beside the service: closes, drafts, notices and mail."""

from __future__ import annotations

import asyncio
import signal
from datetime import date

import click

from cardservice.commands.session import json_option, say, say_json, with_settings
from cardservice.domain.calendar import format_day
from cardservice.services.post_mail import post_one_mail
from cardservice.services.push_notice import push_one_notice
from cardservice.services.remind_of_year_end import remind_of_year_end
from cardservice.services.tell_notices import tell_notices
from cardservice.settings import Settings
from cardservice.wiring import (
    Office,
    mail_sender,
    opened_notices,
    opened_office,
    opened_postman,
    push_carrier,
)
from clearing.clockwork import running_schedule
from clearing.schedule import JobDone, tick


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, post the mail, and end.")
@json_option
@with_settings
def worker(settings: Settings, once: bool, as_json: bool) -> None:
    """Close days, tell partners, draft fortnights and post mail until SIGTERM."""
    with opened_office(settings, serving=False) as office:
        if once:
            _once(office, as_json=as_json)
        else:
            say("worker", "ready")
            asyncio.run(_until_told(office))


def _once(office: Office, *, as_json: bool) -> None:
    posted = 0
    try:
        done = tick(office.engine)
    finally:
        # Whatever could not be done, notices are told and the mail that waits goes out.
        remind_of_year_end(office.engine)
        while tell_notices(office.engine):
            pass
        carry = push_carrier(office)
        while push_one_notice(office.engine, carry):
            pass
        send = mail_sender(office, origin=None)
        while post_one_mail(office.engine, office.keys, send):
            posted += 1
    if as_json:
        jobs = [{"job": one.job, "about": one.about, "amount": one.amount} for one in done]
        say_json({"jobs": jobs, "mails": posted})
        return
    for one in done:
        say("worker", one.job, about=_in_french(one), amount=one.amount)
    say("worker", "posted" if done or posted else "nothing", mails=posted)


def _in_french(one: JobDone) -> str:
    """A fortnight's key as it is, a day as people write it."""
    return one.about if one.job == "draft" else format_day(date.fromisoformat(one.about))


async def _until_told(office: Office) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    with running_schedule(office.engine):
        async with opened_postman(office, origin=None), opened_notices(office):
            await told.wait()
