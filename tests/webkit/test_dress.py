"""Any colour a département sets leaves every page readable; its logo is served by us."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice import webkit
from cardservice.settings import Settings, read_settings
from cardservice.webkit.dress import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    READABLE,
    colours_css,
    contrast,
    settings_files,
)

KIT = (Path(webkit.__file__).parent / "static" / "kit.css").read_text()
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def tokens(css: str, scheme: str) -> dict[str, str]:
    """The colours that a style sheet gives in a scheme."""
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    told = re.findall(r"(--[\w-]+): (#[0-9a-fA-F]{3,6});", light if scheme == "light" else dark)
    return {name: _six(value) for name, value in told}


def _six(value: str) -> str:
    return value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])


def unreadable(found: dict[str, str]) -> list[str]:
    """Pairs of letters and ground below 4.5:1."""
    grounds = ["--sheet", "--ground", "--sunk"]
    pairs = [(letter, ground) for letter in ("--ink", "--ink-soft") for ground in grounds]
    for tone in ("--brand", "--accent", "--done", "--warning", "--wrong"):
        pairs += [(tone, ground) for ground in (*grounds, f"{tone}-soft")]
        pairs += [("--ink", f"{tone}-soft"), ("--ink-soft", f"{tone}-soft")]
    pairs += [("--on-brand", "--brand"), ("--on-brand", "--brand-strong")]
    pairs += [("--on-wrong", "--wrong"), ("--on-wrong", "--wrong-strong"), ("--sheet", "--done")]
    return [
        f"{letter} on {ground}: {contrast(found[letter], found[ground]):.2f}"
        for letter, ground in pairs
        if contrast(found[letter], found[ground]) < READABLE
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_of_the_kit_can_be_read_on_every_ground(scheme: str) -> None:
    assert unreadable(tokens(KIT.partition("/* Letters")[0], scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_of_a_field_can_be_seen_on_every_ground(scheme: str) -> None:
    found = tokens(KIT.partition("/* Letters")[0], scheme)
    for ground in ("--sheet", "--ground", "--sunk"):
        assert contrast(found["--edge"], found[ground]) >= 3


def test_the_grounds_that_colours_are_measured_on_are_those_of_the_kit() -> None:
    for scheme, grounds in (("light", LIGHT_GROUNDS), ("dark", DARK_GROUNDS)):
        found = tokens(KIT.partition("/* Letters")[0], scheme)
        assert (found["--sheet"], found["--ground"], found["--sunk"]) == grounds


@given(COLOURS, COLOURS)
def test_whatever_colours_are_set_every_letter_can_be_read(colour: str, accent: str) -> None:
    css = colours_css(colour, accent)
    for scheme in ("light", "dark"):
        kit = tokens(KIT.partition("/* Letters")[0], scheme)
        assert unreadable(kit | tokens(css, scheme)) == []


def test_without_colours_of_its_own_a_departement_has_those_of_the_kit() -> None:
    assert colours_css(None, None) == ""


def test_a_colour_that_can_be_read_is_kept_as_it_was_set() -> None:
    light = tokens(colours_css("#12457f", "#d99a2b"), "light")
    assert light["--brand"] == "#12457f" and light["--glow"] == "#d99a2b"


@pytest.mark.parametrize(
    "wrong", ["blue", "#12345", "#12345g", "12457f", "#fff;} body{", "#1245700"]
)
def test_what_is_no_colour_stops_the_service_at_its_start(wrong: str) -> None:
    for name in ("CJEUNE_COLOUR", "CJEUNE_ACCENT"):
        with pytest.raises(AssertionError, match=name):
            read_settings(Path("x"), {name: wrong})


def test_a_logo_is_served_as_what_it_is(tmp_path: Path) -> None:
    for name, media_type in (("logo.svg", "image/svg+xml"), ("logo.png", "image/png")):
        logo = tmp_path / name
        logo.write_bytes(b"the logo")
        served = settings_files(Settings(data_dir=tmp_path, logo_file=logo))["settings/logo"]
        assert (served.body, served.media_type) == (b"the logo", media_type)


def test_a_logo_that_is_not_there_or_no_image_stops_the_service(tmp_path: Path) -> None:
    (tmp_path / "logo.html").write_text("<script>")
    for name in ("logo.html", "nowhere.svg"):
        with pytest.raises(AssertionError, match="CJEUNE_LOGO_FILE"):
            read_settings(tmp_path, {"CJEUNE_LOGO_FILE": str(tmp_path / name)})


def test_without_a_logo_there_is_a_neutral_one(tmp_path: Path) -> None:
    assert settings_files(Settings(data_dir=tmp_path))["settings/logo"].body.startswith(b"<svg")
