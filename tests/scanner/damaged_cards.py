"""Photographs of cards as they come over a counter: worn, blurred, in glare, scratched, far away.

The law: everything is drawn here from a seed, nothing is kept in the repository; the same seed
gives the same picture. A damage has a severity from 0 (none to speak of) to 1 (hopeless).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import qrcode
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cardservice.domain.card_code import make_card_code, print_card_code

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
_LEVELS: Final = (qrcode.constants.ERROR_CORRECT_Q, qrcode.constants.ERROR_CORRECT_H)


@dataclass(frozen=True)
class Photograph:
    """A picture (BGR), what its QR says, and what was done to it."""

    picture: Picture
    text: str
    kind: str
    severity: float


@dataclass
class Scene:
    """A card held before a lens: its corners in the frame and the size of a module, in pixels."""

    picture: NDArray[np.float32]
    corners: NDArray[np.float32]
    module: float
    dice: np.random.Generator

    @property
    def middle(self) -> tuple[float, float]:
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    @property
    def side(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))


def photograph(kind: str, seed: int, *, severity: float | None = None) -> Photograph:
    """One picture of a damaged card; the severity is drawn when it is not given."""
    dice = np.random.default_rng([seed, *kind.encode()])
    severity = float(dice.uniform(0, 1)) if severity is None else severity
    text = make_card_code(lambda below: int(dice.integers(below)))
    scene = _held(text, dice, kind=kind, severity=severity)
    damage = DAMAGES[kind]
    if damage is not None:
        damage(scene, severity)
    grain = dice.normal(0, 2, scene.picture.shape).astype(np.float32)
    picture = np.clip(scene.picture + grain, 0, 255).astype(np.uint8)
    return Photograph(picture, text, kind, severity)


@cache
def frame(seed: int = 1) -> Photograph:
    """A frame of 1280x720 with a card that any reader reads; drawn once for all tests."""
    return photograph("none", seed)


def empty_counter(seed: int = 1) -> Picture:
    """A frame of 1280x720 without any code."""
    return _counter(np.random.default_rng(seed)).astype(np.uint8)


def _held(text: str, dice: np.random.Generator, *, kind: str, severity: float) -> Scene:
    card, quiet, side, modules = _printed(text, dice)
    wanted = dice.uniform(110, 240)
    if kind == "small":
        wanted = modules * (3.2 - 2.2 * severity)
    tilt = 0.75 * severity if kind == "tilted" else dice.uniform(0, 0.12)
    turn = dice.uniform(0, 2 * math.pi) if kind in ("turned", "tilted") else dice.uniform(-0.2, 0.2)

    scale = wanted / side
    here = np.array(
        [[quiet, quiet], [quiet + side, quiet], [quiet + side] * 2, [quiet, quiet + side]],
        dtype=np.float32,
    )
    flat = (here - here.mean(axis=0)) * scale
    towards = dice.uniform(0, 2 * math.pi)
    depth = flat @ np.array([math.cos(towards), math.sin(towards)]) / wanted
    squeezed = flat * np.array([1.0, 1.0 - 0.45 * tilt])
    seen = squeezed / (1 + tilt * depth)[:, None]
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    middle = np.array([dice.uniform(360, 920), dice.uniform(250, 470)])
    there = (seen @ rotation.T + middle).astype(np.float32)

    warp = cv2.getPerspectiveTransform(here, there)
    picture = _counter(dice)
    size = (WIDTH, HEIGHT)
    shrunk = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    soft = cv2.GaussianBlur(card, (0, 0), max(0.4, 0.35 / scale))
    laid = cv2.warpPerspective(soft, warp, size, flags=shrunk)
    mask = cv2.warpPerspective(np.ones(card.shape[:2], np.float32), warp, size)[..., None]
    return Scene(
        (picture * (1 - mask) + laid * mask).astype(np.float32), there, wanted / modules, dice
    )


def _printed(text: str, dice: np.random.Generator) -> tuple[NDArray[Any], float, float, int]:
    """A card's back; where its QR begins, its side in pixels and in modules."""
    code = qrcode.QRCode(error_correction=_LEVELS[dice.integers(2)], box_size=16, border=0)
    code.add_data(text)
    drawn = code.make_image().get_image().convert("RGB")
    side, border = drawn.width, 64
    tint = tuple(int(v) for v in dice.integers(215, 256, 3))
    card = Image.new("RGB", (side * 2 + 3 * border, side + 3 * border), tint)
    card.paste((255, 255, 255), (0, 0, side + 2 * border, side + 2 * border))
    card.paste(drawn, (border, border))
    pen = ImageDraw.Draw(card)
    font = ImageFont.load_default(size=34)
    pen.text((border, side + 2 * border), print_card_code(text), fill=(20, 20, 20), font=font)
    for line in range(6):
        at = (side + 2 * border + 20, border + 60 * line)
        pen.text(at, "CJeune de Provence", fill=(30, 60, 140), font=font)
    return np.asarray(card)[..., ::-1].astype(np.float32), border, side, code.modules_count


def _counter(dice: np.random.Generator) -> NDArray[np.float32]:
    coarse = dice.uniform(40, 220, (9, 16, 3)).astype(np.float32)
    picture: NDArray[np.float32] = cv2.resize(
        coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(25):
        a = tuple(int(v) for v in dice.integers(0, (WIDTH, HEIGHT)))
        b = tuple(int(v) for v in dice.integers(0, (WIDTH, HEIGHT)))
        colour = tuple(float(v) for v in dice.uniform(0, 255, 3))
        if dice.random() < 0.5:
            cv2.line(picture, a, b, colour, int(dice.integers(1, 9)))
        else:
            cv2.rectangle(picture, a, b, colour, int(dice.integers(1, 5)))
    return np.clip(picture, 0, 255)


def _blurred(scene: Scene, severity: float) -> None:
    scene.picture = cv2.GaussianBlur(scene.picture, (0, 0), scene.module * (0.25 + 0.75 * severity))


def _moved(scene: Scene, severity: float) -> None:
    length = max(3, round(scene.module * (0.8 + 2.0 * severity)))
    kernel = np.zeros((2 * length + 1,) * 2, np.float32)
    angle = scene.dice.uniform(0, math.pi)
    step = (math.cos(angle) * length / 2, math.sin(angle) * length / 2)
    ends = [(round(length - s * step[0]), round(length - s * step[1])) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    scene.picture = cv2.filter2D(scene.picture, -1, kernel / kernel.sum())


def _in_glare(scene: Scene, severity: float) -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    light = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(int(scene.dice.integers(1, 3))):
        cx, cy = scene.middle + scene.dice.uniform(-0.55, 0.55, 2) * scene.side
        long = scene.side * scene.dice.uniform(0.10, 0.16) * (1 + 1.6 * severity)
        wide = long * scene.dice.uniform(0.4, 1.0)
        turn = scene.dice.uniform(0, math.pi)
        u = (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)
        v = (y - cy) * math.cos(turn) - (x - cx) * math.sin(turn)
        light += np.exp(-((u / long) ** 2 + (v / wide) ** 2) / 2)
    scene.picture += (light * (260 + 240 * severity))[..., None]


def _scratched(scene: Scene, severity: float) -> None:
    for _ in range(1 + round(11 * severity)):
        ends = scene.middle + scene.dice.uniform(-0.75, 0.75, (2, 2)) * scene.side
        a, b = (tuple(int(v) for v in end) for end in ends)
        grey = float(scene.dice.choice([245, 225, 60]))
        width = max(1, round(scene.module * scene.dice.uniform(0.15, 0.2 + 0.6 * severity)))
        cv2.line(scene.picture, a, b, (grey,) * 3, width, cv2.LINE_AA)


def _worn(scene: Scene, severity: float) -> None:
    """Ink rubbed off in patches, and the plastic greyed."""
    cells = scene.dice.uniform(0, 1, (HEIGHT // 6, WIDTH // 6)).astype(np.float32)
    patches = cv2.GaussianBlur(cells, (0, 0), scene.module / 4)
    patches = (patches - patches.mean()) / (patches.std() + 1e-6)
    rubbed = cv2.resize(patches, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    gone = 1 / (1 + np.exp(-4 * (rubbed - (2.6 - 2.4 * severity))))
    plastic = 205.0 - 40 * severity
    scene.picture += (plastic - scene.picture) * (gone * (0.5 + 0.45 * severity))[..., None]
    scene.picture += (plastic - scene.picture) * (0.35 * severity)


def _stained(scene: Scene, severity: float) -> None:
    cx, cy = scene.middle + scene.dice.uniform(-0.45, 0.45, 2) * scene.side
    radius = scene.side * (0.06 + 0.22 * severity)
    turns = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    edge = radius * scene.dice.uniform(0.7, 1.3, 14)
    points = np.stack([cx + edge * np.cos(turns), cy + edge * np.sin(turns)], 1).astype(np.int32)
    colour = tuple(float(v) for v in scene.dice.uniform(10, 200, 3))
    cv2.fillPoly(scene.picture, [points], colour, cv2.LINE_AA)


def _dark(scene: Scene, severity: float) -> None:
    scene.picture *= 0.30 - 0.22 * severity
    noise = scene.dice.normal(0, 3 + 9 * severity, scene.picture.shape)
    scene.picture = np.clip(scene.picture + noise.astype(np.float32), 0, 255)


def _shadowed(scene: Scene, severity: float) -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    angle = scene.dice.uniform(0, 2 * math.pi)
    cx, cy = scene.middle
    across = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
    edge = scene.module * scene.dice.uniform(0.3, 2)
    shade = 1 / (1 + np.exp(-np.clip(across / edge, -40, 40)))
    scene.picture *= (1 - (0.5 + 0.48 * severity) * shade)[..., None]


def _on_a_screen(scene: Scene, severity: float) -> None:
    """The grid of a telephone's screen beating against the sensor's."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    for period in scene.dice.uniform(0.5, 2.5, 2) * scene.module:
        angle = scene.dice.uniform(0, math.pi)
        across = x * math.cos(angle) + y * math.sin(angle)
        beat = 1 + 0.75 * severity * np.sin(2 * math.pi * across / period)
        scene.picture *= beat[..., None]


def _pale(scene: Scene, severity: float) -> None:
    contrast = 0.30 - 0.27 * severity
    scene.picture = 150 + (scene.picture - 128) * contrast
    scene.picture += scene.dice.normal(0, 3, scene.picture.shape).astype(np.float32)


def _squeezed(scene: Scene, severity: float) -> None:
    """A stingy JPEG of a blurred frame."""
    soft = cv2.GaussianBlur(scene.picture, (0, 0), scene.module * 0.35)
    quality = [cv2.IMWRITE_JPEG_QUALITY, round(22 - 20 * severity)]
    _, encoded = cv2.imencode(".jpg", np.clip(soft, 0, 255).astype(np.uint8), quality)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    scene.picture = np.asarray(decoded, np.float32)


DAMAGES: Final[dict[str, Callable[[Scene, float], None] | None]] = {
    "none": None,
    "blurred": _blurred,
    "motion": _moved,
    "glare": _in_glare,
    "scratched": _scratched,
    "worn": _worn,
    "stained": _stained,
    "tilted": None,
    "turned": None,
    "small": None,
    "dark": _dark,
    "shadow": _shadowed,
    "moire": _on_a_screen,
    "pale": _pale,
    "squeezed": _squeezed,
}
