"""The French of the demonstration, read from words_fr.toml beside: whole sentences and facts."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def say(room: str, name: str, /, **facts: object) -> str:
    """A sentence. KeyError for one that was never written."""
    return str(_rooms()[room][name]).format(**facts)


def headings(room: str, name: str) -> list[str]:
    """The column headings of a table."""
    return list(_rooms()[room][name])


@cache
def _rooms() -> dict[str, dict[str, Any]]:
    file = resources.files("cardservice.demo") / "words_fr.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
