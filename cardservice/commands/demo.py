"""`cjeune demo`: a whole county in one command, served until it is told to stop (design §5).

The law: the first start makes it, every later one finds it in seconds; whoever stops it stops its
database. It always has a database of its own, whatever the environment says.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cardservice import wiring
from cardservice.app import create_app
from cardservice.commands.session import Failed, command_actor, with_settings
from cardservice.db.embedded import running_server
from cardservice.demo import cast, partners
from cardservice.demo.clock import ClockIsReal, instant_typed, move_clock
from cardservice.demo.delegates import first_partners, welcome_delegates
from cardservice.demo.kept import DemoRefused, Kept, making, read_kept, write_kept
from cardservice.demo.manifest import read_manifest, write_manifest
from cardservice.demo.story import Plan, Report, tell
from cardservice.demo.welcome import show_welcome
from cardservice.demo.words import say
from cardservice.demo.youths import YOUTH, welcome_youth
from cardservice.domain.calendar import format_minute
from cardservice.services.apply_scheme import apply_scheme
from cardservice.serving import PortTaken, ended_by_sigterm, origin_of, reserved_address, serve
from cardservice.settings import Settings
from clearing.clockwork import running_schedule

DATA_DIR: Final = Path("var/demo")
LOG: Final = "demo.log"

_data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Folder of the demonstration (default: {DATA_DIR}).",
)


@click.group("demo", invoke_without_command=True)
@click.option("--headless", is_flag=True, help="For scripts: no table, no schedule.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@_data_dir_option
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--cards", "cards_wanted", type=click.IntRange(1, 500_000), default=2_000, show_default=True
)
@click.option(
    "--partners", "partners_wanted", type=click.IntRange(1, 5_000), default=60, show_default=True
)
@click.option("--days", type=click.IntRange(0, 366), default=20, show_default=True)
@click.option(
    "--desk-work/--no-desk-work",
    default=None,
    help="Leave a fortnight to approve and a failed transfer (default: not when headless).",
)
@click.pass_context
def demo(
    context: click.Context,
    headless: bool,
    port: int,
    data_dir: Path | None,
    manifest: Path | None,
    cards_wanted: int,
    partners_wanted: int,
    days: int,
    desk_work: bool | None,
) -> None:
    """Make a demonstration county, or find it again, and serve it."""
    if context.invoked_subcommand is None:
        plan = _plan(cards_wanted, partners_wanted, days)
        plan = replace(plan, desk_work=not headless if desk_work is None else desk_work)
        with _refusals_told():
            _run(data_dir or DATA_DIR, port, plan=plan, headless=headless, manifest_file=manifest)


@demo.command("clock")
@click.argument("instant", metavar="INSTANT")
@_data_dir_option
@click.pass_context
def clock(context: click.Context, instant: str, data_dir: Path | None) -> None:
    """Make it INSTANT now: RFC 3339, or Paris time without a zone (2026-11-22T23:59:50)."""
    try:
        at = instant_typed(instant)
    except ValueError as failure:
        raise click.BadParameter(str(failure), param_hint="INSTANT") from failure
    assert context.parent is not None
    with _refusals_told():
        _move_clock(data_dir or context.parent.params["data_dir"] or DATA_DIR, at)


@with_settings
def _move_clock(settings: Settings, at: datetime) -> None:
    has_database = settings.database_url or (settings.data_dir / "postgres").exists()
    if not has_database:
        # Opening an office here would make an empty database.
        raise DemoRefused("no_demo", folder=settings.data_dir)
    with wiring.opened_office(settings) as office:
        try:
            move_clock(office.engine, at)
        except ClockIsReal:
            raise DemoRefused("clock_is_real") from None
    click.echo(say("notes", "clock", at=format_minute(at)))


@with_settings
def _run(
    settings: Settings, port: int, *, plan: Plan, headless: bool, manifest_file: Path | None
) -> None:
    settings = _without_real_things(settings)
    with ExitStack() as stack:
        stack.enter_context(ended_by_sigterm())
        address = stack.enter_context(reserved_address(settings.host, port))
        if manifest_file is not None:
            # One of an earlier start would send a script to a service that is no more.
            manifest_file.unlink(missing_ok=True)
        kept = _find_or_make(settings, plan, stack, headless=headless)
        office = stack.enter_context(wiring.opened_office(settings, serving=True))

        def announce() -> None:
            manifest = read_manifest(office, kept, base_url=origin_of(address))
            if manifest_file is not None:
                write_manifest(manifest_file, manifest)
            if not headless:
                show_welcome(
                    Console(),
                    manifest,
                    scheme_name=settings.scheme_name,
                    data_dir=settings.data_dir,
                )

        if not headless:
            # A script decides what happens when; a person finds the days closed by themselves.
            stack.enter_context(running_schedule(office.engine))
        app = create_app(office, origin=origin_of(address))
        serve(app, address, on_ready=announce, on_leaving=app.state.live.leave)


def _without_real_things(settings: Settings) -> Settings:
    """The database, key and account that an environment names may be those of production."""
    return replace(
        settings,
        database_url=None,
        owner_database_url=None,
        secret_file=None,
        debtor_name=None,
        debtor_iban=None,
        debtor_bic=None,
        debtor_organisation_id=None,
        smtp_host=None,
        smtp_user=None,
        public_origin=None,
    )


def _find_or_make(settings: Settings, plan: Plan, stack: ExitStack, *, headless: bool) -> Kept:
    """The kept secrets; the private server then runs until `stack` unwinds."""
    data_dir, postgres_bin = settings.data_dir, settings.postgres_bin
    kept = read_kept(data_dir)
    if kept is not None:
        stack.enter_context(running_server(data_dir, postgres_bin))
        wiring.upgrade(settings, movable_clock=True)
        with wiring.opened_as_owner(settings) as owner:
            apply_scheme(owner, actor=command_actor())
        return _with_people(settings, kept)
    with making(data_dir, postgres_bin), _log_in(data_dir / LOG):
        stack.enter_context(running_server(data_dir, postgres_bin))
        kept = tell(settings, plan, _silent if headless else _shown())
        write_kept(data_dir, kept)
        return kept


def _with_people(settings: Settings, kept: Kept) -> Kept:
    """A demonstration of an earlier version has nobody yet who could enter the portals."""
    has_delegates = any(user.partner for user in kept.users)
    has_youth = any(user.role == YOUTH for user in kept.users)
    if has_delegates and has_youth:
        return kept
    with wiring.opened_office(settings) as office:
        users = list(kept.users)
        if not has_delegates:
            users += welcome_delegates(office, first_partners(office))
        if not has_youth:
            users.append(welcome_youth(office, kept.cards))
        kept = replace(kept, users=users)
    write_kept(settings.data_dir, kept)
    return kept


def _plan(cards_wanted: int, partners_wanted: int, days: int) -> Plan:
    plan = Plan(max(cards_wanted, cast.FEWEST), max(partners_wanted, partners.FEWEST), days)
    if (plan.cards, plan.partners) != (cards_wanted, partners_wanted):
        click.echo(say("notes", "raised", cards=cast.FEWEST, partners=partners.FEWEST), err=True)
    return plan


@contextlib.contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except DemoRefused as refused:
        raise Failed(say("refused", refused.code, **refused.facts)) from refused
    except PortTaken as taken:
        raise Failed(say("refused", "port_taken", port=taken.port)) from taken


@contextlib.contextmanager
def _silent(_stage: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


def _shown() -> Report:
    """Stages on stderr: a bar while one lasts, a line when it is over."""
    console = Console(stderr=True)

    @contextlib.contextmanager
    def report(stage: str) -> Iterator[Callable[[int, int], None]]:
        began = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns,
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as bar:
            task = bar.add_task(say("stages", stage), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        seconds = time.monotonic() - began
        console.print(say("stages", "over", stage=say("stages", stage), seconds=f"{seconds:.1f}"))

    return report


@contextlib.contextmanager
def _log_in(file: Path) -> Iterator[None]:
    """While a county is made its seals and warnings go to a file, not between the bars."""
    log = logging.getLogger("cjeune")
    handler = logging.FileHandler(file, encoding="utf-8")
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.propagate = True
        log.removeHandler(handler)
        handler.close()
