"""`cjeune-tpe`: the TPE box as a command; without a sub-command, the full-screen program.

Every option can stand in the environment as CJEUNE_TPE_… (a box starts without a person). The
law: exit status 0 done, 1 refused or failed with one clear line on stderr, 2 usage.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import click

from api_client.answers import NoAnswer, Problem
from api_client.transport import Line
from api_client.wall_clock import paris_day, utc_now
from tpe_client.activate import CLIENT, activate
from tpe_client.box import BoxSettings, opened_journal, run_box, terminal_key
from tpe_client.compare_days import compare_days
from tpe_client.printer.address import Address, parse_address
from tpe_client.printer.paper import WIDTHS, Paper, paper_of
from tpe_client.printer.printing import print_now
from tpe_client.printer.status import PRINTS
from tpe_client.screens.menu_views import menu_view
from tpe_client.texts import say, set_names
from tpe_client.ticket import trial_ticket
from tpe_client.till.states import Compared, Till


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "CJEUNE_TPE"})
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: Path.home() / ".cjeune-tpe",
    show_default="~/.cjeune-tpe",
    help="Where the key, the journal and waiting tickets are.",
)
@click.option("--server", help="Address of the service, for the activation.")
@click.option(
    "--printer",
    default="none",
    show_default=True,
    help="usb:04b8:0202, serial:/dev/ttyUSB0[@BAUD], tcp:HOST[:9100], file:PATH or none.",
)
@click.option(
    "--width",
    type=click.Choice([str(width) for width in WIDTHS]),
    default="58",
    show_default=True,
    help="Width of the paper in millimetres.",
)
@click.option("--columns", type=click.IntRange(24, 64), help="Characters in a line, if unusual.")
@click.option("--profile", default="default", show_default=True, help="python-escpos profile.")
@click.option(
    "--code-page",
    default="cp1252",
    show_default=True,
    help="cp1252, cp858, iso8859-15, cp850 or cp437; =N for the printer's own number.",
)
@click.option("--qr", type=click.Choice(["native", "image"]), help="How the QR is printed.")
@click.option("--serial", help="A USB reader in serial mode, such as /dev/ttyACM0.")
@click.option("--scheme-name", help="What the scheme is called on screens and tickets.")
@click.option("--assistance-phone", help="Whom screens and tickets say to call.")
@click.pass_context
def main(
    context: click.Context,
    *,
    data_dir: Path,
    server: str | None,
    printer: str,
    width: str,
    columns: int | None,
    profile: str,
    code_page: str,
    qr: str | None,
    serial: str | None,
    scheme_name: str | None,
    assistance_phone: str | None,
) -> None:
    """The TPE box of a partner: reads cards, debits, prints tickets."""
    # Everything this program makes is its owner's alone, and a PIN is left in no core dump.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    set_names(scheme=scheme_name, phone=assistance_phone)
    paper = _paper(width, columns=columns, profile=profile, code_page=code_page, qr=qr)
    settings = BoxSettings(data_dir, _address(printer), paper, serial)
    context.obj = settings
    if context.invoked_subcommand is not None:
        return
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if terminal_key(settings) is None:
        if server is None and not sys.stdin.isatty():
            raise click.ClickException(say("activation.not_active"))
        activate(server or click.prompt(say("activation.server")), settings.key_path)
    key = terminal_key(settings)
    assert key is not None
    sys.exit(run_box(settings, key))


@main.command("activate")
@click.option("--server", required=True, help="Address of the service.")
@click.option("--replace", is_flag=True, help="Even if this box is activated already.")
@click.pass_obj
def activate_command(settings: BoxSettings, *, server: str, replace: bool) -> None:
    """Makes this box a terminal of an outlet: code, place, name."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = None if replace else terminal_key(settings)
    if known is not None:
        raise click.ClickException(say("activation.already", terminal_id=known.terminal_id))
    activate(server, settings.key_path)


@main.group("printer")
def printer_group() -> None:
    """The ticket printer."""


@printer_group.command("test")
@click.pass_obj
def printer_test(settings: BoxSettings) -> None:
    """Prints a trial ticket: accents, euro, width, QR."""
    blocks = trial_ticket(None, columns=settings.paper.columns)
    state = print_now(settings.address, blocks, paper=settings.paper)
    advice = say(f"printer.advice.{state}")
    if state not in PRINTS:
        raise click.ClickException(say("command.not_printed", advice=advice))
    click.echo(f"{say('command.printed')} {advice}")


@main.command("day")
@click.pass_obj
def day_command(settings: BoxSettings) -> None:
    """Compares the box's figures with the service's; exit status 1 when they differ."""
    key = terminal_key(settings)
    if key is None:
        raise click.ClickException(say("activation.not_active"))
    with opened_journal(settings) as journal, _line(key.base_url, key.key) as line:
        answer = compare_days(line, journal, today=paris_day(utc_now()))
    if isinstance(answer, Problem):
        raise click.ClickException(answer.message)
    if isinstance(answer, NoAnswer):
        raise click.ClickException(say("notice.no_network_for_list"))
    for line_shown in menu_view(Till(Compared(answer))).lines:
        click.echo(line_shown.text)
    if any(one.differences or one.strays for one in answer):
        sys.exit(1)


def _line(base_url: str, key: str) -> Line:
    return Line(base_url, key=key, client=CLIENT)


def _address(printer: str) -> Address | None:
    try:
        return parse_address(printer)
    except ValueError:
        raise click.UsageError(say("command.bad_printer", address=printer)) from None


def _paper(
    width: str, *, columns: int | None, profile: str, code_page: str, qr: str | None
) -> Paper:
    try:
        return paper_of(
            int(width),
            columns=columns,
            profile=profile,
            code_page=code_page,
            native_qr=None if qr is None else qr == "native",
        )
    except ValueError as unknown:
        raise click.UsageError(say("command.bad_paper", name=unknown)) from None
