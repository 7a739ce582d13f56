"""How a command ends when it does not succeed: one clear French line on stderr, and status 1.

The law: nobody at a counter ever sees a traceback for a cable, a network, a full disk or a file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from api_client.answers import Declined, NoAnswer, Problem
from api_client.journal import JournalFailed
from api_client.key_file import KeyFileFailed
from scanner.sources.reading import SourceFailed
from scanner.texts import say, say_one_of


class Failed(click.ClickException):
    """Refused or failed: its line is shown, the status is 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """The line, and nothing around it."""
        click.echo(self.message, file=file or sys.stderr)


@contextmanager
def failures_told() -> Iterator[None]:
    """What can go wrong around a program, told as a line."""
    try:
        yield
    except SourceFailed as failure:
        raise Failed(say(f"source.failed.{failure.code}", place=failure.place)) from None
    except KeyFileFailed as failure:
        raise Failed(say_one_of("failure.key", failure.code, code=failure.code)) from None
    except JournalFailed as failure:
        raise Failed(say_one_of("failure.journal", type(failure).__name__)) from None


def refused(answer: Declined | Problem | NoAnswer) -> Failed:
    """The failure that an answer without success amounts to."""
    match answer:
        case Declined():
            line = say("card.refused", message=answer.message, next_step=answer.next_step)
            return Failed(line.strip())
        case Problem():
            return Failed(say_one_of("failure.problem", answer.code, message=answer.message))
        case NoAnswer():
            return Failed(say_one_of("failure.no_answer", answer.reason))
