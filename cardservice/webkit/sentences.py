"""The French of refusals at a screen, read once from `refusals_fr.toml`.

The law: sentences are whole and keyed by code; a portal's refusal without one shows at start.
A portal that speaks to others than partners and agents has a file of its own, whose words come
first (youths are told « tu »).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from cardservice.domain.codes import PORTAL_REFUSALS
from cardservice.domain.money import format_euros


def refusal_sentence(code: str, *, package: str | None = None, **facts: str | int) -> str:
    """The sentence of a code, in the words of the portal `package` where it has any; a fact named
    `…_cents` is told in euros. KeyError without one."""
    told = {
        name.removesuffix("_cents"): format_euros(value)
        if name.endswith("_cents") and isinstance(value, int)
        else value
        for name, value in facts.items()
    }
    own = {} if package is None else _own_words(package)
    return (own.get(code) or _catalogue()[code]).format(**told)


@cache
def _own_words(package: str) -> dict[str, str]:
    file = resources.files(package) / "refusals_fr.toml"
    if not file.is_file():
        return {}
    words: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["refusals"]
    return words


@cache
def _catalogue() -> dict[str, str]:
    file = resources.files("cardservice.webkit") / "refusals_fr.toml"
    catalogue: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    sentences: dict[str, str] = catalogue["refusals"]
    missing = set(PORTAL_REFUSALS) - set(sentences)
    assert not missing, f"refusals_fr.toml has no sentence for {sorted(missing)}"
    return sentences
