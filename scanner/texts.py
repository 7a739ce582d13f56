"""What cjeune-scan says, read once from texts_fr.toml.

The law: Python holds no sentence; a key that is missing is our mistake and is raised at once. How
the scheme is called and whom a partner telephones stand once, under [house], and are known to every
sentence as {scheme_name} and {assistance_phone}; another Department says its own (C77).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

# What a Department has named at the start of the program, instead of [house].
_named: dict[str, str] = {}


def name_the_house(*, scheme_name: str, assistance_phone: str) -> None:
    """To be called before anything is said: every sentence names these."""
    _named.update(scheme_name=scheme_name, assistance_phone=assistance_phone)


def say(key: str, /, **facts: object) -> str:
    """The sentence of a dotted key, its `{facts}` filled in."""
    found: Any = _catalogue()
    for part in key.split("."):
        found = found[part]
    assert isinstance(found, str), f"{key} is no sentence"
    return found.format(**_catalogue()["house"] | _named | facts)


def say_one_of(group: str, code: str, /, **facts: object) -> str:
    """The sentence of a code inside a group; the group's `other` for a code that is not known."""
    known: Any = _catalogue()
    for part in group.split("."):
        known = known[part]
    return say(f"{group}.{code if code in known else 'other'}", **facts)


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("texts_fr.toml").read_text("utf-8"))
