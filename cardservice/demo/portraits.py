"""Draws the photos of a demonstration: faces of nobody, so that a till has something to compare.

The law: no picture of a person enters the repository; each is drawn from a few colours and shapes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from cardservice.demo.cast import ACTOR, HeldCard, succeed
from cardservice.services.set_photo import set_photo
from cardservice.wiring import Office

_WIDTH, _HEIGHT = 240, 300
_WALLS: Final = ("#dfe8f2", "#e9efe2", "#f3ece0", "#e6e4f0")
_SKINS: Final = ("#f2d2b6", "#e0b08c", "#c68863", "#9a6444", "#6f4630")
_HAIRS: Final = ("#2a211c", "#4b3423", "#7a5230", "#b98a4a", "#1d1d22")
_CLOTHES: Final = ("#163a6b", "#7d2f3c", "#2f6b4f", "#c98a1b", "#4a4f5c")


def take_photos(office: Office, random: Random, cards: Iterable[HeldCard]) -> None:
    """Gives the holders of some cards a photo."""
    for card in cards:
        photo = draw_portrait(random)
        succeed(
            set_photo(office.engine, office.keys, card_name=card.serial, image=photo, actor=ACTOR)
        )


def draw_portrait(random: Random) -> bytes:
    """A PNG file of 240 by 300 pixels: shoulders, face, hair, on a plain wall."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), random.choice(_WALLS))
    pen = ImageDraw.Draw(image)
    skin, hair = random.choice(_SKINS), random.choice(_HAIRS)
    middle = _WIDTH // 2 + random.randrange(-6, 7)

    if random.random() < 0.5:
        pen.rounded_rectangle((middle - 74, 84, middle + 74, 226), 60, fill=hair)
    pen.ellipse((middle - 105, 222, middle + 105, 420), fill=random.choice(_CLOTHES))
    pen.rounded_rectangle((middle - 24, 180, middle + 24, 250), 20, fill=skin)
    pen.ellipse((middle - 62, 70, middle + 62, 214), fill=skin)
    pen.pieslice((middle - 68, 50, middle + 68, 180), 180 - random.randrange(15), 370, fill=hair)
    _draw_face(pen, middle)

    output = io.BytesIO()
    image.save(output, format="PNG")
    return output.getvalue()


def _draw_face(pen: ImageDraw.ImageDraw, middle: int) -> None:
    ink = "#3a2a22"
    for side in (-1, 1):
        eye = middle + side * 25
        pen.ellipse((eye - 5, 134, eye + 5, 146), fill=ink)
        pen.arc((eye - 12, 118, eye + 12, 136), 200, 340, fill=ink, width=3)
    pen.line((middle, 146, middle - 4, 164, middle + 3, 166), fill=ink, width=2)
    pen.arc((middle - 20, 168, middle + 20, 190), 20, 160, fill=ink, width=3)
