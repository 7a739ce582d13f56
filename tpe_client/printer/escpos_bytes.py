"""A ticket as ESC/POS bytes, for one paper.

python-escpos words the commands; the code page is chosen here once per ticket, because its own
switching from page to page leaves cheap printers in the wrong one. The law: the bytes begin with
a reset, so that what an interrupted ticket left behind never reaches the next.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Final

import qrcode
from escpos.constants import CODEPAGE_CHANGE, HW_INIT
from escpos.printer import Dummy
from PIL import Image

from tpe_client.printer.paper import Paper, legible_block
from tpe_client.ticket import Block, Qr
from tpe_client.ticket_lines import Line, laid_out

_QR_DOTS: Final = 6
_QR_LEVEL_M: Final = 1
_QUIET_MODULES: Final = 4


def ticket_bytes(blocks: Iterable[Block], *, paper: Paper) -> bytes:
    """Everything to send for one ticket, the cut included."""
    driver = Dummy(profile=paper.profile)
    driver._raw(HW_INIT + CODEPAGE_CHANGE + bytes((paper.page_number,)))
    readable = (legible_block(block, code_page=paper.code_page) for block in blocks)
    for line in laid_out(readable, columns=paper.columns):
        if isinstance(line, Qr):
            _write_qr(driver, line.content, paper=paper)
        else:
            _write_line(driver, line, paper=paper)
    driver.set_with_default()
    driver.cut(mode="PART")
    written: bytes = driver.output
    return written


def _write_line(driver: Dummy, line: Line, *, paper: Paper) -> None:
    driver.set(
        align=line.align,
        bold=line.bold,
        invert=line.inverted,
        custom_size=True,
        width=line.width,
        height=line.height,
    )
    driver._raw(codecs.encode(line.text, paper.code_page) + b"\n")


def _write_qr(driver: Dummy, content: str, *, paper: Paper) -> None:
    driver.set(align="center", bold=False, invert=False, custom_size=True, width=1, height=1)
    if paper.native_qr:
        driver.qr(content, ec=_QR_LEVEL_M, size=_QR_DOTS, native=True)
        driver._raw(b"\n")
        return
    driver._raw(_raster(_qr_image(content), dots=paper.dots))


def _qr_image(content: str) -> Image.Image:
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M,
        box_size=_QR_DOTS,
        border=_QUIET_MODULES,
    )
    code.add_data(content)
    code.make(fit=True)
    image: Image.Image = code.make_image().get_image()
    return image.convert("1")


def _raster(image: Image.Image, *, dots: int) -> bytes:
    """GS v 0, centred by ourselves: printers do not agree that ESC a moves a raster."""
    sheet = Image.new("1", (dots, image.height), 1)
    sheet.paste(image, ((dots - image.width) // 2, 0))
    rows = bytes(byte ^ 0xFF for byte in sheet.tobytes())
    size = (dots // 8).to_bytes(2, "little") + image.height.to_bytes(2, "little")
    return b"\x1dv0\x00" + size + rows
