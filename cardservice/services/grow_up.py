"""On the birthday that decides alone a parent's answers end: pauses, refusals, withdrawals.

The law: from the age of the rule `consent_age` on nobody but the youth decides. The parent's page
has closed the same midnight, so nobody else could end the parent's pause. Run often; it does what
is due and nothing twice.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.scheme import rule_number
from cardservice.services.close_member import open_again
from cardservice.services.resume_card import resume_card_of

ACTOR: Final = "service:grow_up"
_MOST: Final = 500

_PAUSED: Final = """
SELECT DISTINCT c.beneficiary_id
FROM card_pause p JOIN card c USING (card_id) JOIN beneficiary b USING (beneficiary_id)
WHERE p.paused_by = 'parent' AND c.state = 'paused' AND c.replaced_by IS NULL
  AND c.valid_until > :today
  AND b.birth_date <= CAST(:today AS date) - make_interval(years => :years)
LIMIT :most
"""
# The roster's birth date once linked, as consents.py reads it.
_CLOSED: Final = """
SELECT m.member_id FROM member m LEFT JOIN beneficiary b USING (beneficiary_id)
WHERE m.closed_at IS NOT NULL AND coalesce(b.birth_date, m.birth_date)
      <= CAST(:today AS date) - make_interval(years => :years)
LIMIT :most
"""


def grow_up(engine: Engine) -> int:
    """How many pauses and closings have ended; a few hundred at most in one round."""
    with unit_of_work(engine) as connection:
        paused = _grown(connection, _PAUSED)
        closed = _grown(connection, _CLOSED)
    for beneficiary_id in paused:
        resume_card_of(engine, beneficiary_id=beneficiary_id, actor=ACTOR, paused_by="parent")
    for member_id in closed:
        with unit_of_work(engine) as connection:
            open_again(connection, member_id, actor=ACTOR)
            note(connection, actor=ACTOR, action="member.grown", subject=f"member:{member_id}")
    return len(paused) + len(closed)


def _grown(connection: Connection, query: str) -> list[int]:
    """Who of `query` has reached the age of the rule by today."""
    today = paris_today(connection)
    years = rule_number(connection, "consent_age", today)
    found = connection.execute(text(query), {"today": today, "years": years, "most": _MOST})
    return list(found.scalars())
