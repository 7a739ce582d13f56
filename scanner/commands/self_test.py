"""`cjeune-scan test`: shows a code of what keyboards garble, and says how the reader is set.

The law: it advises and changes nothing; what is read is compared with what was shown, so that no
card is needed and none is read by accident.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, Final

import click
import qrcode

from scanner.commands.failure import Failed, failures_told
from scanner.commands.read import readings
from scanner.commands.source_options import SourceChoice, chosen_source, source_options
from scanner.layout_repair import ReaderMode, reader_mode, self_test_text
from scanner.texts import say

_PATIENCE_SECONDS: Final = 120.0


@click.command("test", help=say("help.test"), short_help=say("help.short.test"))
@source_options
@click.option("--json", "as_json", is_flag=True, help=say("help.option.json"))
@click.option(
    "--qr",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=say("help.option.qr"),
)
@click.option("--seconds", type=click.FloatRange(min=0), default=_PATIENCE_SECONDS, hidden=True)
def self_test(as_json: bool, qr: Path | None, seconds: float, **source: Any) -> None:
    """Ends with 0 when the reader's setting is known, whichever it is."""
    with failures_told():
        if qr is not None:
            _write(qr)
            click.echo(say("test.written", path=qr), err=True)
        with chosen_source(SourceChoice(**source)) as opened:
            if sys.stderr.isatty():
                click.echo(_drawn() + "\n" + say("test.instruction"), err=True)
            reading = next(readings(opened, seconds=seconds), None)
        if reading is None:
            raise Failed(say("read.nothing"))
        mode = reader_mode(reading.text)
        sentence = say(f"test.mode.{mode}")
        if as_json:
            facts = {"source": reading.source, "mode": str(mode), "text": reading.text}
            click.echo(json.dumps(facts, ensure_ascii=False))
        elif mode is not ReaderMode.UNKNOWN:
            click.echo(sentence)
        if mode is ReaderMode.UNKNOWN:
            raise Failed(sentence)


def _code() -> Any:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=12, border=4)
    code.add_data(self_test_text())
    return code


def _drawn() -> str:
    drawing = io.StringIO()
    _code().print_ascii(out=drawing, invert=True)
    return drawing.getvalue().rstrip()


def _write(path: Path) -> None:
    try:
        _code().make_image().save(path, "PNG")
    except OSError:
        raise Failed(say("source.failed.not_allowed", place=path)) from None
