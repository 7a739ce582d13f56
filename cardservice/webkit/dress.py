"""The département's own dress: its colours as a style sheet, its logo, made once from the settings.

The law: any colour may be set and every page stays readable: the shades made from it keep 4.5:1
(WCAG 1.4.3) on each ground of kit.css, on light and on dark, or are moved until they do.
"""

from __future__ import annotations

import colorsys
from importlib import resources
from typing import Final

from cardservice.settings import Settings
from cardservice.webkit.static_files import StaticFile

Rgb = tuple[float, float, float]

# The grounds of kit.css, on which letters stand: sheet, page, sunken.
LIGHT_GROUNDS: Final = ("#ffffff", "#f6f5f1", "#f0efe9")
DARK_GROUNDS: Final = ("#142030", "#0c151f", "#101a27")
READABLE: Final = 4.5
_LOGO_TYPES: Final = {".svg": "image/svg+xml", ".png": "image/png"}
_LIGHT, _DARK = "light", "dark"


def settings_files(settings: Settings) -> dict[str, StaticFile]:
    """`settings/colours.css` and `settings/logo`, as static files."""
    sheet = colours_css(settings.colour, settings.accent)
    return {
        "settings/colours.css": StaticFile(sheet.encode(), "text/css"),
        "settings/logo": _logo(settings),
    }


def colours_css(colour: str | None, accent: str | None) -> str:
    """The tokens of kit.css that two colours (`#rrggbb`) change; empty when none is set."""
    light = _brand(colour, _LIGHT) | _accent(accent, _LIGHT)
    dark = _brand(colour, _DARK) | _accent(accent, _DARK)
    if not light:
        return ""
    return (
        f":root {{ {_declared(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declared(dark)} }} }}\n"
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (`#rrggbb`), 1 to 21."""
    light, dark = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _brand(colour: str | None, scheme: str) -> dict[str, str]:
    if colour is None:
        return {}
    shade, soft = _shades(colour, scheme)
    return {
        "--brand": shade,
        "--brand-strong": _moved(shade, 0.3, scheme),
        "--brand-soft": soft,
        "--on-brand": "#ffffff" if scheme == _LIGHT else DARK_GROUNDS[1],
    }


def _accent(accent: str | None, scheme: str) -> dict[str, str]:
    if accent is None:
        return {}
    shade, soft = _shades(accent, scheme)
    return {"--accent": shade, "--accent-soft": soft, "--glow": accent}


def _shades(colour: str, scheme: str) -> tuple[str, str]:
    """The colour, moved away from the grounds until it can be read, and a ground of its hue."""
    grounds = LIGHT_GROUNDS if scheme == _LIGHT else DARK_GROUNDS
    soft = _mixed(colour, grounds[0], 0.1 if scheme == _LIGHT else 0.16)
    shade = colour
    while min(contrast(shade, ground) for ground in (*grounds, soft)) < READABLE:
        shade = _moved(shade, 0.04, scheme)
    return shade, soft


def _moved(colour: str, by: float, scheme: str) -> str:
    """Darker for the light scheme, lighter for the dark one; its hue stays."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    far = 0.0 if scheme == _LIGHT else 1.0
    # Eight bits round a small step away; one of a hundredth is always seen.
    step = max(abs(far - lightness) * by, 0.01)
    lightness = max(lightness - step, 0.0) if scheme == _LIGHT else min(lightness + step, 1.0)
    return _hex(colorsys.hls_to_rgb(hue, lightness, saturation))


def _mixed(colour: str, ground: str, part: float) -> str:
    pairs = zip(_rgb(colour), _rgb(ground), strict=True)
    red, green, blue = (own * part + under * (1 - part) for own, under in pairs)
    return _hex((red, green, blue))


def _declared(tokens: dict[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in tokens.items())


def _luminance(rgb: Rgb) -> float:
    red, green, blue = map(_linear, rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _logo(settings: Settings) -> StaticFile:
    if settings.logo_file is None:
        neutral = resources.files("cardservice.webkit") / "static" / "mark.svg"
        return StaticFile(neutral.read_bytes(), _LOGO_TYPES[".svg"])
    return StaticFile(settings.logo_file.read_bytes(), _LOGO_TYPES[settings.logo_file.suffix])
