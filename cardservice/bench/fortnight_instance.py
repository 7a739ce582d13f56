"""A fortnight of a whole département, ready to be cleared: partners with verified accounts, two
agents, and debits by the hundred thousand over its days, sold through the real money function.

It lives on a movable clock, in a throw-away instance: the days of a fortnight must have passed
before it can be closed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, text

from cardservice.bench.instance import give_wallets, make_holders, make_partners
from cardservice.bench.sales import sell
from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import PARIS
from cardservice.domain.card_code import make_card_code
from cardservice.domain.refusal import Refused
from cardservice.services.add_agent import add_agent
from cardservice.services.agent_secrets import AgentWithSecrets
from cardservice.services.apply_scheme import apply_scheme
from cardservice.wiring import Office

HOLDERS = 50_000
_IBAN = "FR7630004000031234567890143"


@dataclass(frozen=True)
class Fortnight:
    """What its clearing needs to know."""

    period_key: str
    last_day: date
    preparer: str
    approver: str
    totp_secret: str = field(repr=False)


def fill_fortnight(
    office: Office, owner: Engine, *, partners: int, debits: int, say: Callable[[str], None]
) -> Fortnight:
    """Fills an empty instance; when it ends, the fortnight is over and no day of it is closed."""
    apply_scheme(owner, actor="bench")
    with unit_of_work(owner) as connection:
        # Not the first one: school years begin with holidays.
        period = connection.execute(
            text(
                "SELECT f.period_key, f.starts_on, f.ends_before, y.school_year"
                " FROM fortnight f JOIN school_year y ON f.starts_on >= y.first_day"
                "  AND f.ends_before <= y.last_day ORDER BY f.starts_on OFFSET 4 LIMIT 1"
            )
        ).one()
    _move_clock(office.engine, period.starts_on - timedelta(days=1))
    preparer = _agent(office, "finance_preparer")
    approver = _agent(office, "finance_approver")
    with unit_of_work(owner) as connection:
        make_partners(connection, partners)
        # Bordereaux are signed over fourteen digits.
        connection.execute(text("UPDATE partner SET siret = lpad(partner_id::text, 14, '0')"))
        codes = [make_card_code(secrets.randbelow) for _ in range(HOLDERS)]
        make_holders(connection, office.keys, codes, period.school_year)
        connection.execute(
            text(
                "INSERT INTO bank_account (partner_id, iban, holder_name, state, usable_from,"
                " changed_by, changed_at, verified_by, verified_at)"
                " SELECT partner_id, :iban, legal_name, 'verified', ledger_now(), 'bench',"
                " ledger_now(), :agent_id, ledger_now() FROM partner"
            ),
            {"iban": _IBAN, "agent_id": preparer.agent_id},
        )
    give_wallets(owner, period.school_year, range(1, HOLDERS + 1))
    days = (period.ends_before - period.starts_on).days
    for nth in range(days):
        day = period.starts_on + timedelta(days=nth)
        _move_clock(office.engine, day)
        sell(
            office.engine,
            range(debits * nth // days, debits * (nth + 1) // days),
            day,
            partners=partners,
            holders=HOLDERS,
        )
        say(f"{day}: {debits * (nth + 1) // days} of {debits} debits sold")
    _move_clock(office.engine, period.ends_before)
    with unit_of_work(owner) as connection:
        connection.execute(text("ANALYZE"))
    return Fortnight(
        period.period_key,
        period.ends_before - timedelta(days=1),
        preparer.email,
        approver.email,
        approver.totp_secret,
    )


def _agent(office: Office, role: str) -> AgentWithSecrets:
    added = add_agent(
        office.engine,
        office.keys,
        email=f"{role}@bench.invalid",
        role=role,
        password=secrets.token_urlsafe(16),
        actor="bench",
    )
    assert not isinstance(added, Refused), added
    return added


def _move_clock(engine: Engine, day: date) -> None:
    noon = datetime.combine(day, time(12), tzinfo=PARIS)
    with unit_of_work(engine) as connection:
        connection.execute(
            text("UPDATE demo_clock SET shift = shift + (:noon - ledger_now())"), {"noon": noon}
        )
