"""The canvas that spells a text once writes what reportlab's own writes, byte for byte."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from clearing.documents.pdf_canvas import PaperCanvas
from clearing.documents.pdf_text import BOLD, REGULAR, load_fonts


def drawn() -> list[str]:
    """Every sign of the font: more than one part of it has room for."""
    load_fonts()
    return [chr(one) for one in sorted(pdfmetrics.getFont(REGULAR).face.charToGlyph) if one > 32]


CELLS = st.tuples(
    st.sampled_from([REGULAR, BOLD]),
    st.sampled_from([6.0, 7.5, 10.0]),
    st.sampled_from([0.0, 72.5, 481.333]),
    st.floats(0, 800),
    st.lists(st.text(st.sampled_from(drawn()), max_size=8), min_size=1, max_size=2).map(tuple),
)


def as_reportlab_would(text: Any, x: float, y: float, *lines: str) -> None:
    text.setTextOrigin(x, y)
    for line in lines:
        text.textLine(line)


def paper(canvas: type[Canvas], put: Callable[..., None], cells: list[Any]) -> bytes:
    output = io.BytesIO()
    sheet = canvas(output, invariant=1, pageCompression=0)
    for _ in range(2):
        text = sheet.beginText()
        for font, size, x, y, lines in cells:
            text.setFont(font, size, size + 2)
            put(text, x, y, *lines)
        sheet.drawText(text)
        sheet.showPage()
    sheet.save()
    return output.getvalue()


@given(st.lists(CELLS, max_size=12))
def test_the_same_texts_give_the_same_bytes(cells: list[Any]) -> None:
    ours = paper(PaperCanvas, lambda text, *cell: text.put(*cell), cells)
    assert ours == paper(Canvas, as_reportlab_would, cells)


def test_signs_of_a_second_part_of_the_font_are_named_where_they_come() -> None:
    signs = drawn()
    assert len(signs) > 256, "one part of a font holds 256 signs"
    texts = [*signs[::-1], "Caisse 1", signs[-1], "Caisse 1", *signs]
    cells = [(REGULAR, 7.5, 10.0, 10.0 * at, (text,)) for at, text in enumerate(texts)]
    ours = paper(PaperCanvas, lambda text, *cell: text.put(*cell), cells)
    assert ours == paper(Canvas, as_reportlab_would, cells)
