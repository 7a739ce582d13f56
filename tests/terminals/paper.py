"""Reads ESC/POS as a printer does and draws the paper, so that a person and a decoder can look.

The law: every byte must be a command this printer knows, or text; what it does not know is a
failure of the test, as it would be a strange sign on real paper. 203 dots to the inch, font A.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import qrcode
from PIL import Image, ImageDraw, ImageFont

CELL: Final = (12, 24)
_LINE: Final = 30
# What a common printer calls its code pages.
PAGES: Final = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858", 40: "iso8859-15", 71: "cp1252"}
_FONTS: Final = {
    False: "DejaVuSansMono.ttf",
    True: "DejaVuSansMono-Bold.ttf",
}
_LEVELS: Final = {
    48: qrcode.constants.ERROR_CORRECT_L,
    49: qrcode.constants.ERROR_CORRECT_M,
    50: qrcode.constants.ERROR_CORRECT_Q,
    51: qrcode.constants.ERROR_CORRECT_H,
}


@dataclass
class Style:
    """How the next letters look."""

    align: int = 0
    bold: bool = False
    width: int = 1
    height: int = 1
    inverted: bool = False


@dataclass
class Paper:
    """A roll: what was printed as text lines, as images, and how often it was cut."""

    dots: int = 384
    style: Style = field(default_factory=Style)
    page: str = "cp437"
    lines: list[str] = field(default_factory=list)
    strips: list[Image.Image] = field(default_factory=list)
    qr_contents: list[str] = field(default_factory=list)
    cuts: int = 0
    _pending: list[tuple[str, Style]] = field(default_factory=list)
    _qr: dict[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def image(self) -> Image.Image:
        """The whole roll, with a margin as a real one has."""
        height = sum(strip.height for strip in self.strips) + 40
        sheet = Image.new("L", (self.dots + 40, height), 255)
        top = 20
        for strip in self.strips:
            sheet.paste(strip, (20, top))
            top += strip.height
        return sheet

    def feed(self, data: bytes) -> Paper:
        """Prints; AssertionError at the first byte that no printer would understand."""
        at = 0
        while at < len(data):
            at = self._one(data, at)
        return self

    def _one(self, data: bytes, at: int) -> int:
        byte = data[at]
        if byte == 0x1B:
            return self._esc(data, at)
        if byte == 0x1D:
            return self._gs(data, at)
        if byte == 0x10:
            assert data[at + 1] == 4, data[at : at + 4]
            return at + 3
        if byte == 0x0A:
            self._end_line()
            return at + 1
        assert byte >= 0x20, f"unknown control {byte:#x} before {data[at : at + 12]!r}"
        letter = codecs.decode(bytes((byte,)), self.page)
        self._pending.append((letter, Style(**vars(self.style))))
        return at + 1

    def _esc(self, data: bytes, at: int) -> int:
        command, value = data[at + 1 : at + 2], data[at + 2] if at + 2 < len(data) else 0
        if command == b"@":
            self.style, self.page = Style(), "cp437"
            return at + 2
        if command == b"t":
            self.page = PAGES[value]
        elif command == b"a":
            self.style.align = value % 48
        elif command == b"E":
            self.style.bold = bool(value & 1)
        elif command == b"!":
            self.style.bold = bool(value & 8)
            self.style.height = 2 if value & 16 else 1
            self.style.width = 2 if value & 32 else 1
        elif command == b"d":
            for _ in range(value):
                self._end_line()
        else:
            # Underline, font, upside down: printed here as they come, off.
            assert command in (b"-", b"M", b"{") and value in (0, 48), data[at : at + 4]
        return at + 3

    def _gs(self, data: bytes, at: int) -> int:
        command, value = data[at + 1 : at + 2], data[at + 2]
        if command == b"!":
            self.style.width, self.style.height = (value >> 4) + 1, (value & 7) + 1
        elif command == b"B":
            self.style.inverted = bool(value & 1)
        elif command == b"b":
            assert value == 0
        elif command == b"r":
            pass
        elif command == b"V":
            self.cuts += 1
            if value in (65, 66):
                return at + 4
        elif command == b"v":
            return self._raster(data, at)
        elif command == b"(":
            assert data[at + 2 : at + 3] == b"k"
            return self._qr_command(data, at)
        else:
            raise AssertionError(data[at : at + 6])
        return at + 3

    def _raster(self, data: bytes, at: int) -> int:
        assert data[at + 2 : at + 4] == b"0\x00"
        width = int.from_bytes(data[at + 4 : at + 6], "little")
        height = int.from_bytes(data[at + 6 : at + 8], "little")
        assert width * 8 <= self.dots, "wider than the paper"
        body = data[at + 8 : at + 8 + width * height]
        assert len(body) == width * height
        pixels = Image.frombytes("1", (width * 8, height), bytes(byte ^ 0xFF for byte in body))
        self._strip(pixels.convert("L"))
        return at + 8 + len(body)

    def _qr_command(self, data: bytes, at: int) -> int:
        length = int.from_bytes(data[at + 3 : at + 5], "little")
        body = data[at + 5 : at + 5 + length]
        assert body[0] == 49 and len(body) == length
        if body[1] == 67:
            self._qr["size"] = body[2]
        elif body[1] == 69:
            self._qr["level"] = body[2]
        elif body[1] == 80:
            self._qr["content"] = body[3:].decode()
        elif body[1] == 81:
            self._draw_qr()
        return at + 5 + length

    def _draw_qr(self) -> None:
        content, size, level = self._qr["content"], self._qr["size"], self._qr["level"]
        assert isinstance(content, str) and isinstance(size, int) and isinstance(level, int)
        code = qrcode.QRCode(error_correction=_LEVELS[level], box_size=size, border=0)
        code.add_data(content)
        code.make(fit=True)
        drawn = code.make_image().get_image().convert("L")
        strip = Image.new("L", (self.dots, drawn.height), 255)
        free = self.dots - drawn.width
        strip.paste(drawn, ({0: 0, 1: free // 2, 2: free}[self.style.align], 0))
        self._strip(strip)
        self.qr_contents.append(content)

    def _strip(self, strip: Image.Image) -> None:
        sheet = Image.new("L", (self.dots, strip.height), 255)
        sheet.paste(strip, (0, 0))
        self.strips.append(sheet)

    def _end_line(self) -> None:
        pending, self._pending = self._pending, []
        self.lines.append("".join(letter for letter, _ in pending))
        wide = sum(CELL[0] * style.width for _, style in pending)
        assert wide <= self.dots, f"too long for the paper: {self.lines[-1]!r}"
        tall = max([style.height for _, style in pending], default=1)
        strip = Image.new("L", (self.dots, CELL[1] * tall + _LINE - CELL[1]), 255)
        align = pending[0][1].align if pending else 0
        left = {0: 0, 1: (self.dots - wide) // 2, 2: self.dots - wide}[align]
        for letter, style in pending:
            drawn = _letter(letter, style)
            strip.paste(drawn, (left, CELL[1] * (tall - style.height)))
            left += drawn.width
        self.strips.append(strip)


def _letter(letter: str, style: Style) -> Image.Image:
    return _drawn(letter, style.bold, style.width, style.height, style.inverted)


@lru_cache(maxsize=4096)
def _drawn(letter: str, bold: bool, width: int, height: int, inverted: bool) -> Image.Image:
    ink, ground = (255, 0) if inverted else (0, 255)
    cell = Image.new("L", CELL, ground)
    ImageDraw.Draw(cell).text((0, 1), letter, fill=ink, font=_font(bold))
    return cell.resize((CELL[0] * width, CELL[1] * height))


@lru_cache
def _font(bold: bool) -> Any:
    try:
        return ImageFont.truetype(_FONTS[bold], 20)
    except OSError:
        # Pillow's own: less like a printer, as readable.
        return ImageFont.load_default(18)
