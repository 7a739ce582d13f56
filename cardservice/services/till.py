"""What a till works with: the register, the lanes and the keys, made once per process."""

from __future__ import annotations

from dataclasses import dataclass

from cardservice.domain.keys import Keys
from cardservice.ledger.debit_lane import DebitAnswer, DebitRequest
from cardservice.ledger.group_commit import GroupCommit
from cardservice.ledger.reading_lane import CardRead, ScreenAsk
from cardservice.services.register import Register


@dataclass(frozen=True)
class Till:
    """The hot path of one process; all of it belongs to one event loop."""

    keys: Keys
    register: Register
    debits: GroupCommit[DebitRequest, DebitAnswer]
    readings: GroupCommit[bytes, CardRead]
    screens: GroupCommit[ScreenAsk, CardRead]

    async def drain(self) -> None:
        """Lets every accepted request end: called when the process stops."""
        await self.debits.drain()
        await self.readings.drain()
        await self.screens.drain()
