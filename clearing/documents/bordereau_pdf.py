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
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable

from clearing.documents import pdf_masthead as masthead
from clearing.documents.bordereau_view import BordereauView, view_of
from clearing.documents.pdf_style import BOTTOM, CONTENT_WIDTH, GRID, LEFT, TOP
from clearing.documents.pdf_tables import empty_table, seal_table, section_table, total_table
from clearing.documents.pdf_text import load_fonts
from clearing.remittance import Remittance

# What stands on a page: a table and the height of its lower edge.
_Page = list[tuple[LongTable, float]]


def render_pdf(remittance: Remittance, *, scheme_name: str) -> bytes:
    """The bytes of the PDF; `scheme_name` stands at its head."""
    load_fonts()
    view = view_of(remittance, scheme_name=scheme_name)
    pages = _paginate(_blocks(view))

    output = io.BytesIO()
    # Invariant: no time of day and no random identifier in the file.
    canvas = Canvas(output, pagesize=A4, invariant=1, pageCompression=1, lang="fr-FR")
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


def _blocks(view: BordereauView) -> list[LongTable]:
    tables = [section_table(section) for section in view.sections] or [empty_table()]
    tables.append(total_table(view))
    if view.seals:
        tables.append(seal_table(view))
    return tables


def _paginate(blocks: list[LongTable]) -> list[_Page]:
    pages: list[_Page] = [[]]
    y = masthead.FIRST_PAGE_TOP
    for block in blocks:
        rest: LongTable | None = block
        while rest is not None:
            _, height = rest.wrap(CONTENT_WIDTH, y - BOTTOM)
            # Splitting a table that fits would cost time and change nothing.
            fits = height <= y - BOTTOM
            parts = [rest] if fits else rest.split(CONTENT_WIDTH, y - BOTTOM)
            if parts:
                _, height = parts[0].wrap(CONTENT_WIDTH, y - BOTTOM)
                y -= height
                pages[-1].append((parts[0], y))
                y -= 2 * GRID
            else:
                assert pages[-1] or len(pages) == 1, "a row is never higher than a page"
            rest = None if fits else (parts[1] if parts else rest)
            if rest is not None:
                pages.append([])
                y = TOP
    return pages
