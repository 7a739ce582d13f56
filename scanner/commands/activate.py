"""`cjeune-scan activate`: this computer becomes a terminal, in two steps (C48).

The law: the place is shown before anything is used up; the key is stored by api_client and never
shown. A post that has a key keeps it unless it is told to part with it. The activation code is
asked for or comes on standard input; as an argument every program of the computer could read it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from api_client import activation
from api_client.answers import Activated, NoAnswer, Recognised
from api_client.key_file import read_key_file
from scanner.commands.asking import agreed, typed
from scanner.commands.failure import Failed, failures_told, refused
from scanner.commands.folder import CLIENT, folder_option, key_path
from scanner.commands.read import readings
from scanner.sources.standard_input import StandardInput
from scanner.texts import say


@click.command("activate", help=say("help.activate"), short_help=say("help.short.activate"))
@click.argument("base_url")
@click.option("--label", help=say("help.option.label"))
@click.option("--yes", is_flag=True, help=say("help.option.yes"))
@click.option("--replace", is_flag=True, help=say("help.option.replace"))
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@folder_option
def activate(
    base_url: str,
    label: str | None,
    yes: bool,
    replace: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Recognises the code, asks, confirms."""
    asks = sys.stdin.isatty() and not as_json
    if not asks and not (label and yes):
        raise click.UsageError(say("activate.missing", options="--label, --yes"))
    with failures_told():
        _refuse_a_second_key(key_path(folder), replace=replace)
        place = _recognised(base_url, _activation_code(asks=asks))
        click.echo(
            say(
                "activate.place", partner=place.partner, outlet=place.outlet, address=place.address
            ),
            err=True,
        )
        if not yes and not agreed(say("activate.question")):
            raise Failed(say("activate.given_up"))
        label = label or typed(say("activate.label"))
        answer = activation.confirm(
            base_url, place, label=label, client=CLIENT, key_path=key_path(folder)
        )
        if isinstance(answer, NoAnswer):
            raise Failed(say("activate.lost"))
        if not isinstance(answer, Activated):
            raise refused(answer)
        if as_json:
            facts = {"terminal_id": answer.terminal_id, "label": label, "partner": place.partner}
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            click.echo(say("activate.done", label=label, terminal_id=answer.terminal_id))


def _refuse_a_second_key(path: Path, *, replace: bool) -> None:
    if replace:
        return
    key = read_key_file(path)
    if key is not None:
        raise Failed(say("activate.already", terminal_id=key.terminal_id))


def _activation_code(*, asks: bool) -> str:
    if asks:
        return typed(say("activate.code"))
    reading = next(readings(StandardInput()), None)
    if reading is None:
        raise Failed(say("activate.no_code"))
    return reading.text.strip()


def _recognised(base_url: str, code: str) -> Recognised:
    try:
        answer = activation.recognise(base_url, code, client=CLIENT)
    except ValueError:
        raise Failed(say("activate.bad_address", address=base_url)) from None
    if not isinstance(answer, Recognised):
        raise refused(answer)
    return answer
