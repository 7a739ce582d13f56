"""The French of the command line, read from the files beside: whole sentences and their facts."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from cardservice.domain.refusal import Refused


def sentence(room: str, name: str, /, **facts: object) -> str:
    """A sentence of words_fr.toml. KeyError for one that was never written."""
    return _table("words_fr.toml")[room][name].format(**facts)


def refusal_sentence(refused: Refused) -> str:
    """Why a verb refused, to the person who typed the command."""
    return _table("refusals_fr.toml")[refused.code]["message"].format(**refused.facts)


@cache
def _table(name: str) -> dict[str, dict[str, str]]:
    file = resources.files(__package__) / name
    return tomllib.loads(file.read_text(encoding="utf-8"))
