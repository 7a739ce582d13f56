"""What a partner owns after its first fortnight: terminals, debits of today and of before, money.

Two partners side by side own the same kinds of things: `ours`, seen by our people, and `theirs`,
which must look to them as if it did not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from cardservice.db.tables import metadata
from cardservice.domain.short_code import operation_reference
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.wiring import Office
from clearing.run.papers import remittance_number
from tests import makers
from tests.clearing.story import Fortnight
from tests.conftest import superuser_dsn
from tests.counter import SPORT, TUTORING
from tests.ledger import straight
from tests.portals.people import Team, make_partner_of_two_outlets, staff

# A Tuesday morning: the fortnight 2026-11-B is closed, paid out to the bank, and a new one open.
TODAY = datetime(2026, 12, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Sold:
    """A debit, by the names it goes by."""

    operation_id: str
    reference: str


@dataclass(frozen=True)
class Belongings:
    """Everything of one partner that has an address."""

    team: Team
    card: makers.HeldCard
    till: makers.Till
    waiting_terminal: str
    before: Sold
    today: Sold
    today_too: Sold
    cancelled: Sold
    remittance_id: int
    remittance_number: str


def make_two_sides(office: Office) -> tuple[Belongings, Belongings]:
    """Two partners with a fortnight behind them, as of TODAY."""
    story = Fortnight(
        office,
        makers.make_agent(office, "finance_preparer"),
        makers.make_agent(office, "finance_approver"),
        makers.make_card(office),
    )
    annexes = []
    for _ in range(2):
        partner, annex_id = make_partner_of_two_outlets(office)
        makers.verify_partner(office, partner, story.approver)
        story.partners.append(partner)
        story.tills.append(makers.make_terminal(office, partner, outlet_name="Boutique"))
        annexes.append(annex_id)
    before = [_sold(story.sell(1234 + at, at=at)) for at in range(2)]
    for at in range(2):
        story.sell(500, at=at, wallet=TUTORING)
    story.end(after=TODAY)
    story.run_until("exported")
    return (
        _belongings(story, before[0], 0, annex_id=annexes[0]),
        _belongings(story, before[1], 1, annex_id=annexes[1]),
    )


def _belongings(story: Fortnight, before: Sold, at: int, *, annex_id: int) -> Belongings:
    office, partner = story.office, story.partners[at]
    remittance = story.rows(
        "SELECT remittance_id, number_year, number FROM remittance WHERE partner_id = %s",
        partner.partner_id,
    )[0]
    return Belongings(
        team=staff(office, partner, annex_id),
        card=story.card,
        till=story.tills[at],
        waiting_terminal=makers.make_terminal_waiting(
            office, partner, label="Caisse 2", outlet_name="Boutique"
        ).terminal_id,
        before=before,
        today=_sold(story.sell(800 + at, at=at)),
        today_too=_sold(story.sell(300 + at, at=at)),
        cancelled=_sold_and_cancelled(story, at),
        remittance_id=remittance.remittance_id,
        remittance_number=remittance_number(remittance.number_year, remittance.number),
    )


def _sold(answer: DebitAnswer) -> Sold:
    assert answer.operation_no is not None
    return Sold(str(answer.operation_id), operation_reference(answer.operation_no))


def _sold_and_cancelled(story: Fortnight, at: int) -> Sold:
    call = story.call(200, at=at, wallet=SPORT)
    with psycopg.connect(story.office.database_url, autocommit=True) as db:
        sold = _sold(straight.debit(db, call))
        assert straight.cancel(db, call).outcome == "cancelled"
    return sold


# -- what may not have changed -------------------------------------------------------------------

# Bookkeeping that reading or refusing may write.
_NOBODYS = {"web_session", "sign_in_guard", "card_reading", "register_version", "journal"}


def rows_of(office: Office, team: Team) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that belongs to a partner, by table."""
    ours = {
        "delegate_outlet": "delegate_id IN (SELECT delegate_id FROM delegate WHERE partner_id = %s)",
        "till_pass": "delegate_id IN (SELECT delegate_id FROM delegate WHERE partner_id = %s)",
        "terminal": "outlet_id IN (SELECT outlet_id FROM outlet WHERE partner_id = %s)",
        "activation_code": "terminal_id IN (SELECT terminal_id FROM terminal JOIN outlet"
        " USING (outlet_id) WHERE partner_id = %s)",
        "credential": "credential_id IN (SELECT credential_id FROM delegate WHERE partner_id = %s)",
        "recovery_code": "credential_id IN (SELECT credential_id FROM delegate"
        " WHERE partner_id = %s)",
    }  # fmt: skip
    with psycopg.connect(superuser_dsn(office), row_factory=dict_row) as db:
        plain = db.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'partner_id'"
            " AND table_schema = 'public' AND table_name NOT IN (SELECT table_name"
            " FROM information_schema.views) ORDER BY 1"
        ).fetchall()
        wheres = {row["table_name"]: "partner_id = %s" for row in plain} | ours
        return {
            table: db.execute(
                f"SELECT * FROM {table} x WHERE {where} ORDER BY x::text".encode(),
                [team.partner.partner_id],
            ).fetchall()
            for table, where in wheres.items()
            if table not in _NOBODYS
        }


# Rows that come and go by themselves: the postman's, and what a visit notes about itself.
_RESTLESS = {"waiting_mail", "web_session", "card_reading", "register_version"}


def footprint(office: Office) -> dict[str, int]:
    """How many rows every table has."""
    names = sorted(metadata.tables.keys() - _RESTLESS)
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)
    with psycopg.connect(superuser_dsn(office)) as db:
        return dict(db.execute(counts.encode()).fetchall())
