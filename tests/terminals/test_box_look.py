"""What the box looks like: sixteen colours are enough, words fit, every sentence exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color, ColorSystem
from rich.terminal_theme import TerminalTheme

from tpe_client.screens import drawing
from tpe_client.screens.big_text import big

_ROOM = Path(drawing.__file__).parents[1]
_STYLES = (_ROOM / "screens" / "till.tcss").read_text()
_TEXTS = (_ROOM / "texts_fr.toml").read_text("utf-8")
# The sixteen colours of a Linux console.
_CONSOLE = TerminalTheme(
    (0, 0, 0), (170, 170, 170),
    [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0),
     (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)],
    [(85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85),
     (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255)],
)  # fmt: skip


def pairs() -> list[tuple[str, str]]:
    """Every ink and its ground."""
    found = []
    for rule in re.findall(r"\{([^}]*)\}", _STYLES):
        inks = re.findall(r"(?<!-)\bcolor: (#\w+)", rule)
        grounds = re.findall(r"background: (#\w+)", rule) or ["#000000"]
        found += [(ink, grounds[0]) for ink in inks]
    for style in (*drawing._TONES.values(), *drawing._WEIGHTS.values()):
        ink, _, ground = style.removeprefix("bold ").partition(" on ")
        found.append((ink, ground or "#000000"))
    return sorted(set(found))


def luminance(colour: Color) -> float:
    channels = [part / 255 for part in colour.get_truecolor(_CONSOLE)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD]
)
@pytest.mark.parametrize("pair", pairs())
def test_words_stand_out_with_as_few_as_sixteen_colours(
    pair: tuple[str, str], system: ColorSystem
) -> None:
    ink, ground = (luminance(Color.parse(one).downgrade(system)) for one in pair)
    contrast = (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)
    assert contrast >= 4.5, (pair, contrast)


def test_big_words_fit_on_eighty_columns() -> None:
    words = [*tomllib.loads(_TEXTS)["big"].values(), "1 000,00 €", "● ● ● ●", "0,5 €"]
    for word in words:
        lines = big(word)
        assert len(lines) in (4, 5) and max(map(len, lines)) <= 74, word


def test_no_sentence_is_unused_and_none_has_a_breaking_space() -> None:
    rooms = [_ROOM, *(_ROOM / room for room in ("till", "screens", "printer"))]
    code = "".join(file.read_text() for room in rooms for file in room.glob("*.py"))
    for key, sentence in sentences(tomllib.loads(_TEXTS)):
        group = key.rpartition(".")[0]
        # By its whole name, or by a code put behind its group's name.
        is_named = re.search(rf"""["']{re.escape(key)}["']""", code)
        is_built = re.search(rf"""["']{re.escape(group)}(["']|[._]\w*\{{)""", code)
        assert is_named or is_built, key
        assert not re.search(r" [:;!?»]|« ", sentence), sentence


def sentences(members: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, found in members.items():
        if isinstance(found, dict):
            yield from sentences(found, f"{above}{name}.")
        else:
            yield f"{above}{name}", found
