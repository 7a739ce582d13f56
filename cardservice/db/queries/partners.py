"""Questions about partners: which one is meant, and which of its outlets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.refusal import Refused

_SIRET: Final = re.compile(r"[0-9]{14}")
_NUMBER: Final = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as stored."""

    partner_id: int
    siret: str
    trade_name: str
    state: str

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return f"partner:{self.partner_id}"


@dataclass(frozen=True, slots=True)
class Outlet:
    """A place where a partner sells."""

    outlet_id: int
    partner_id: int
    name: str
    address: str


def locked_partner_named(connection: Connection, name: str) -> Partner | Refused:
    """The partner of a SIRET, a partner number or an exact name, locked until the end.

    Refused: partner_unknown, partner_ambiguous (a chain's trade name, for instance).
    """
    wanted = " ".join(name.split())
    digits = wanted.replace(" ", "")
    if _SIRET.fullmatch(digits):
        condition, value = "siret = :value", digits
    elif _NUMBER.fullmatch(wanted):
        condition, value = "partner_id = CAST(:value AS bigint)", wanted
    else:
        condition, value = "lower(:value) IN (lower(trade_name), lower(legal_name))", wanted
    found = connection.execute(
        text(
            "SELECT partner_id, siret, trade_name, state FROM partner"  # noqa: S608
            f" WHERE {condition} ORDER BY partner_id LIMIT 2 FOR NO KEY UPDATE"
        ),
        {"value": value},
    ).all()
    if not found:
        return Refused("partner_unknown")
    if len(found) > 1:
        return Refused("partner_ambiguous")
    return Partner(*found[0])


def outlet_named(connection: Connection, partner_id: int, name: str | None) -> Outlet | Refused:
    """An outlet of a partner by name; without a name the only one it has.

    Refused: outlet_unknown, outlet_ambiguous.
    """
    found = connection.execute(
        text(
            "SELECT outlet_id, partner_id, name, address FROM outlet"
            " WHERE partner_id = :partner_id"
            " AND (CAST(:name AS text) IS NULL OR lower(name) = lower(:name))"
            " ORDER BY outlet_id LIMIT 2"
        ),
        {"partner_id": partner_id, "name": name},
    ).all()
    if not found:
        return Refused("outlet_unknown")
    if len(found) > 1:
        return Refused("outlet_ambiguous")
    return Outlet(*found[0])


def outlet_numbered(connection: Connection, partner_id: int, outlet_id: int) -> Outlet | Refused:
    """One of a partner's outlets by its number. Refused: outlet_unknown, also another partner's."""
    found = connection.execute(
        text(
            "SELECT outlet_id, partner_id, name, address FROM outlet"
            " WHERE partner_id = :partner_id AND outlet_id = :outlet_id"
        ),
        {"partner_id": partner_id, "outlet_id": outlet_id},
    ).one_or_none()
    return Refused("outlet_unknown") if found is None else Outlet(*found)


def outlet_of_terminal(connection: Connection, terminal_id: int) -> Outlet:
    """Where a terminal stands."""
    found = connection.execute(
        text(
            "SELECT outlet_id, partner_id, name, address FROM outlet JOIN terminal"
            " USING (outlet_id) WHERE terminal_id = :terminal_id"
        ),
        {"terminal_id": terminal_id},
    ).one()
    return Outlet(*found)
