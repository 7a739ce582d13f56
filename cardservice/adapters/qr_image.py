"""The QR image of a plastic card: the bare card code, proved readable before it is used.

Laws kept (design §7, C18): upper-case alphanumeric, level Q (H when Q cannot be read back),
a quiet zone of four modules. Every image is decoded before it leaves this file: a card
that a scanner cannot read is a child sent away from a till.

Refuses to know: whose card it is, and where the image is printed.
"""

import io

import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_Q
from qrcode.util import MODE_ALPHA_NUM, QRData

QUIET_ZONE_MODULES = 4
PIXELS_PER_MODULE = 10

_CODE_LENGTH = 14
_MASKS = range(8)
_QR_ONLY = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def card_qr(code: str) -> Image.Image:
    """A grey image of `code`, ten pixels a module, quiet zone included.

    AssertionError for what is not a card code; RuntimeError if no image of it can be read
    back, which is a defect of ours and never the holder's.
    """
    assert len(code) == _CODE_LENGTH and code.isascii(), "a card code has 14 characters"
    assert code.isalnum() and code == code.upper(), "a card code is written in capitals"

    # The mask that suits the standard best comes first; the others are for the rare image
    # in which a decoder sees another pattern.
    for level in (ERROR_CORRECT_Q, ERROR_CORRECT_H):
        for mask in (None, *_MASKS):
            image = _draw(code, level=level, mask=mask)
            if _read_back(image) == code:
                return image
    raise RuntimeError("no QR image of this code can be read back")


def qr_png(code: str) -> bytes:
    """The image of `card_qr` as a PNG file, for a screen or a printer's own layout."""
    output = io.BytesIO()
    card_qr(code).save(output, format="PNG")
    return output.getvalue()


def _draw(code: str, *, level: int, mask: int | None) -> Image.Image:
    drawing = qrcode.QRCode(
        error_correction=level,
        box_size=PIXELS_PER_MODULE,
        border=QUIET_ZONE_MODULES,
        mask_pattern=mask,
    )
    drawing.add_data(QRData(code, mode=MODE_ALPHA_NUM), optimize=0)
    drawing.make(fit=True)
    return _as_grey(drawing.get_matrix())


def _as_grey(modules: list[list[bool]]) -> Image.Image:
    # One pixel a module, then enlarged without smoothing: edges fall between pixels.
    side = len(modules)
    small = Image.new("L", (side, side))
    small.putdata([0 if dark else 255 for row in modules for dark in row])
    whole = side * PIXELS_PER_MODULE
    return small.resize((whole, whole), Image.Resampling.NEAREST)


def _read_back(image: Image.Image) -> str | None:
    readings = zxingcpp.read_barcodes(image, formats=_QR_ONLY, text_mode=zxingcpp.TextMode.Plain)
    return readings[0].text if len(readings) == 1 else None
