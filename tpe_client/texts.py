"""The box's French, read once from texts_fr.toml: screens, tickets and the command line share it.

The law: Python holds no sentence; a key that is missing is our mistake and is raised at once.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

_NAMES: Final = {"scheme": "", "assistance_phone": ""}


def say(key: str, **facts: object) -> str:
    """The sentence of a dotted key, its `{facts}` filled in."""
    found: Any = _catalogue()
    for part in key.split("."):
        found = found[part]
    assert isinstance(found, str), f"{key} is no sentence"
    return found.format(**facts) if facts else found


def say_one_of(group: str, code: str, **facts: object) -> str:
    """The sentence of a code inside a group; the group's `other` for a code we do not know yet."""
    known = _catalogue()
    for part in group.split("."):
        known = known[part]
    return say(f"{group}.{code if code in known else 'other'}", **facts)


def wallet_name(wallet: str) -> str:
    """A wallet in the users' words; a later kind of wallet shows its own name."""
    name = _catalogue()["wallets"].get(wallet, wallet)
    assert isinstance(name, str)
    return name


def set_names(*, scheme: str | None, phone: str | None) -> None:
    """What this scheme and its assistance are called, once, as the program starts; none or a blank
    one for the catalogue's own."""
    _NAMES["scheme"] = (scheme or "").strip()
    _NAMES["assistance_phone"] = (phone or "").strip()


def scheme_name() -> str:
    """What the scheme is called on screens and tickets."""
    return _NAMES["scheme"] or say("names.scheme")


def assistance_phone() -> str:
    """The telephone number of the assistance."""
    return _NAMES["assistance_phone"] or say("names.assistance_phone")


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("texts_fr.toml").read_text("utf-8"))
