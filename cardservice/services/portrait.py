"""Turns an uploaded photo into the portrait that a cashier sees (C26), or a proof to be read (C8).

The law: limits are asked before anything is decoded (a small file can hold a gigapixel), and what
is stored is drawn anew: no place, no date, no device, no hidden thumbnail of the original is left.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from cardservice.domain.refusal import Refused

MAX_MEBIBYTES: Final = 8
MAX_MEGAPIXELS: Final = 20
LONGEST_SIDE: Final = 480
# A page of a document stays legible.
PROOF_SIDE: Final = 1_800

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_JPEG_QUALITY: Final = 85


def portrait_of(image: bytes) -> bytes | Refused:
    """A JPEG of at most 480 pixels a side, upright, on white, without metadata.

    Refused: photo_too_heavy, photo_too_wide, photo_unreadable. Any bytes give an answer.
    """
    return _picture_of(image, LONGEST_SIDE)


def proof_picture_of(image: bytes) -> bytes | Refused:
    """The same of a proof, large enough to be read."""
    return _picture_of(image, PROOF_SIDE)


def _picture_of(image: bytes, longest_side: int) -> bytes | Refused:
    if len(image) > MAX_MEBIBYTES * 1024 * 1024:
        return Refused("photo_too_heavy", {"limit": MAX_MEBIBYTES})
    try:
        with warnings.catch_warnings():
            # Pillow only warns of what we refuse just below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(image), formats=_FORMATS) as photo:
                if photo.width * photo.height > MAX_MEGAPIXELS * 1_000_000:
                    return Refused("photo_too_wide", {"limit": MAX_MEGAPIXELS})
                return _redrawn(photo, longest_side)
    except Image.DecompressionBombError:
        return Refused("photo_too_wide", {"limit": MAX_MEGAPIXELS})
    except Exception:  # a decoder may raise anything on bytes from outside
        return Refused("photo_unreadable")


def _redrawn(photo: Image.Image, longest_side: int) -> bytes:
    upright = ImageOps.exif_transpose(photo).convert("RGBA")
    upright.thumbnail((longest_side, longest_side))
    fresh = Image.new("RGB", upright.size, "white")
    fresh.paste(upright, mask=upright.getchannel("A"))
    output = io.BytesIO()
    fresh.save(output, format="JPEG", quality=_JPEG_QUALITY, optimize=True)
    return output.getvalue()
