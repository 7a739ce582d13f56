"""`cjeune-scan …`: reads cards and debits them, for partners with a computer (C46, C55, C56).

The law: this file only gathers; each command is one file of scanner/commands. Before any of them
runs, the process gives up its right to leave a copy of its memory on a disk: a PIN may be in it.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any

import click

from scanner.commands.activate import activate
from scanner.commands.cancel import cancel
from scanner.commands.day import day
from scanner.commands.debit import debit
from scanner.commands.identify import identify
from scanner.commands.read import read
from scanner.commands.self_test import self_test
from scanner.texts import name_the_house, say

resource: Any
try:
    resource = importlib.import_module("resource")
except ImportError:
    # Windows knows no such limit.
    resource = None

# In the order of a life: try the reader, join, read, sell, undo, count.
COMMANDS: tuple[click.Command, ...] = (
    self_test,
    activate,
    read,
    identify,
    debit,
    cancel,
    day,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, help=say("help.program"))
@click.option(
    "--scheme-name",
    envvar="CJEUNE_SCAN_SCHEME_NAME",
    default=say("house.scheme_name"),
    help=say("help.option.scheme_name"),
)
@click.option(
    "--assistance-phone",
    envvar="CJEUNE_SCAN_ASSISTANCE_PHONE",
    default=say("house.assistance_phone"),
    help=say("help.option.assistance_phone"),
)
def cjeune_scan(scheme_name: str, assistance_phone: str) -> None:
    """Its help is French, for partners: texts_fr.toml."""
    name_the_house(scheme_name=scheme_name, assistance_phone=assistance_phone)


for command in COMMANDS:
    cjeune_scan.add_command(command)


def main() -> None:
    """The console script; ends the process with 0 done, 1 refused or failed, 2 usage."""
    _forbid_core_dumps()
    try:
        status = cjeune_scan.main(prog_name="cjeune-scan", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(say("failure.interrupted"), err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _forbid_core_dumps() -> None:
    if resource is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
