"""One remittance in, its papers out: pure data to bytes, here or in a process of its own.

Law kept: what is rendered depends on the order alone, so that any process gives the same bytes. A
renderer in its own process reads orders from its standard input and ends when that closes: it never
outlives the one who asked, even one that was killed.
Refuses to know: the database, keys, and how many renderers there are.
"""

import pickle
import signal
import sys
from dataclasses import dataclass
from typing import IO, Any

from clearing.documents.bordereau_csv import render_csv
from clearing.documents.bordereau_page import render_page
from clearing.documents.bordereau_pdf import render_pdf
from clearing.documents.bordereau_view import view_of
from clearing.remittance import Remittance

_LENGTH = 8

Papers = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """What the papers of one remittance are made from."""

    remittance: Remittance
    scheme_name: str
    signed_text: str


@dataclass(frozen=True, slots=True)
class NotRendered:
    """The name of the defect; never its message, which may hold what a person typed."""

    reason: str


def render_papers(order: PaperOrder) -> Papers:
    """The bytes by kind of document."""
    view = view_of(order.remittance, scheme_name=order.scheme_name, signed_text=order.signed_text)
    return {
        "pdf": render_pdf(view),
        "csv": render_csv(order.remittance),
        "html": render_page(view),
        "signature": order.signed_text.encode(),
    }


def serve() -> None:
    """Answers the orders of the parent process until it closes the line."""
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    # An interruption is for whoever asked; closing the line then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever prints must not write into the answers.
    sys.stdout = sys.stderr
    while (order := receive(orders)) is not None:
        try:
            answer: Papers | NotRendered = render_papers(order)
        except Exception as defect:
            answer = NotRendered(type(defect).__name__)
        send(answers, answer)


def send(line: IO[bytes], thing: Any) -> None:
    """One thing, its length before it."""
    octets = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
    line.write(len(octets).to_bytes(_LENGTH, "big") + octets)
    line.flush()


def receive(line: IO[bytes]) -> Any:
    """The next thing; None when the other side is gone, also in the middle of one."""
    head = line.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    octets = line.read(length)
    # Both ends are ours, on a pipe that nobody else can open.
    return pickle.loads(octets) if len(octets) == length else None  # noqa: S301
