"""Questions at the command line, in French: a word, a choice, a yes or no, a PIN.

The law: questions go to stderr, so that stdout holds results alone; a yes is never assumed, and a
PIN is never echoed.
"""

from __future__ import annotations

from typing import Final

import click

from scanner.amounts import NBSP
from scanner.texts import say

_YES: Final = ("o", "oui", "y", "yes")
_NO: Final = ("n", "non", "no")


def typed(question: str, *, hidden: bool = False) -> str:
    """What was typed, never empty."""
    suffix = f"{NBSP}: "
    return str(click.prompt(question, hide_input=hidden, prompt_suffix=suffix, err=True)).strip()


def agreed(question: str) -> bool:
    """Whether the answer was yes; asked again until it is one or the other."""
    while True:
        answer = str(click.prompt(question, prompt_suffix=" [o/n] ", err=True)).strip().lower()
        if answer in _YES or answer in _NO:
            return answer in _YES
        click.echo(say("ask.yes_or_no"), err=True)


def chosen(question: str, *, count: int) -> int:
    """A number from 1 to `count`."""
    while True:
        answer = typed(question)
        if answer.isascii() and answer.isdecimal() and 1 <= int(answer) <= count:
            return int(answer)
        click.echo(say("ask.number", count=count), err=True)
