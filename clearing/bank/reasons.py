"""The French words for what a bank answers, read once from `reasons_fr.toml`.

The law: a bank may send any code; one that is not in the catalogue is shown as it came.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from clearing.bank.message import NOT_SPECIFIED


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a transfer failed: what happened, what to do; `account` when it is the partner's."""

    code: str
    sentence: str
    advice: str
    account: bool


def reason_of(code: str) -> Reason:
    """The words for an ISO reason code."""
    reasons = _catalogue()["reasons"]
    found = reasons.get(code) or reasons[NOT_SPECIFIED]
    return Reason(code, found["sentence"], found["advice"], found["account"])


def known_reasons() -> tuple[str, ...]:
    """The codes that a person may type."""
    return tuple(sorted(_catalogue()["reasons"]))


def remark_sentence(remark: str) -> str:
    """Why an entry of ours changed nothing."""
    return str(_catalogue()["remarks"][remark])


def understood_word(understood: str) -> str:
    """The French word for what was understood of an entry."""
    return str(_catalogue()["understood"][understood])


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, Any]:
    texts = resources.files(__package__).joinpath("reasons_fr.toml").read_text(encoding="utf-8")
    return tomllib.loads(texts)
