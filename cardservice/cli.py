"""`cjeune …`: every command of the product, gathered under one name.

The law: this file only gathers. A command lives in the room it belongs to (`cardservice.commands`).
"""

from __future__ import annotations

import click

from cardservice.commands.account import account
from cardservice.commands.agents import agent
from cardservice.commands.bank import bank
from cardservice.commands.bank_accounts import iban
from cardservice.commands.bench import bench
from cardservice.commands.beneficiary import beneficiary
from cardservice.commands.budget import budget
from cardservice.commands.cards import cards
from cardservice.commands.database import database
from cardservice.commands.day import day
from cardservice.commands.demo import demo
from cardservice.commands.papers_exports import papers
from cardservice.commands.partners import partner, partners
from cardservice.commands.proof import proof
from cardservice.commands.regularisations import regularisation
from cardservice.commands.roster import roster
from cardservice.commands.run import run
from cardservice.commands.serve import serve
from cardservice.commands.terminals import terminal
from cardservice.commands.verify import verify
from cardservice.commands.worker import worker

# One line per command, in the order of a life: make it, fill it, serve, close, pay, prove.
COMMANDS: tuple[click.Command, ...] = (
    database,
    roster,
    beneficiary,
    partners,
    partner,
    iban,
    agent,
    budget,
    cards,
    terminal,
    serve,
    worker,
    regularisation,
    day,
    run,
    bank,
    papers,
    account,
    proof,
    verify,
    bench,
    demo,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cjeune() -> None:
    """CJeune: the youth benefit card, from the roster to the bank."""


for command in COMMANDS:
    cjeune.add_command(command)


def main() -> None:
    """The console script; ends the process with 0 done, 1 refused or failed, 2 usage."""
    cjeune(prog_name="cjeune")


if __name__ == "__main__":
    main()
