"""What a printer says of itself, from the answers to DLE EOT and GS r.

The law: an answer that is not shaped like one (fixed bits) is no answer; a printer that cannot
talk is `silent`, and printing to it is trusted.
"""

from __future__ import annotations

from typing import Final

from tpe_client.printer.link import Link
from tpe_client.printer.report import PrinterState

# States in which a ticket may be sent.
PRINTS: Final[frozenset[PrinterState]] = frozenset(("ready", "silent", "paper_near_end"))

_ASK_PRINTER: Final = b"\x10\x04\x01"
_ASK_CAUSE: Final = b"\x10\x04\x02"
_ASK_PAPER: Final = b"\x10\x04\x04"
# Answered only when everything before it is on paper.
_ASK_AFTER_PRINTING: Final = b"\x1dr\x01"

_OFFLINE: Final = 0x08
_COVER_OPEN: Final = 0x04
_STOPPED_BY_PAPER: Final = 0x20
_ERROR: Final = 0x40
_PAPER_NEAR_END: Final = 0x0C
_PAPER_OUT: Final = 0x60
_SENSOR_PAPER_OUT: Final = 0x0C


def ask_state(link: Link) -> PrinterState:
    """The state now; Unreachable as the link raises it."""
    printer = _real_time(link, _ASK_PRINTER)
    if printer is None:
        return "silent"
    cause = _real_time(link, _ASK_CAUSE) or 0
    paper = _real_time(link, _ASK_PAPER) or 0
    if cause & _COVER_OPEN:
        return "cover_open"
    if cause & _STOPPED_BY_PAPER or paper & _PAPER_OUT:
        return "paper_out"
    if cause & _ERROR or printer & _OFFLINE:
        return "fault"
    return "paper_near_end" if paper & _PAPER_NEAR_END else "ready"


def wait_until_printed(link: Link, *, tries: int = 10) -> bool | None:
    """Whether all that was sent is on paper; None when the printer does not say."""
    link.write(_ASK_AFTER_PRINTING)
    for _ in range(tries):
        if answer := link.read():
            return not answer[-1] & _SENSOR_PAPER_OUT
        state = ask_state(link)
        if state not in PRINTS:
            return False
        if state == "silent":
            return None
    return None


def _real_time(link: Link, question: bytes) -> int | None:
    link.write(question)
    return next((byte for byte in reversed(link.read()) if byte & 0x93 == 0x12), None)
