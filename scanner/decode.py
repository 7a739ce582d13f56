"""An image becomes the texts of its QR codes: first as it is, then through a few measured rescues.

The decoder is zxing-cpp. What it reads in the image as it came is always the answer (in grey, which
is a third quicker; in colours, its own way, before it is said to read nothing). Only then are other
views of the image tried (rescues.py), each until one gives a text. A QR code carries its own error
correction: a view that is wrong reads nothing, never something else.

The law: never below the bare decoder, and never an exception, whatever the bytes (picture.py bounds
them). Measured in docs/decisions/0022-the-decoder-and-its-rescues.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from scanner.picture import Picture, opened, picture_of
from scanner.rescues import RESCUES, Rescue, texts_in

__all__ = ["RESCUES", "Picture", "read_codes"]


def read_codes(
    image: bytes | bytearray | memoryview | object, *, rescues: Sequence[Rescue] = RESCUES
) -> tuple[str, ...]:
    """The texts of the QR codes of a file's bytes, an array of pixels (BGR, grey), a Pillow image.

    Empty when there are none, when nothing can be read, and for what is no image. `rescues` bounds
    the time spent on an image without a readable code; with none it is the bare decoder.
    """
    try:
        if isinstance(image, bytes | bytearray | memoryview):
            picture = opened(bytes(image))
        else:
            picture = picture_of(image)
        return () if picture is None else _read(picture, rescues)
    except Exception:
        # Three libraries of C and C++ meet a stranger's bytes here: what one of them dislikes is an
        # image without a code, and must not stop a till. Nothing of ours is hidden by it: the tests
        # call _read and opened themselves.
        return ()


def _read(picture: Picture, rescues: Sequence[Rescue]) -> tuple[str, ...]:
    if picture.ndim == 2:
        grey = picture
        found = texts_in(grey)
    else:
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        found = texts_in(grey) or texts_in(picture)
    if found:
        return found
    for rescue in rescues:
        found = rescue(grey)
        if found:
            return found
    return ()
