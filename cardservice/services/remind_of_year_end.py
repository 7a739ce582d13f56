"""Reminds youths of what is left, 60, 30, 7 and 1 days before the last day of their card (C22).

The law: each reminder once for each school year, whoever calls how often; from ten in the morning
in Paris; where nothing is left nothing is said. A worker that slept over the day says it late, with
the days that are really left, unless the next one is near.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.turns import YEAR_END, took_turn
from cardservice.domain.calendar import PARIS
from cardservice.services.announce import NewNotice, announce

DAYS_BEFORE: Final = (60, 30, 7, 1)
FROM_HOUR: Final = time(10)
# How many days late a reminder is still worth saying.
_LATE: Final = 5
# Few in one commit: an erasure that wants one of them waits for no more than these.
_MOST_AT_ONCE: Final = 100

# Locked before anything is read of them: who is being erased is waited for, then passed over.
_OWED: Final = """
SELECT m.member_id FROM member m
WHERE m.closed_at IS NULL
  AND EXISTS (SELECT FROM wallet w WHERE w.beneficiary_id = m.beneficiary_id
              AND w.school_year = :school_year AND w.balance_cents > 0)
  AND NOT EXISTS (SELECT FROM notice n WHERE n.beneficiary_id = m.beneficiary_id
                  AND n.kind = 'year_end' AND n.subject = :subject)
ORDER BY m.member_id LIMIT :most FOR KEY SHARE OF m
"""

_LEFT: Final = """
WITH left_over AS (
    SELECT w.beneficiary_id, jsonb_object_agg(w.wallet, w.balance_cents) AS amounts
    FROM wallet w JOIN member m ON m.beneficiary_id = w.beneficiary_id AND m.closed_at IS NULL
    WHERE w.school_year = :school_year AND w.balance_cents > 0 AND m.member_id = ANY(:locked)
    GROUP BY w.beneficiary_id ORDER BY w.beneficiary_id
), told AS (
    INSERT INTO notice (beneficiary_id, kind, subject, facts, at)
    SELECT beneficiary_id, 'year_end', :subject,
           jsonb_build_object('days', CAST(:days AS integer), 'last_day',
                              CAST(:last_day AS text), 'left', amounts), ledger_now()
    FROM left_over ON CONFLICT (beneficiary_id, kind, subject) DO NOTHING
    RETURNING notice_id, beneficiary_id, kind, facts, at
)
SELECT n.notice_id, n.kind, n.facts, n.at, m.member_id, m.email,
       m.notices_by_push, m.notices_by_mail, m.quiet_from, m.quiet_until
FROM told n JOIN member m ON m.beneficiary_id = n.beneficiary_id ORDER BY n.notice_id
"""


def remind_of_year_end(engine: Engine) -> int:
    """How many were reminded."""
    reminded = 0
    while more := remind_some(engine):
        reminded += more
    return reminded


def due(days_left: int) -> int | None:
    """Which of DAYS_BEFORE is to be said when so many days are left."""
    nearest = (one for one in reversed(DAYS_BEFORE) if max(one - _LATE, 1) <= days_left <= one)
    return next(nearest, None)


def remind_some(engine: Engine) -> int:
    """One small transaction; 0 when nobody is left to remind."""
    with unit_of_work(engine) as connection:
        now = ledger_instant(connection).astimezone(PARIS)
        if now.time() < FROM_HOUR or not took_turn(connection, YEAR_END):
            return 0
        return sum(
            _remind_of(connection, year, last_day, today=now.date())
            for year, last_day in _years(connection, now)
        )


def _years(connection: Connection, now: datetime) -> list[tuple[int, date]]:
    """School years of today, with the last day that their cards pay."""
    found = connection.execute(
        text(
            "SELECT school_year, last_day FROM school_year"
            " WHERE first_day <= :today AND last_day > :today ORDER BY school_year LIMIT 2"
        ),
        {"today": now.date()},
    )
    return [(year, last_day) for year, last_day in found]


def _remind_of(connection: Connection, school_year: int, last_day: date, *, today: date) -> int:
    days_left = (last_day - today).days
    said = due(days_left)
    if said is None:
        return 0
    subject = f"{school_year}:{said}"
    locked = connection.execute(
        text(_OWED), {"school_year": school_year, "subject": subject, "most": _MOST_AT_ONCE}
    )
    rows = connection.execute(
        text(_LEFT),
        {
            "school_year": school_year,
            "subject": subject,
            "locked": list(locked.scalars()),
            "days": days_left,
            "last_day": f"{last_day:%d/%m/%Y}",
        },
    ).all()
    announce(connection, (NewNotice(*row) for row in rows))
    return len(rows)
