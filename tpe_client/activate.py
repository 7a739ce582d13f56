"""A box joins in two guided steps: the code, « is it here? », the name of the till (C48).

The law: nothing is confirmed unless the person says that this is the place; the key is written
where its owner alone reads it, and shown nowhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from api_client.activation import confirm, recognise
from api_client.answers import Activated, NoAnswer, Problem, Recognised
from api_client.key_file import KeyFileFailed
from tpe_client.texts import say, say_one_of

CLIENT: Final = "cjeune-tpe/1.0"
_MOST_LETTERS: Final = 40


def activate(server: str, key_path: Path) -> None:
    """Asks and activates; a ClickException in words when it does not come to that."""
    click.echo(click.style(say("activation.title"), bold=True))
    recognised = _recognised(server)
    place = say("activation.place", partner=recognised.partner, outlet=recognised.outlet)
    click.echo(f"\n{click.style(say('activation.is_it_here'), bold=True)}\n")
    click.echo(f"  {place}\n  {recognised.address}\n")
    if click.prompt(say("activation.yes_no"), type=click.Choice(["1", "2"])) != "1":
        raise click.ClickException(say("activation.not_here"))
    label = click.prompt(say("activation.label"), default=say("activation.label_default")).strip()
    if not 0 < len(label) <= _MOST_LETTERS:
        raise click.ClickException(say("activation.too_long"))
    try:
        answer = confirm(server, recognised, label=label, client=CLIENT, key_path=key_path)
    except KeyFileFailed as failed:
        raise click.ClickException(say_one_of("key_file", failed.code)) from None
    if not isinstance(answer, Activated):
        raise click.ClickException(_why_not(answer))
    words = say("activation.done", terminal_id=answer.terminal_id)
    click.echo(click.style(words, fg="green", bold=True))


def _recognised(server: str) -> Recognised:
    code = click.prompt(say("activation.type_code"))
    try:
        answer = recognise(server, code.strip(), client=CLIENT)
    except ValueError:
        raise click.ClickException(say("activation.bad_server")) from None
    if not isinstance(answer, Recognised):
        raise click.ClickException(_why_not(answer))
    return answer


def _why_not(answer: Problem | NoAnswer) -> str:
    return answer.message if isinstance(answer, Problem) else say("activation.no_network")
