"""The words of a mail: subject, plain text and HTML, by kind.

The law: the text says everything, the HTML says the same; no image, no script, nothing fetched from
anywhere, no address that follows who reads. French stands in `subjects_fr.toml` and `templates/`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

_PACKAGE: Final = "cardservice.adapters.mail"


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody reads."""

    subject: str
    plain: str
    html: str


def kinds() -> frozenset[str]:
    """Every kind of mail there is."""
    return frozenset(_subjects())


def words_of(kind: str, **facts: Any) -> Words:
    """The words of a mail. KeyError for a kind that nobody wrote, UndefinedError for a fact that
    its words need and that is not there."""
    subject = _subject(kind).render(**facts)
    return Words(
        # A header is one line, whatever a partner's name holds.
        " ".join(subject.split()),
        _environment().get_template(f"{kind}.txt").render(**facts),
        _environment().get_template(f"{kind}.html").render(**facts),
    )


@cache
def _subjects() -> dict[str, str]:
    file = resources.files(_PACKAGE) / "subjects_fr.toml"
    found: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["subjects"]
    return found


@cache
def _subject(kind: str) -> Template:
    # Compiling it for each mail would take longer than the rest of its words.
    return _environment().from_string(_subjects()[kind])


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=select_autoescape(("html",), default=False, default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
