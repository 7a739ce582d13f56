"""Members who hold the cards of the bench, each with a session of their own.

The law: sessions are opened by the service that opens everybody's; nobody can sign in as one of
these, because their password hash is none. They are old enough to need no parent.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.services.web_sessions import YOUTHS, start_session

_COOKIE: Final = "cjeune-youth"
_MEMBERS: Final = text(
    "INSERT INTO member (email, password_hash, password_chosen_at, first_name, last_name,"
    " birth_date, beneficiary_id, linked_at, created_at)"
    " SELECT 'bench' || b.beneficiary_id || '@bench.invalid', 'none', at, b.first_name,"
    " b.last_name, b.birth_date, b.beneficiary_id, at, at"
    " FROM beneficiary b, ledger_now() AS at WHERE b.beneficiary_id <= :count"
    " ORDER BY b.beneficiary_id RETURNING member_id, beneficiary_id"
)


def make_members(engine: Engine, count: int) -> list[str]:
    """The session cookies of the holders 1 to `count`, in their order."""
    with unit_of_work(engine) as connection:
        made = connection.execute(_MEMBERS, {"count": count}).all()
        assert len(made) == count, "the holders are numbered from 1"
        return [
            f"{_COOKIE}={_session(connection, row.member_id)}"
            for row in sorted(made, key=lambda row: row.beneficiary_id)
        ]


def _session(connection: Connection, member_id: int) -> str:
    return start_session(
        connection, realm=YOUTHS, stage="open", browser="cjeune bench", member_id=member_id
    )
