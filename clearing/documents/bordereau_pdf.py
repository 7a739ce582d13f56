"""A remittance on paper: A4, one section per wallet, every total where one looks for it.

Laws kept (design §6, §9): the same remittance gives the same bytes; the font is embedded;
headings come back on every page, « Page x / y » stands under each, and a subtotal is never
parted from its last line.

Works in two steps: first the tables are laid out and cut into pages, then the pages are
drawn. So the number of pages is known before the first one is written.
Refuses to know: where the figures come from; it draws what the view says.
"""

import io

from reportlab.lib.pagesizes import A4

from clearing.documents import pdf_masthead as masthead
from clearing.documents.bordereau_view import BordereauView
from clearing.documents.pdf_canvas import PaperCanvas
from clearing.documents.pdf_lines import section_lines
from clearing.documents.pdf_pages import Block, paginate
from clearing.documents.pdf_style import BOTTOM, CONTENT_WIDTH, GRID, LEFT, TOP
from clearing.documents.pdf_tables import (
    empty_table,
    note_table,
    seal_table,
    total_table,
)
from clearing.documents.pdf_text import load_fonts


def render_pdf(view: BordereauView) -> bytes:
    """The bytes of the PDF."""
    load_fonts()
    pages = paginate(
        _blocks(view),
        width=CONTENT_WIDTH,
        first_top=masthead.FIRST_PAGE_TOP,
        top=TOP,
        bottom=BOTTOM,
        gap=2 * GRID,
    )

    output = io.BytesIO()
    # Invariant: no time of day and no random identifier in the file.
    canvas = PaperCanvas(output, pagesize=A4, invariant=1, pageCompression=1, lang="fr-FR")
    canvas.setTitle(view.running_title)
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, page in enumerate(pages, start=1):
        if number == 1:
            masthead.draw_first_page(canvas, view)
        else:
            masthead.draw_running_head(canvas, view)
        for table, lower_edge in page:
            table.drawOn(canvas, LEFT, lower_edge)
        masthead.draw_footer(canvas, view, page=number, pages=len(pages))
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def _blocks(view: BordereauView) -> list[Block]:
    tables: list[Block] = [section_lines(section) for section in view.sections]
    if not tables:
        tables.append(empty_table())
    if view.re_presentation:
        tables.append(note_table(view.re_presentation))
    tables.append(total_table(view))
    if view.seals:
        tables.append(seal_table(view))
    return tables
