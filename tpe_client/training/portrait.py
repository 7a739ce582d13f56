"""A drawn face for a school card: no photo of anybody is needed to train (C26).

The same name always draws the same face, so that « is it this person? » can be practised.
"""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

_SIDE: Final = 480
_SKINS: Final = ("#f3d3b8", "#e2b48c", "#c98f63", "#9a6440", "#6d4329")
_HAIRS: Final = ("#2b2018", "#5b3a1f", "#8a5a2b", "#c99a4b", "#191919", "#7a2f1d")
_SHIRTS: Final = ("#12457f", "#17633f", "#9a5d00", "#7f1d19", "#4a5969")
_WALLS: Final = ("#e6eef8", "#fbf0da", "#e2f3e9", "#f0efe9")


@lru_cache(maxsize=64)
def portrait_of(name: str) -> bytes:
    """A JPEG of 480 by 480 pixels."""
    drawn = hashlib.sha256(name.encode()).digest()
    skin, hair = _SKINS[drawn[0] % len(_SKINS)], _HAIRS[drawn[1] % len(_HAIRS)]
    image = Image.new("RGB", (_SIDE, _SIDE), _WALLS[drawn[2] % len(_WALLS)])
    pen = ImageDraw.Draw(image)
    long_hair = drawn[3] % 2 == 0
    if long_hair:
        pen.rounded_rectangle((128, 110, 352, 400), 90, fill=hair)
    pen.ellipse((60, 360, 420, 640), fill=_SHIRTS[drawn[4] % len(_SHIRTS)])
    pen.rounded_rectangle((205, 310, 275, 400), 30, fill=skin)
    pen.ellipse((150, 110, 330, 345), fill=skin)
    pen.pieslice((142, 90, 338, 300), 180, 360, fill=hair)
    if drawn[5] % 2:
        pen.polygon(((150, 200), (240, 150), (330, 200), (330, 150), (240, 100), (150, 150)), hair)
    for left in (188, 262):
        pen.ellipse((left, 222, left + 30, 246), fill="#ffffff")
        pen.ellipse((left + 8, 225, left + 24, 241), fill="#2a2320")
        if drawn[6] % 3 == 0:
            pen.ellipse((left - 12, 208, left + 42, 260), outline="#33291a", width=5)
    pen.arc((205, 265, 275, 315), 20, 160, fill="#7f3b30", width=7)
    output = io.BytesIO()
    image.save(output, format="JPEG", quality=85)
    return output.getvalue()
