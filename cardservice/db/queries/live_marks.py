"""Has anything changed for these holders? One cheap question for all pages that are open.

The law: a mark changes whenever a wallet moves, a card changes its state or is paused by one more,
a notice comes or a question is answered, and says nothing of what it was. Few index look-ups per
holder; no lock, no listener, nothing in a debit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

_MARKS: Final = text(
    "SELECT h.id,"
    " (SELECT coalesce(sum(w.seq), 0) FROM wallet w WHERE w.beneficiary_id = h.id),"
    " (SELECT coalesce(max(n.notice_id), 0) FROM notice n WHERE n.beneficiary_id = h.id),"
    " (SELECT string_agg(concat_ws(' ', c.card_id, c.state, (SELECT string_agg(p.paused_by, ' '"
    "   ORDER BY p.paused_by) FROM card_pause p WHERE p.card_id = c.card_id)), ' '"
    "   ORDER BY c.card_id) FROM card c"
    "  WHERE c.beneficiary_id = h.id AND c.replaced_by IS NULL),"
    " (SELECT string_agg(f.file_id || f.state, ' ' ORDER BY f.file_id) FROM regularisation_file f"
    "  WHERE f.opened_by_holder = h.id)"
    " FROM unnest(CAST(:holders AS bigint[])) AS h (id)"
)


def live_marks(connection: Connection, beneficiary_ids: Sequence[int]) -> dict[int, str]:
    """The mark of each holder, sixteen characters."""
    rows = connection.execute(_MARKS, {"holders": list(beneficiary_ids)})
    return {row[0]: _mark(tuple(row)) for row in rows}


def _mark(facts: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
