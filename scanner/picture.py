"""Bytes or arrays of any kind become one bounded picture of eight bits: grey, or blue-green-red.

The law: the size is known before a pixel is unpacked, so that a small file cannot fill the memory;
only formats that cameras and screens write are opened, never one that runs a program.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

Picture = NDArray[np.uint8]

# The upper part of a photograph that was cut off on its way may hold the whole card.
ImageFile.LOAD_TRUNCATED_IMAGES = True

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "MPO")
# A telephone's largest photographs have 50 million pixels, one side below 10,000.
_MOST_PIXELS: Final = 64_000_000
_LONGEST_SIDE: Final = 20_000
# JPEG unpacks at an eighth of its sides for a sixty-fourth of the memory.
_MOST_PIXELS_OF_A_JPEG: Final = 8 * _MOST_PIXELS


def opened(content: bytes) -> Picture | None:
    """The picture in a file's bytes, the first of an animation; None when there is none."""
    try:
        # Pillow warns of large sizes; ours is the stricter judgement.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.format in ("JPEG", "MPO") and (
                    _MOST_PIXELS < image.width * image.height <= _MOST_PIXELS_OF_A_JPEG
                ):
                    # The codec itself leaves pixels out; a quarter of each side is enough.
                    image.draft(None, (image.width // 4, image.height // 4))
                if not _is_bounded(image.width, image.height):
                    return None
                return picture_of(_pixels(image))
    except Exception:
        # Pillow's codecs raise whatever they like on damaged files: a score of types so far. What
        # none of them can open is no picture.
        return None


def picture_of(pixels: object) -> Picture | None:
    """The picture in an array of any type (grey, BGR, BGRA) or of Pillow; None for all else."""
    if isinstance(pixels, Image.Image):
        return picture_of(_pixels(pixels))
    array: NDArray[Any] = np.asarray(pixels)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not is_picture or not array.size:
        return None
    eight_bits = _in_eight_bits(array)
    if eight_bits is None:
        return None
    if eight_bits.ndim == 3 and eight_bits.shape[2] == 4:
        eight_bits = np.ascontiguousarray(eight_bits[:, :, :3])
    return _shrunk(eight_bits)


def _pixels(image: Image.Image) -> NDArray[Any]:
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode.startswith("I") or image.mode == "F":
        return np.asarray(image)
    if image.has_transparency_data:
        # A code drawn on nothing is meant for paper.
        seen = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return np.asarray(image.convert("RGB"))[:, :, ::-1]


def _is_bounded(width: int, height: int) -> bool:
    sides = (width, height)
    return min(sides) > 0 and max(sides) <= _LONGEST_SIDE and width * height <= _MOST_PIXELS


def _shrunk(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    if _is_bounded(width, height):
        return np.ascontiguousarray(picture)
    shrink = max(math.sqrt(width * height / _MOST_PIXELS), max(width, height) / _LONGEST_SIDE)
    size = (max(1, int(width / shrink)), max(1, int(height / shrink)))
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(smaller, np.uint8)


def _in_eight_bits(array: NDArray[Any]) -> Picture | None:
    if array.dtype == np.uint8:
        return np.asarray(array, np.uint8)
    if array.dtype == np.bool_:
        return np.asarray(np.where(array, 255, 0), np.uint8)
    if array.dtype.kind not in "iuf":
        return None
    # Sixteen bits, or figures: from the darkest to the brightest, whatever the unit.
    figures = np.nan_to_num(array.astype(np.float32), posinf=0.0, neginf=0.0)
    darkest, brightest = figures.min(), figures.max()
    stretched = (figures - darkest) * (255.0 / max(brightest - darkest, 1e-6))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)
