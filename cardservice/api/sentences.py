"""The French of the counter, read once from `codes_fr.toml`: refusals, problems, wallets.

The law: sentences are whole and live in the catalogue, keyed by code; this file chooses one and
fills in facts. A code without its sentence is a defect that shows at start, not at a till.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER, PROBLEMS
from cardservice.domain.money import format_euros
from cardservice.domain.operation import WALLETS


@dataclass(frozen=True, slots=True)
class RefusalTexts:
    """What a cashier reads aloud, and what to do next."""

    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ProblemTexts:
    """The title and detail of a problem."""

    title: str
    detail: str


def refusal_texts(
    code: str, *, balance_cents: int | None = None, tries_left: int | None = None
) -> RefusalTexts:
    """The sentences of a decline, with its facts where they are known and may be told."""
    texts = _catalogue()["declines"][code]
    if tries_left is not None:
        texts = texts.get("tries_left", {}).get(str(tries_left), texts)
    elif balance_cents is not None and "with_balance" in texts:
        balance = format_euros(balance_cents)
        texts = {
            "message": texts["with_balance"]["message"].format(balance=balance),
            "next_step": texts["with_balance"]["next_step"],
        }
    return RefusalTexts(texts["message"], texts["next_step"])


@cache
def problem_texts(code: str) -> ProblemTexts:
    """The sentences of a problem."""
    return ProblemTexts(**_catalogue()["problems"][code])


def wallet_label(wallet: str) -> str:
    """The name of a wallet as a till shows it."""
    label: str = _catalogue()["wallets"][wallet]
    return label


@cache
def _catalogue() -> dict[str, Any]:
    file = resources.files("cardservice.api") / "codes_fr.toml"
    catalogue = tomllib.loads(file.read_text(encoding="utf-8"))
    for section, names in (
        ("declines", DECLINE_ORDER + CANCELLATION_DECLINES),
        ("problems", PROBLEMS),
        ("wallets", WALLETS),
    ):
        missing = set(names) - set(catalogue[section])
        assert not missing, f"codes_fr.toml has no sentence for {sorted(missing)}"
    return catalogue
