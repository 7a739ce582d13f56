"""What every command shares: the office it works in, how it says no, and how it shows progress.

The law: a failure is one French line on stderr and exit status 1, never a traceback; a defect of
ours is not caught here.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from cardservice.commands.words import refusal_sentence, sentence
from cardservice.db.embedded.identity import CannotStepDown
from cardservice.db.embedded.server import ServerFailed
from cardservice.db.engine import NotDurable
from cardservice.domain.refusal import Refused
from cardservice.settings import Settings, read_settings
from cardservice.wiring import NotReady, Office, opened_office

P = ParamSpec("P")
T = TypeVar("T")

FAILURES = (NotReady, ServerFailed, CannotStepDown, NotDurable, OperationalError, OSError)


class Failed(click.ClickException):
    """Ends the command with one line on stderr and exit status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def with_settings(command: Callable[Concatenate[Settings, P], T]) -> Callable[..., T]:
    """Gives a command its `--data-dir` option and, as first argument, the settings."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the instance (default: CJEUNE_DATA_DIR, then ./var).",
    )
    @functools.wraps(command)
    def run(data_dir: Path | None, *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return command(read_settings(data_dir), *arguments, **options)
        except FAILURES as failure:
            raise Failed(_failure_line(failure)) from failure

    return run


def with_office(command: Callable[Concatenate[Office, P], T]) -> Callable[..., T]:
    """Gives a command its `--data-dir` option and, as first argument, the opened office."""

    def run(settings: Settings, /, *arguments: P.args, **options: P.kwargs) -> T:
        with opened_office(settings) as office:
            return command(office, *arguments, **options)

    functools.update_wrapper(run, command)
    return with_settings(run)


def command_actor() -> str:
    """Who the journal says typed this: the operating system's number of the user."""
    return f"command:{os.getuid()}"


def say_refused(refused: Refused) -> Failed:
    """The exception that tells a refusal: `raise say_refused(refused)`."""
    return Failed(refusal_sentence(refused))


def done(answer: T | Refused) -> T:
    """The result of a verb; a refusal ends the command."""
    if isinstance(answer, Refused):
        raise say_refused(answer)
    return answer


def say(room: str, name: str, /, **facts: object) -> None:
    """One French line on stdout."""
    click.echo(sentence(room, name, **facts))


def say_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@contextlib.contextmanager
def progress_shown(room: str) -> Iterator[Callable[[int, int], None]]:
    """A callback `(done, total)` that draws a bar on stderr, if a person is looking."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(sentence(room, "progress"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _failure_line(failure: Exception) -> str:
    if isinstance(failure, OperationalError):
        # The driver's own words: SQLAlchemy's would repeat the statement and its values.
        name, detail = "OperationalError", str(failure.orig)
    elif isinstance(failure, OSError):
        name, detail = "OSError", f"{failure.filename or ''} ({failure.strerror or failure})"
    else:
        name, detail = type(failure).__name__, str(failure)
    first_line = detail.strip().splitlines()[0] if detail.strip() else name
    return sentence("failures", name, detail=first_line)
