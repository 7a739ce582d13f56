"""What cjeune-scan says, read once from texts_fr.toml.

The law: Python holds no sentence; a key that is missing is our mistake and is raised at once.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def say(key: str, /, **facts: object) -> str:
    """The sentence of a dotted key, its `{facts}` filled in."""
    found: Any = _catalogue()
    for part in key.split("."):
        found = found[part]
    assert isinstance(found, str), f"{key} is no sentence"
    return found.format(**facts) if facts else found


def say_one_of(group: str, code: str, /, **facts: object) -> str:
    """The sentence of a code inside a group; the group's `other` for a code that is not known."""
    known: Any = _catalogue()
    for part in group.split("."):
        known = known[part]
    return say(f"{group}.{code if code in known else 'other'}", **facts)


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("texts_fr.toml").read_text("utf-8"))
