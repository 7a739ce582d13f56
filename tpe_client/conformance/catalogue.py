"""Every check, in the order they run: the doorway first, what blocks last."""

from __future__ import annotations

from typing import Final

from tpe_client.conformance import (
    doorway,
    guessing,
    joining,
    listing,
    pins,
    readings,
    refusing,
    replays,
    sales,
    undoing,
)
from tpe_client.conformance.check import Check

ALL: Final[tuple[Check, ...]] = (
    *doorway.CHECKS,
    *joining.CHECKS,
    *readings.CHECKS,
    *sales.CHECKS,
    *replays.CHECKS,
    *undoing.CHECKS,
    *refusing.CHECKS,
    *pins.CHECKS,
    *listing.CHECKS,
    *guessing.CHECKS,
)
