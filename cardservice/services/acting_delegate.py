"""The delegate who acts: role, outlets, ceiling and partner, as they are at this instant (C32-C36).

The law: asked anew with every page, so that a suspension, an end date or a change of role holds
from the very next click. Somebody whose delegation does not hold is nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

# Who may stand at a till, follow the money, or answer for the partner.
TILL_ROLES = frozenset(("lead", "cashier", "day_cashier"))
MONEY_ROLES = frozenset(("lead", "accountant"))
LEAD = frozenset(("lead",))
SIGNED_IN = frozenset(("lead", "cashier", "accountant", "editor", "day_cashier"))
# Whoever has a password: everybody but the bearer of a day's pass.
PERSONAL = SIGNED_IN - {"day_cashier"}


@dataclass(frozen=True, slots=True)
class ActingOutlet:
    """A place where the delegate may act."""

    outlet_id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ActingDelegate:
    """Who is at the screen. `outlets` are those open to them, in the order of their names."""

    delegate_id: int
    credential_id: int | None
    email: str | None
    role: str
    first_name: str
    last_name: str
    every_outlet: bool
    outlets: tuple[ActingOutlet, ...]
    ends_before: date | None
    ceiling_cents: int | None
    has_second_factor: bool
    partner_id: int
    trade_name: str
    legal_name: str
    partner_state: str

    @property
    def actor(self) -> str:
        """How the journal names the person."""
        return f"delegate:{self.delegate_id}"

    @property
    def name(self) -> str:
        """As colleagues say it."""
        return f"{self.first_name} {self.last_name}".strip()

    def outlet(self, outlet_id: int) -> ActingOutlet | None:
        """One of their outlets; None for any other."""
        return next((one for one in self.outlets if one.outlet_id == outlet_id), None)


def acting_delegate(connection: Connection, delegate_id: int) -> ActingDelegate | None:
    """The delegate, if the delegation holds now."""
    row = connection.execute(
        text(
            "SELECT d.delegate_id, d.credential_id, c.email, d.role,"
            " coalesce(d.first_name, '') AS first_name, coalesce(d.last_name, '') AS last_name,"
            " d.every_outlet, d.ends_before, d.ceiling_cents,"
            " c.totp_enrolled_at IS NOT NULL AS has_second_factor,"
            " p.partner_id, p.trade_name, p.legal_name, p.state AS partner_state"
            " FROM delegate d JOIN partner p USING (partner_id)"
            " LEFT JOIN credential c USING (credential_id)"
            " WHERE d.delegate_id = :delegate_id AND d.state = 'active'"
            " AND (d.ends_before IS NULL"
            "  OR (ledger_now() AT TIME ZONE 'Europe/Paris')::date < d.ends_before)"
        ),
        {"delegate_id": delegate_id},
    ).one_or_none()
    if row is None:
        return None
    return ActingDelegate(**row._asdict(), outlets=_outlets(connection, row))


def _outlets(connection: Connection, row: Any) -> tuple[ActingOutlet, ...]:
    found = connection.execute(
        text(
            "SELECT outlet_id, name, address FROM outlet o WHERE partner_id = :partner_id"
            " AND (:every_outlet OR EXISTS (SELECT FROM delegate_outlet x"
            "  WHERE x.delegate_id = :delegate_id AND x.outlet_id = o.outlet_id))"
            " ORDER BY name, outlet_id LIMIT 500"
        ),
        {
            "partner_id": row.partner_id,
            "every_outlet": row.every_outlet,
            "delegate_id": row.delegate_id,
        },
    )
    return tuple(ActingOutlet(*one) for one in found)
