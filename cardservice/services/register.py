"""The register a till decides on: its terminal, its partner's state, outlet and agreements.

The law: a copy is kept for speed, and every answer that matters is checked against the register's
version in the same statement that moves money; a copy that has gone stale is dropped and read anew.
So a revocation, a suspension or an ended agreement holds from the very next call.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.db.queries.register import CLOCK_AND_VERSION, TERMINAL_BY_KEY
from cardservice.domain.calendar import paris_day
from cardservice.domain.debit import agreement_in_force


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """An agreement: its Paris days (`ends_before` excluded, None for no end) and its wallets."""

    starts_on: date
    ends_before: date | None
    wallets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """A terminal that has a key, with what a sale at it depends on; amounts in cents."""

    terminal_id: int
    public_id: str
    label: str
    kind: str
    state: str
    pin_required: str
    above_cents: int | None
    limit_cents: int
    ticket: bool
    partner_id: int
    partner_name: str
    partner_state: str
    outlet_id: int
    outlet_name: str
    outlet_address: str
    agreements: tuple[AgreementFacts, ...]

    def wallets_on(self, day: date) -> tuple[str, ...] | None:
        """The wallets that the agreement in force on `day` covers; None without agreement."""
        for agreement in self.agreements:
            if agreement_in_force(agreement.starts_on, agreement.ends_before, day):
                return agreement.wallets
        return None


@dataclass(slots=True)
class _Copy:
    version: int
    read_at: datetime
    read_monotonic: float
    first_open_day: date
    is_stale: bool = False
    terminals: dict[bytes, TerminalFacts] = field(default_factory=dict)


class Register:
    """The copy of one process. `version` goes with every debit request."""

    # The clock of the copy is the database's plus what has passed since; read anew now and then.
    _MOST_SECONDS = 30.0
    _MOST_TERMINALS = 20_000

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._copy: _Copy | None = None
        self._reading = asyncio.Lock()

    @property
    def version(self) -> int:
        """Version of the copy that the last look-up was answered from."""
        assert self._copy is not None, "look a terminal up first"
        return self._copy.version

    def business_day(self) -> date:
        """The Paris day a sale would belong to now, by the copy's clock."""
        assert self._copy is not None, "look a terminal up first"
        passed = timedelta(seconds=time.monotonic() - self._copy.read_monotonic)
        return max(paris_day(self._copy.read_at + passed), self._copy.first_open_day)

    def forget(self, newer_than: int) -> None:
        """Has the copy read anew unless it is already newer than a version found stale."""
        # Marked, not dropped: somebody who has just looked a terminal up still needs its day.
        if self._copy is not None and self._copy.version <= newer_than:
            self._copy.is_stale = True

    async def terminal(self, key_hash: bytes) -> TerminalFacts | None:
        """The terminal of a key, from the copy; None for an unknown key.

        `version` and `business_day()` belong to this answer until the caller awaits again.
        """
        while True:
            copy = self._copy
            if copy is None or copy.is_stale or self._is_old(copy):
                copy = await self._read_clock()
            if key_hash in copy.terminals:
                return copy.terminals[key_hash]
            found = await self._read_terminal(copy, key_hash)
            # A copy that was replaced meanwhile would lend these facts a version they never had.
            if self._copy is copy:
                return found

    async def current_terminal(self, key_hash: bytes) -> TerminalFacts | None:
        """The terminal of a key as it is now: one question to the database."""
        await self._read_clock()
        return await self.terminal(key_hash)

    def _is_old(self, copy: _Copy) -> bool:
        return time.monotonic() - copy.read_monotonic > self._MOST_SECONDS

    async def _read_clock(self) -> _Copy:
        asked_monotonic = time.monotonic()
        async with self._reading:
            # Whoever queued while somebody else asked has his answer: one question serves them all.
            if (
                self._copy is not None
                and not self._copy.is_stale
                and self._copy.read_monotonic >= asked_monotonic
            ):
                return self._copy
            read_monotonic = time.monotonic()
            row = await self._one(CLOCK_AND_VERSION)
            assert row is not None, "the database has its one open day"
            fresh = _Copy(row["version"], row["at"], read_monotonic, row["first_open_day"])
            if self._copy is not None and self._copy.version == fresh.version:
                fresh.terminals = self._copy.terminals
            self._copy = fresh
            return fresh

    async def _read_terminal(self, copy: _Copy, key_hash: bytes) -> TerminalFacts | None:
        # One at a time: a flood of made-up keys must not take the connections of the lanes.
        async with self._reading:
            found = await self._one(TERMINAL_BY_KEY, key_hash)
        facts = None if found is None else _facts(found)
        # An unknown key is not remembered: guesses must not fill the memory.
        if facts is not None and len(copy.terminals) < self._MOST_TERMINALS:
            copy.terminals[key_hash] = facts
        return facts

    async def _one(self, query: str, *values: object) -> dict[str, Any] | None:
        """The only row of a question, or None; asked again once when the connection had died with
        its server, which is noticed only by using it."""
        try:
            return await self._asked(query, values)
        except DBAPIError as failure:
            if not failure.connection_invalidated:
                raise
            return await self._asked(query, values)

    async def _asked(self, query: str, values: tuple[object, ...]) -> dict[str, Any] | None:
        async with self._engine.connect() as connection:
            found = (await connection.exec_driver_sql(query, values or None)).mappings()
            row = found.one_or_none()
            return None if row is None else dict(row)


def _facts(row: dict[str, Any]) -> TerminalFacts:
    agreements = tuple(
        AgreementFacts(
            date.fromisoformat(one["starts_on"]),
            None if one["ends_before"] is None else date.fromisoformat(one["ends_before"]),
            tuple(one["wallets"] or ()),
        )
        for one in row["agreements"]
    )
    return TerminalFacts(
        terminal_id=row["terminal_id"],
        public_id=row["public_id"],
        label=row["label"],
        kind=row["kind"],
        state=row["state"],
        pin_required=row["pin_required"],
        above_cents=row["above_cents"],
        limit_cents=row["limit_cents"],
        ticket=row["ticket"],
        partner_id=row["partner_id"],
        partner_name=row["trade_name"],
        partner_state=row["partner_state"],
        outlet_id=row["outlet_id"],
        outlet_name=row["outlet_name"],
        outlet_address=row["outlet_address"],
        agreements=agreements,
    )
