"""What a phone's camera sees, for a browser that takes it from a file: a QR held before the lens.

The law: the image is the product's own (a card's code at level Q); only lens and hand are ours.
"""

from __future__ import annotations

from pathlib import Path

import qrcode
from PIL import Image, ImageFilter

_WIDTH, _HEIGHT = 640, 480


def film_of(text: str, folder: Path, *, seconds: int = 1) -> Path:
    """A film (y4m): an empty counter, then a QR that comes into view, a little out of focus."""
    counter = Image.new("L", (_WIDTH, _HEIGHT), 190)
    frames = [counter] * (5 * seconds) + [_frame(text, at) for at in range(15 * seconds)]
    film = folder / "camera.y4m"
    colourless = bytes([128]) * (_WIDTH * _HEIGHT // 2)
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n" + frame.tobytes() + colourless)
    return film


def flags_of(film: Path) -> tuple[str, ...]:
    """How Chromium is told to take the film for its camera."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )


def _frame(text: str, at: int) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=7, border=4)
    code.add_data(text)
    drawn = code.make_image().get_image().convert("L").rotate(4, fillcolor=255, expand=True)
    frame = Image.new("L", (_WIDTH, _HEIGHT), 190)
    frame.paste(drawn, (180 + at % 3, 100 + at % 2))
    return frame.filter(ImageFilter.GaussianBlur(0.8))
