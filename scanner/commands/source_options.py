"""Which reader a command listens to: one of five, or the likeliest one that is plugged in.

The law: at most one source is named; with none, a pipe is read as a pipe, and a reader that shows
itself is preferred to typing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from scanner.commands.failure import Failed
from scanner.sources.image_file import ImageFiles
from scanner.sources.keyboard_evdev import KeyboardReader, likely_nodes
from scanner.sources.reading import Source
from scanner.sources.serial_reader import SerialReader, likely_ports
from scanner.sources.standard_input import StandardInput
from scanner.sources.webcam import Webcam
from scanner.texts import say

_AUTO: Final = "auto"
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class SourceChoice:
    """What the options named."""

    serial: str | None
    keyboard: str | None
    camera: str | None
    image: tuple[Path, ...]
    stdin: bool

    @property
    def is_made(self) -> bool:
        """Whether any source was named."""
        return bool(self.serial or self.keyboard or self.camera or self.image or self.stdin)


def source_options(command: _F) -> _F:
    """Adds the options of the sources; `chosen_source` understands them."""
    options = (
        click.option("--serial", metavar="PORT", help=say("help.option.serial")),
        click.option("--keyboard", metavar="NODE", help=say("help.option.keyboard")),
        click.option("--camera", metavar="N|FILM", help=say("help.option.camera")),
        click.option(
            "--image",
            type=click.Path(path_type=Path),
            multiple=True,
            metavar="FILE",
            help=say("help.option.image"),
        ),
        click.option("--stdin", is_flag=True, help=say("help.option.stdin")),
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen_source(choice: SourceChoice) -> Source:
    """Opens the source that was named, or finds one. SourceFailed, Failed, or a usage error."""
    named = (choice.serial, choice.keyboard, choice.camera, choice.image, choice.stdin)
    if sum(map(bool, named)) > 1:
        raise click.UsageError(say("usage.one_source"))
    if choice.image:
        return ImageFiles(choice.image)
    if choice.camera:
        return Webcam(int(choice.camera) if choice.camera.isdecimal() else Path(choice.camera))
    if choice.serial:
        return SerialReader(_found(choice.serial, likely_ports))
    if choice.keyboard:
        return KeyboardReader(_found(choice.keyboard, likely_nodes))
    if choice.stdin or not sys.stdin.isatty():
        return StandardInput()
    ports = likely_ports()
    return SerialReader(ports[0]) if ports else StandardInput()


def _found(named: str, likely: Callable[[], list[str]]) -> str:
    if named != _AUTO:
        return named
    found = likely()
    if not found:
        raise Failed(say("source.failed.none_found"))
    return found[0]
