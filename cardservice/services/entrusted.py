"""What a lead delegate entrusts to somebody: a role, outlets, a last day, a ceiling (C33 to C35).

The law: only the partner's own lead, still in office and not suspended, entrusts anything. Every
verb about the people of a partner locks the partner's row first, so that two of them queue and the
second one sees what the first has done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate

# A lead is handed over and a day's pass is made: neither is a role to give.
GIVEN_ROLES: Final = ("cashier", "accountant", "editor")


@dataclass(frozen=True, slots=True)
class Entrusted:
    """A role with its bounds. `outlet_ids` None is every outlet, also those to come; `last_day`
    is included; `ceiling_cents` None leaves the terminal's own limit."""

    role: str
    outlet_ids: frozenset[int] | None
    last_day: date | None
    ceiling_cents: int | None

    @property
    def ends_before(self) -> date | None:
        """The first day without it: periods are half-open."""
        return None if self.last_day is None else self.last_day + timedelta(days=1)

    @property
    def as_kept(self) -> Entrusted:
        """What is stored of it. An accountant has every outlet, whatever was ticked: a remittance
        belongs to the whole partner."""
        return replace(self, outlet_ids=None) if self.role == "accountant" else self


@dataclass(frozen=True, slots=True)
class DelegateRow:
    """A delegate with a credential, as stored, locked until the transaction ends."""

    delegate_id: int
    credential_id: int
    role: str
    state: str
    every_outlet: bool
    ends_before: date | None
    ceiling_cents: int | None
    email: str
    has_second_factor: bool
    is_over: bool

    @property
    def subject(self) -> str:
        """How the journal names the person."""
        return f"delegate:{self.delegate_id}"


def locked_partner_of(connection: Connection, lead: ActingDelegate) -> Refused | None:
    """Locks the lead's partner for a change of its people, equipment or account.

    Refused: role_may_not, when somebody else leads by now.
    """
    connection.execute(
        text("SELECT FROM partner WHERE partner_id = :partner_id FOR NO KEY UPDATE"),
        {"partner_id": lead.partner_id},
    )
    # Asked after the lock: a hand-over that came first has made somebody else the lead.
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM delegate WHERE delegate_id = :delegate_id"
            " AND partner_id = :partner_id AND role = 'lead' AND state = 'active')"
        ),
        {"delegate_id": lead.delegate_id, "partner_id": lead.partner_id},
    )
    return None if found.scalar_one() else Refused("role_may_not")


def locked_delegate(
    connection: Connection, partner_id: int, delegate_id: int
) -> DelegateRow | None:
    """A delegate of this partner who signs in; None for an unknown or a foreign one."""
    row = connection.execute(
        text(
            "SELECT d.delegate_id, d.credential_id, d.role, d.state, d.every_outlet,"
            " d.ends_before, d.ceiling_cents, c.email,"
            " c.totp_enrolled_at IS NOT NULL AS has_second_factor,"
            " coalesce(d.ends_before"
            "  <= (ledger_now() AT TIME ZONE 'Europe/Paris')::date, false) AS is_over"
            " FROM delegate d JOIN credential c USING (credential_id)"
            " WHERE d.delegate_id = :delegate_id AND d.partner_id = :partner_id"
            " FOR NO KEY UPDATE OF d"
        ),
        {"delegate_id": delegate_id, "partner_id": partner_id},
    ).one_or_none()
    return None if row is None else DelegateRow(**row._asdict())


def entrusted_refusal(connection: Connection, partner_id: int, asked: Entrusted) -> Refused | None:
    """Why this cannot be entrusted at this partner now.

    Refused: delegate_role_unknown, delegate_needs_outlet, delegate_end_passed,
    ceiling_out_of_range.
    """
    if asked.role not in GIVEN_ROLES:
        return Refused("delegate_role_unknown")
    if asked.outlet_ids is not None and not _are_outlets_of(
        connection, partner_id, asked.outlet_ids
    ):
        return Refused("delegate_needs_outlet")
    today = paris_today(connection)
    if asked.last_day is not None and asked.last_day < today:
        return Refused("delegate_end_passed")
    return ceiling_refusal(connection, asked.ceiling_cents, today)


def ceiling_refusal(connection: Connection, cents: int | None, today: date) -> Refused | None:
    """Refused: ceiling_out_of_range, for nothing or more than any debit may be."""
    most = scheme.rule_number(connection, "max_amount_cents", today)
    if cents is not None and not 0 < cents <= most:
        return Refused("ceiling_out_of_range", {"most_cents": most})
    return None


def set_outlets(
    connection: Connection, delegate_id: int, outlet_ids: frozenset[int] | None
) -> None:
    """Makes these the outlets of a delegate; none are listed for one who has all."""
    connection.execute(
        text("DELETE FROM delegate_outlet WHERE delegate_id = :delegate_id"),
        {"delegate_id": delegate_id},
    )
    for outlet_id in sorted(outlet_ids or ()):
        connection.execute(
            text("INSERT INTO delegate_outlet VALUES (:delegate_id, :outlet_id)"),
            {"delegate_id": delegate_id, "outlet_id": outlet_id},
        )


def outlets_listed(connection: Connection, delegate_id: int) -> frozenset[int]:
    """The outlets that are listed for a delegate."""
    found: Any = connection.execute(
        text("SELECT outlet_id FROM delegate_outlet WHERE delegate_id = :delegate_id"),
        {"delegate_id": delegate_id},
    ).scalars()
    return frozenset(found)


def _are_outlets_of(connection: Connection, partner_id: int, outlet_ids: frozenset[int]) -> bool:
    found = connection.execute(
        text(
            "SELECT count(*) FROM outlet"
            " WHERE partner_id = :partner_id AND outlet_id = ANY(:outlet_ids)"
        ),
        {"partner_id": partner_id, "outlet_ids": sorted(outlet_ids)},
    )
    # Another partner's outlet among ours is not left out quietly: the form was tampered with.
    return bool(outlet_ids) and found.scalar_one() == len(outlet_ids)
