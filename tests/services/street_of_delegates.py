"""A street of two partners whose tills know their delegates: sales by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.numeric import Int8
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.acting_delegate import ActingDelegate, acting_delegate
from cardservice.wiring import Office
from tests import makers
from tests.counter import SPORT
from tests.ledger.straight import FAR_OFF
from tests.portals.people import Team, make_team


@dataclass
class Street:
    """Two partners of two outlets each, a till in every outlet, one pupil's card."""

    office: Office
    card: makers.HeldCard
    teams: list[Team]
    tills: dict[int, makers.Till] = field(default_factory=dict)

    def outlets(self, at: int = 0) -> tuple[int, int]:
        """The first and the second outlet of a partner."""
        return self.teams[at].partner.outlet_id, self.teams[at].annex_id

    def person(self, name: str, at: int = 0) -> int:
        """The delegate of this name (people.py)."""
        return self.teams[at].people[name].delegate_id

    def acting(self, name: str, at: int = 0) -> ActingDelegate:
        """The same, as a page sees them."""
        with unit_of_work(self.office.engine) as connection:
            found = acting_delegate(connection, self.person(name, at))
        assert found is not None
        return found

    def sell(
        self,
        cents: int,
        *,
        at: int = 0,
        outlet: int = 0,
        by: str | None = None,
        wallet: str = SPORT,
        refused: str | None = None,
    ) -> UUID:
        """A debit, approved or refused; `by` is who stands at the till."""
        operation_id, place = uuid4(), self.outlets(at)[outlet]
        with psycopg.connect(self.office.database_url, autocommit=True) as db:
            row = db.execute(
                "SELECT * FROM debit(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    operation_id,
                    Int8(self.teams[at].partner.partner_id),
                    Int8(place),
                    Int8(self.tills[place].terminal_id),
                    None if by is None else Int8(self.person(by, at)),
                    Int8(self.card.card_id),
                    wallet,
                    Int8(cents),
                    FAR_OFF,
                    False,
                    refused,
                    False,
                    None,
                    True,
                ),
            ).fetchone()
        assert row is not None
        return operation_id

    def count(self, query: str, **values: Any) -> int:
        """The one figure that a question answers."""
        with unit_of_work(self.office.engine) as connection:
            return int(connection.execute(text(query), values).scalar_one())


def make_street(office: Office) -> Street:
    """The street as it opens in the morning."""
    street = Street(office, makers.make_card(office), [make_team(office), make_team(office)])
    for at, team in enumerate(street.teams):
        for outlet_id, name in zip(street.outlets(at), ("Boutique", "Annexe"), strict=True):
            street.tills[outlet_id] = makers.make_terminal(
                office, team.partner, label=f"Caisse {name}", outlet_name=name
            )
    return street
