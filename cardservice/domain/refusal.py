"""A refusal is a value: a code of the catalogue and the facts that explain it.

The law: verbs return it, counters choose how to say it; an exception is a defect or an outage.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cardservice.domain.codes import by_name


@dataclass(frozen=True)
class Refused:
    """Why a verb changed nothing. `facts` fill the French sentence: no personal data in them."""

    code: str
    facts: dict[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.code in by_name, f"{self.code} is not in the catalogue"
