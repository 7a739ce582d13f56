"""`cjeune-scan …`: reads cards and debits them, for partners with a computer (C46, C55, C56).

The law: this file only gathers; each command is one file of scanner/commands.
"""

from __future__ import annotations

import sys

import click

from scanner.commands.activate import activate
from scanner.commands.cancel import cancel
from scanner.commands.day import day
from scanner.commands.debit import debit
from scanner.commands.identify import identify
from scanner.commands.read import read
from scanner.commands.self_test import self_test
from scanner.texts import say

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
def cjeune_scan() -> None:
    """Its help is French, for partners: texts_fr.toml."""


for command in COMMANDS:
    cjeune_scan.add_command(command)


def main() -> None:
    """The console script; ends the process with 0 done, 1 refused or failed, 2 usage."""
    try:
        status = cjeune_scan.main(prog_name="cjeune-scan", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(say("failure.interrupted"), err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
