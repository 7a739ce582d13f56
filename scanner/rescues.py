"""Other views of an image in which a worn, blurred or badly lit code can still be read.

Each rescue is one view of the grey image: brightened and softened against grain and the grid of a
screen, thresholded against its own neighbourhood, sharpened at twice the size. Where the decoder
finds a code in a view but cannot correct it, the square is straightened and looked at closely:
small as it is, a dozen treatments cost less than one view of the whole image.

The order is measured (docs/decisions/0022-the-decoder-and-its-rescues.md): most codes for the least
time first. The law: a rescue has a bounded cost, and only the decoder says what a text is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import cv2
import numpy as np
import zxingcpp

from scanner.picture import Picture

Rescue = Callable[[Picture], tuple[str, ...]]

_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_PLAIN: Final = zxingcpp.TextMode.Plain
_AS_IT_IS: Final = zxingcpp.Binarizer.BoolCast
_LOCAL: Final = zxingcpp.Binarizer.LocalAverage

# Views are made of at most so many pixels: half as many again as a frame of 1280x720.
_MOST_PIXELS: Final = 1_400_000
_MOST_CLOSE_LOOKS: Final = 3
_SQUARE, _MARGIN = 200, 48


def texts_in(picture: Any, binarizer: Any = _LOCAL) -> tuple[str, ...]:
    """The texts that the bare decoder reads."""
    found = zxingcpp.read_barcodes(picture, formats=_QR, text_mode=_PLAIN, binarizer=binarizer)
    return tuple(one.text for one in found)


def as_it_is(grey: Picture) -> tuple[str, ...]:
    """No other view, but a close look at what was found and not understood."""
    fitting = _fitted(grey)
    return _looked_at(fitting, fitting, scale=1.0)


def softened(grey: Picture) -> tuple[str, ...]:
    """Brightened and softened: darkness, grain, the grid of a telephone's screen."""
    fitting = _fitted(grey)
    view = cv2.GaussianBlur(cv2.LUT(fitting, _BRIGHTER), (0, 0), 2)
    return _looked_at(fitting, view, scale=1.0)


def thresholded(grey: Picture) -> tuple[str, ...]:
    """Black or white by the neighbourhood's mean: shadow, glare, rubbed-off ink."""
    fitting = _fitted(grey)
    view = _black_and_white(cv2.GaussianBlur(fitting, (0, 0), 1.5), 25)
    return _looked_at(fitting, view, scale=1.0, binarizer=_AS_IT_IS)


def darkest(grey: Picture) -> tuple[str, ...]:
    """Black or white by fixed thresholds: reflections over a dark print, far cards."""
    fitting = _fitted(grey)
    for level in (64, 127, 96, 160):
        _, view = cv2.threshold(fitting, level, 255, cv2.THRESH_BINARY)
        found = texts_in(view, _AS_IT_IS)
        if found:
            return found
    return ()


def sharpened(grey: Picture) -> tuple[str, ...]:
    """Twice the size and sharpened: blur, motion, small codes."""
    fitting = _fitted(grey)
    view = _sharp(_doubled(fitting), 8, 5)
    return _looked_at(fitting, view, scale=2.0)


def contrasted(grey: Picture) -> tuple[str, ...]:
    """Twice the size with local contrast (CLAHE): pale prints, deep shadow."""
    fitting = _fitted(grey)
    view = cv2.createCLAHE(2.0, (8, 8)).apply(_doubled(fitting))
    return _looked_at(fitting, view, scale=2.0)


def smoothed(grey: Picture) -> tuple[str, ...]:
    """Strongly softened and thresholded: scratches."""
    fitting = _fitted(grey)
    view = _black_and_white(cv2.GaussianBlur(fitting, (0, 0), 3), 31)
    return _looked_at(fitting, view, scale=1.0, binarizer=_AS_IT_IS)


RESCUES: Final[tuple[Rescue, ...]] = (
    softened,
    as_it_is,
    thresholded,
    darkest,
    sharpened,
    smoothed,
    contrasted,
)


def _looked_at(
    grey: Picture, view: Any, *, scale: float, binarizer: Any = _LOCAL
) -> tuple[str, ...]:
    """The texts of a view, or of a close look at the grey image where the view shows a code."""
    seen = zxingcpp.read_barcodes(
        view, formats=_QR, text_mode=_PLAIN, binarizer=binarizer, return_errors=True
    )
    texts = tuple(one.text for one in seen if one.valid)
    if texts:
        return texts
    for one in seen[:_MOST_CLOSE_LOOKS]:
        square = _straightened(grey, one.position, scale=scale)
        if square is None:
            continue
        for treated, how in _treatments(square):
            texts = texts_in(treated, how)
            if texts:
                return texts
    return ()


def _straightened(grey: Picture, position: Any, *, scale: float) -> Picture | None:
    """The code alone, square and upright, with its margin."""
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    seen = np.array([(corner.x, corner.y) for corner in corners], np.float32) / scale
    if cv2.contourArea(seen) < 100:
        return None
    near, far = _MARGIN, _MARGIN + _SQUARE
    flat = np.array([(near, near), (far, near), (far, far), (near, far)], np.float32)
    side = _SQUARE + 2 * _MARGIN
    return cv2.warpPerspective(  # type: ignore[return-value]
        grey,
        cv2.getPerspectiveTransform(seen, flat),
        (side, side),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _treatments(square: Picture) -> Iterator[tuple[Any, Any]]:
    fixed, whole = zxingcpp.Binarizer.FixedThreshold, zxingcpp.Binarizer.GlobalHistogram
    yield square, _LOCAL
    yield square, whole
    yield square, fixed
    sharp = _sharp(square, 6, 4)
    yield sharp, _LOCAL
    yield sharp, fixed
    soft = cv2.GaussianBlur(square, (0, 0), 3)
    yield soft, _LOCAL
    yield soft, whole
    yield _black_and_white(cv2.GaussianBlur(square, (0, 0), 2), 61), _AS_IT_IS
    yield cv2.medianBlur(square, 7), _LOCAL
    yield cv2.createCLAHE(3.0, (4, 4)).apply(square), _LOCAL


_BRIGHTER: Final = (255 * (np.arange(256) / 255) ** 0.4).astype(np.uint8)


def _fitted(grey: Picture) -> Picture:
    height, width = grey.shape
    shrink = math.sqrt(width * height / _MOST_PIXELS)
    if shrink <= 1:
        return grey
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _doubled(grey: Picture) -> Any:
    return cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def _sharp(grey: Any, sigma: float, strength: float) -> Any:
    soft = cv2.GaussianBlur(grey, (0, 0), sigma)
    return cv2.addWeighted(grey, 1 + strength, soft, -strength, 0)


def _black_and_white(grey: Any, around: int) -> Any:
    return cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, around, 0
    )
