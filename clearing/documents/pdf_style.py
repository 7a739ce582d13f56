"""Measures and colours of the papers: an 8 pt grid, deep blue, one ochre accent.

Law kept (design §9): the documents wear the same clothes as the portals, calm and bright.
Refuses to know: what is drawn.
"""

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4

GRID = 8.0
PAGE_WIDTH: float = A4[0]
PAGE_HEIGHT: float = A4[1]
CONTENT_WIDTH = 64 * GRID
LEFT = (PAGE_WIDTH - CONTENT_WIDTH) / 2
RIGHT = LEFT + CONTENT_WIDTH
# Where tables may stand on every page but the first.
TOP = PAGE_HEIGHT - 9 * GRID
BOTTOM = 7 * GRID

BLUE: Color = HexColor("#163A6B")
OCHRE: Color = HexColor("#C98A1B")
INK: Color = HexColor("#1B2533")
QUIET: Color = HexColor("#55627A")
RULE: Color = HexColor("#D5DCE6")
MIST: Color = HexColor("#F2F5FA")
WHITE: Color = HexColor("#FFFFFF")
ON_BLUE: Color = HexColor("#C6D6EE")
