"""The identity of an operation that nobody typed: derived from what it is about, for ever.

The law: names are never changed, or a rerun would book a second time what is booked already.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

# Fixed for ever: operations already booked were named with it.
DERIVED: Final = UUID("6f0c9d3e-5b7a-4c1e-9d52-0a8e4b7f1c26")


def answer_id(remittance: str, wallet: str, outcome: str) -> UUID:
    """The one operation of a remittance number and wallet for the bank's answer `outcome`."""
    return uuid5(DERIVED, f"transfer_answer/{remittance}/{wallet}/{outcome}")
