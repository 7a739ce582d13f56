"""`cjeune-scan read`: what a reader reads, and what it is; `--open` takes it to the portal's till.

The law: a full card code is printed only when it is asked for (`--json`, `--show-code`); it goes to
the till in the address's fragment, which no server ever receives, and to the browser past its
command line (handover.py). Of a foreign code nothing is opened, followed or looked up.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import click

from api_client.key_file import read_key_file
from scanner.card_payload import Kind, Meaning, meaning_of, print_card_code
from scanner.commands.failure import Failed, failures_told
from scanner.commands.folder import folder_option, key_path
from scanner.commands.source_options import SourceChoice, chosen_source, source_options
from scanner.handover import hand_over
from scanner.sources.reading import Happening, Reading, Source
from scanner.texts import say, say_one_of

_TILL: Final = "/partenaire/caisse"
_TURN_SECONDS: Final = 0.25


@click.command("read", help=say("help.read"), short_help=say("help.short.read"))
@source_options
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@click.option("--show-code", is_flag=True, help=say("help.option.show_code"))
@click.option("--once", is_flag=True, help=say("help.option.once"))
@click.option("--seconds", type=click.FloatRange(min=0), help=say("help.option.seconds"))
@click.option("--open", "opens", is_flag=True, help=say("help.option.open"))
@click.option("--portal", metavar="URL", help=say("help.option.portal"))
@folder_option
def read(
    as_json: bool,
    show_code: bool,
    once: bool,
    seconds: float | None,
    opens: bool,
    portal: str | None,
    folder: Path,
    **source: Any,
) -> None:
    """Ends with 0 when at least one card was read, or when it was stopped by hand."""
    with failures_told():
        till = _till_address(portal, folder) if opens else None
        found = False
        with chosen_source(SourceChoice(**source)) as opened:
            try:
                # Within: from the moment it says so, Ctrl+C is how it ends.
                if sys.stdin.isatty() and not as_json:
                    click.echo(say(f"read.ready.{opened.name}"), err=True)
                for reading in readings(opened, seconds=seconds):
                    meaning = meaning_of(reading.text)
                    click.echo(
                        json.dumps(reading_facts(reading, meaning), ensure_ascii=False)
                        if as_json
                        else reading_line(meaning, show_code=show_code)
                    )
                    found = found or bool(meaning.readings)
                    if till is not None and meaning.readings:
                        _open(till, meaning.readings[0])
                    if once:
                        break
            except KeyboardInterrupt:
                # How a reader that is listened to without end is put away.
                return
        if not found:
            raise Failed(say("read.nothing"))


def readings(
    source: Source,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Reading]:
    """The readings of a source until it is over, or the time is."""
    until = None if seconds is None else clock() + seconds
    while until is None or clock() < until:
        came = source.next(seconds=_TURN_SECONDS)
        if isinstance(came, Reading):
            yield came
        elif came is Happening.OVER:
            return
        elif came is not None:
            click.echo(say_one_of(f"source.{came}", source.name), err=True)


def reading_line(meaning: Meaning, *, show_code: bool = False) -> str:
    """A reading as a person is told it."""
    if meaning.kind is Kind.MISREAD and meaning.did_you_mean and show_code:
        return say("read.did_you_mean", code=print_card_code(meaning.did_you_mean))
    if meaning.kind is not Kind.CARD:
        return say(f"read.{meaning.kind}")
    code = print_card_code(meaning.readings[0]) if show_code else meaning.shown
    line = say("read.card", code=code)
    if len(meaning.readings) > 1:
        return say("read.ambiguous", line=line)
    return say("read.repaired", line=line) if meaning.repaired else line


def reading_facts(reading: Reading, meaning: Meaning) -> dict[str, object]:
    """A reading as a program is told it."""
    facts: dict[str, object] = {
        "source": reading.source,
        "kind": str(meaning.kind),
        "code": meaning.readings[0] if meaning.readings else None,
        "repaired": meaning.repaired,
    }
    if len(meaning.readings) > 1:
        facts["codes"] = list(meaning.readings)
    if meaning.kind is Kind.CARD:
        facts["last4"] = meaning.readings[0][-4:]
    if meaning.did_you_mean:
        facts["did_you_mean"] = meaning.did_you_mean
    return facts | {"text": reading.text}


def _till_address(portal: str | None, folder: Path) -> str:
    if portal is None:
        key = read_key_file(key_path(folder))
        if key is None:
            raise Failed(say("read.no_portal"))
        portal = key.base_url
    parts = urlsplit(portal)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise Failed(say("activate.bad_address", address=portal))
    return f"{parts.scheme}://{parts.netloc}{_TILL}"


def _open(till: str, code: str) -> None:
    opened = hand_over(f"{till}#code={quote(code, safe='')}")
    click.echo(say("read.opened" if opened else "read.not_opened"), err=True)
