"""The service's side: what it wrote down, for comparing with what a phone says."""

from __future__ import annotations

from random import Random
from typing import Any

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.demo.portraits import draw_portrait
from cardservice.domain.refusal import Refused
from cardservice.services.set_photo import set_photo
from tests.makers import HeldCard
from tests.portals.site import Site


def operations(site: Site) -> list[Any]:
    """Every answered request about money, oldest first."""
    with unit_of_work(site.office.engine) as connection:
        return list(
            connection.execute(
                text(
                    "SELECT * FROM operation WHERE kind IN ('debit', 'cancellation')"
                    " ORDER BY operation_no"
                )
            )
        )


def debits_approved(site: Site) -> list[int]:
    """The amounts in cents that were debited."""
    return [
        one.amount_cents
        for one in operations(site)
        if one.kind == "debit" and one.outcome == "approved"
    ]


def give_photo(site: Site, card: HeldCard) -> None:
    """Gives the card's holder a photo."""
    done = set_photo(
        site.office.engine,
        site.office.keys,
        card_name=card.serial,
        image=draw_portrait(Random(7)),
        actor="test",
    )
    assert not isinstance(done, Refused), done
