"""A card before a phone's lens, as a film for Chromium: good light, dark, far, tilted.

The law: the code is the product's own (level Q); only light, distance and hand are ours, drawn from
a fixed seed.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import cv2
import numpy as np
import qrcode

_WIDTH, _HEIGHT = 1280, 720
_FRAMES = 12
KINDS = ("good", "dark", "far", "tilted")


def film_of(text: str, kind: str, folder: Path) -> Path:
    """A film (y4m, 1280 by 720, ten frames a second) that begins again and again."""
    random = Random(kind)
    film = folder / f"{kind}.y4m"
    colourless = bytes([128]) * (_WIDTH * _HEIGHT // 2)
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(_FRAMES):
            file.write(b"FRAME\n" + frame_of(text, kind, random).tobytes() + colourless)
    return film


def frame_of(text: str, kind: str, random: Random) -> np.ndarray:
    """One grey picture: a card on a counter, a little out of focus, noise as in a cheap sensor."""
    side = {"good": 260, "dark": 240, "far": 92, "tilted": 230}[kind]
    card = _card(text, side)
    scene = _laid(card, turned=23 if kind == "tilted" else 3, random=random, deep=kind == "tilted")
    scene = cv2.GaussianBlur(scene, (0, 0), 1.1 if kind == "far" else 1.4)
    light = 0.16 if kind == "dark" else 1.0
    noise = np.random.default_rng(random.randrange(2**32)).normal(0, 4, scene.shape)
    return np.clip(scene * light + noise, 0, 255).astype(np.uint8)


def _card(text: str, side: int) -> np.ndarray:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4)
    code.add_data(text)
    code.make(fit=True)
    square = np.where(np.array(code.get_matrix()), 25, 245).astype(np.uint8)
    enlarged = cv2.resize(square, (side, side), interpolation=cv2.INTER_NEAREST)
    card = np.full((int(side * 1.3), int(side * 2.05)), 235, np.uint8)
    card[: int(side * 0.12)] = 90
    top = int(side * 0.2)
    card[top : top + side, int(side * 0.1) : int(side * 0.1) + side] = enlarged
    return card


def _laid(card: np.ndarray, *, turned: int, random: Random, deep: bool) -> np.ndarray:
    """The card on the counter, turned, and for a tilted one seen from the side."""
    height, width = card.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = np.deg2rad(turned + random.uniform(-1, 1))
    spun = (corners - corners.mean(0)) @ np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    )
    if deep:
        # Further away towards the top.
        spun[:, 1] *= 0.78
        spun[:, 0] *= 1 - 0.22 * (spun[:, 1] < 0)
    middle = np.array([_WIDTH / 2, _HEIGHT / 2])
    aim = spun + middle + [random.uniform(-6, 6), random.uniform(-6, 6)]
    turning = cv2.getPerspectiveTransform(corners, aim.astype(np.float32))
    counter = np.tile(np.linspace(120, 165, _WIDTH), (_HEIGHT, 1)).astype(np.uint8)
    size = (_WIDTH, _HEIGHT)
    laid = cv2.warpPerspective(card, turning, size)
    where = cv2.warpPerspective(np.full_like(card, 255), turning, size)
    return np.where(where > 127, laid, counter).astype(np.float32)
