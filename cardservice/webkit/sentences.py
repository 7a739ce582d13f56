"""The French of refusals at a screen, read once from `refusals_fr.toml`.

The law: sentences are whole and keyed by code; a portal's refusal without one shows at start.
What a verb of the office refuses is said in the words of the command line's catalogue unless this
file has words of its own: a person at a screen is not a person at a prompt.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from cardservice.domain.codes import PORTAL_REFUSALS
from cardservice.domain.money import format_euros


def refusal_sentence(code: str, **facts: str | int) -> str:
    """The sentence of a code; a fact named `…_cents` is told in euros. KeyError without one."""
    told = {
        name.removesuffix("_cents"): format_euros(value)
        if name.endswith("_cents") and isinstance(value, int)
        else value
        for name, value in facts.items()
    }
    return _catalogue()[code].format(**told)


@cache
def _catalogue() -> dict[str, str]:
    file = resources.files("cardservice.webkit") / "refusals_fr.toml"
    catalogue: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    sentences: dict[str, str] = catalogue["refusals"]
    missing = set(PORTAL_REFUSALS) - set(sentences)
    assert not missing, f"refusals_fr.toml has no sentence for {sorted(missing)}"
    return sentences
