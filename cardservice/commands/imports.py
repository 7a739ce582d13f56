"""What the two imports share: reading the file, and telling its bad lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cardservice.commands.session import Failed, say
from cardservice.commands.words import refusal_sentence, sentence
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import MAX_MEBIBYTES, BadLine

file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
accept_valid_option = click.option(
    "--accept-valid", is_flag=True, help="Take the good lines although some are bad."
)


def content_of(file: Path) -> bytes:
    """The bytes of a file; of one that is too large just enough to be refused as such."""
    with file.open("rb") as opened:
        return opened.read(MAX_MEBIBYTES * 1024 * 1024 + 1)


def bad_lines_json(bad_lines: Sequence[BadLine]) -> list[dict[str, object]]:
    """Number, code, column and French reason of each bad line."""
    return [
        {
            "line": line.number,
            "code": line.code,
            "column": line.column,
            "message": refusal_sentence(Refused(line.code)),
        }
        for line in bad_lines
    ]


def say_bad_lines(bad_lines: Sequence[BadLine]) -> None:
    """Each bad line by number and reason, never by content."""
    for line in bad_lines:
        message = refusal_sentence(Refused(line.code))
        if line.column is None:
            say("roster", "bad_line_whole", number=line.number, message=message)
        else:
            say("roster", "bad_line", number=line.number, column=line.column, message=message)


def nothing_taken(bad_lines: Sequence[BadLine]) -> Failed:
    """The exception that ends an import whose file has bad lines."""
    return Failed(sentence("roster", "nothing_taken", count=len(bad_lines)))
