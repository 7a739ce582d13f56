"""`cjeune …`: every command of the product, gathered under one name.

The law: this file only gathers, and loads nothing but the command that was typed: whoever blocks a
card does not wait for the portals to load. A command lives in the room it belongs to
(`cardservice.commands`).
"""

from __future__ import annotations

from importlib import import_module

import click

# What is typed, and the file of `cardservice.commands` that holds it, in the order of a life: make
# it, fill it, serve, close, pay, prove.
COMMANDS: dict[str, str] = {
    "db": "database",
    "roster": "roster",
    "beneficiary": "beneficiary",
    "partners": "partners",
    "partner": "partners",
    "iban": "bank_accounts",
    "agent": "agents",
    "budget": "budget",
    "cards": "cards",
    "terminal": "terminals",
    "serve": "serve",
    "worker": "worker",
    "regularisation": "regularisations",
    "day": "day",
    "run": "run",
    "bank": "bank",
    "papers": "papers_exports",
    "account": "account",
    "proof": "proof",
    "verify": "verify",
    "bench": "bench",
    "demo": "demo",
}


class LoadedWhenTyped(click.Group):
    """A group whose commands stand in COMMANDS, each under its own name in its file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        file = import_module(f"cardservice.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(file, cmd_name)
        return command


@click.group(cls=LoadedWhenTyped, context_settings={"help_option_names": ["-h", "--help"]})
def cjeune() -> None:
    """CJeune: the youth benefit card, from the roster to the bank."""


def main() -> None:
    """The console script; ends the process with 0 done, 1 refused or failed, 2 usage."""
    cjeune(prog_name="cjeune")


if __name__ == "__main__":
    main()
