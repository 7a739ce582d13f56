"""What a partner owns after its first fortnight: terminals, debits of today and of before, money.

Two partners side by side own the same kinds of things: `ours`, seen by our people, and `theirs`,
which must look to them as if it did not exist.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
from psycopg.rows import dict_row

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.tables import metadata
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.identification import Identification, sign_identification
from cardservice.domain.short_code import operation_reference
from cardservice.domain.totp import totp_secret
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.calendar_feed import calendar_feed
from cardservice.services.make_day_pass import NewPass, make_day_pass, secret_of_pass
from cardservice.services.sign_in_links import SECRET_PURPOSE, make_link
from cardservice.services.web_sessions import session_of
from cardservice.services.web_till import WebTill, web_till
from cardservice.wiring import Office
from clearing.run.papers import remittance_number
from tests import makers
from tests.clearing.story import Fortnight
from tests.conftest import superuser_dsn
from tests.counter import SPORT, TUTORING
from tests.ledger import straight
from tests.portals.people import (
    TOTP_NONCE,
    Person,
    Team,
    make_partner_of_two_outlets,
    open_session,
    staff,
)

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
    invitation: str
    identification: str
    pass_id: int
    pass_secret: str
    calendar: str
    # Another session of the lead, by its handle; and his authenticator's secret.
    other_session: str
    authenticator: str

    def code(self) -> str:
        """What the lead's authenticator shows now."""
        return pyotp.TOTP(self.authenticator).now()


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
    team = staff(office, partner, annex_id)
    remittance = story.rows(
        "SELECT remittance_id, number_year, number FROM remittance WHERE partner_id = %s",
        partner.partner_id,
    )[0]
    return Belongings(
        team=team,
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
        invitation=_link_of(office, team.people["invited"]),
        identification=_identified(office, partner, story.card),
        **_of_the_lead(office, team),
    )


def _link_of(office: Office, person: Person) -> str:
    """The secret of the link that an invited person has received."""
    assert person.credential_id is not None
    with unit_of_work(office.engine) as connection:
        nonce = make_link(
            connection, office.keys, credential_id=person.credential_id, purpose="invitation"
        )
    return derived_secret(office.keys, SECRET_PURPOSE, nonce)


def _identified(office: Office, partner: makers.Shop, card: makers.HeldCard) -> str:
    """The card, read at the web till of the first outlet just now."""
    till = web_till(
        office.engine,
        outlet_id=partner.outlet_id,
        label="Caisse en ligne",
        draw=secrets.randbelow,
        actor="test",
    )
    assert isinstance(till, WebTill), till
    until = TODAY + timedelta(minutes=4)
    read = Identification(
        card.card_id, card.holder.beneficiary_id, till.terminal_id, until, holder_has_wallets=True
    )
    return sign_identification(office.keys, read)


def _of_the_lead(office: Office, team: Team) -> dict[str, Any]:
    """A day's pass, the calendar's address, another browser, an authenticator."""
    person, keys = team.people["lead"], office.keys
    with unit_of_work(office.engine) as connection:
        lead = acting_delegate(connection, person.delegate_id)
        today = paris_today(connection)
    assert lead is not None
    asked = NewPass("Renée", "Depanne", team.partner.outlet_id, 5000, today)
    pass_id = make_day_pass(office.engine, keys, lead=lead, asked=asked)
    assert isinstance(pass_id, int), pass_id
    other = open_session(office, person)
    with unit_of_work(office.engine) as connection:
        pass_secret = secret_of_pass(connection, keys, pass_id)
        session = session_of(connection, other, realm="partner")
    assert pass_secret is not None and session is not None
    return {
        "pass_id": pass_id,
        "pass_secret": pass_secret,
        "calendar": calendar_feed(office.engine, keys, partner_id=team.partner.partner_id),
        "other_session": session.handle,
        "authenticator": totp_secret(keys, TOTP_NONCE),
    }


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
        "delegate_outlet": "delegate_id IN (SELECT delegate_id FROM delegate"
        " WHERE partner_id = %s)",
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
# A try at a password is counted each time it is made, and a link follows its answer.
_RESTLESS = {
    "waiting_mail", "web_session", "card_reading", "register_version", "sign_in_guard",
    "sign_in_link",
}  # fmt: skip


def footprint(office: Office) -> dict[str, int]:
    """How many rows every table has."""
    names = sorted(metadata.tables.keys() - _RESTLESS)
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)
    with psycopg.connect(superuser_dsn(office)) as db:
        return dict(db.execute(counts.encode()).fetchall())
