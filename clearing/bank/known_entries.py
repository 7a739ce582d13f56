"""The entries of our account that were understood before: by them a second debit is told from a
second telling of the first.

The law: within one kind of message an entry is known again by its reference, or, where the bank
gives none, by its sum. Two kinds tell the same entry under references of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, text

_UNDERSTOOD: Final = text(
    "SELECT f.run_id, f.remittance_id, f.is_credit, b.kind, f.entry_reference, f.amount_cents"
    " FROM bank_finding f JOIN bank_message b USING (bank_message_id)"
    " WHERE f.run_id = ANY(:run_ids) AND f.is_credit IS NOT NULL"
    " AND f.understood IN ('paid', 'returned', 'already_known')"
    " ORDER BY f.bank_message_id, f.entry_no"
)

_Key = tuple[int, int | None, bool, str]


class KnownEntries:
    """What statements have said of some runs, whole or transfer by transfer."""

    def __init__(self) -> None:
        self._seen: dict[_Key, list[tuple[str | None, int | None]]] = defaultdict(list)

    def remember(
        self,
        run_id: int,
        remittance_id: int | None,
        *,
        is_credit: bool,
        kind: str,
        reference: str | None,
        amount_cents: int | None,
    ) -> None:
        """Notes an entry that was understood."""
        key = (run_id, remittance_id, is_credit, kind)
        self._seen[key].append((reference, amount_cents))

    def is_another(
        self,
        run_id: int,
        remittance_id: int | None,
        *,
        is_credit: bool,
        kind: str,
        reference: str | None,
        amount_cents: int,
    ) -> bool:
        """Whether this kind of message told of such a movement, and this is not that one."""
        seen = self._seen.get((run_id, remittance_id, is_credit, kind), [])
        return bool(seen) and not any(
            cents == amount_cents and (reference is None or known in (None, reference))
            for known, cents in seen
        )

    def told_apart(self, run_id: int, *, is_credit: bool, kind: str | None = None) -> set[int]:
        """The transfers of a run that had an entry of their own, by one kind of message or any."""
        return {
            about
            for run, about, credit, by in self._seen
            if run == run_id and about is not None and credit == is_credit and kind in (None, by)
        }


def known_entries(connection: Connection, run_ids: Iterable[int]) -> KnownEntries:
    """What statements have said of these runs until now."""
    known = KnownEntries()
    for row in connection.execute(_UNDERSTOOD, {"run_ids": list(run_ids)}):
        known.remember(
            row.run_id,
            row.remittance_id,
            is_credit=row.is_credit,
            kind=row.kind,
            reference=row.entry_reference,
            amount_cents=row.amount_cents,
        )
    return known
