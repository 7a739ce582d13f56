"""Makes a till pass of one day: a QR that opens one outlet's till to one named person (C33, C36).

The law: the bearer is a delegate like another, named, with a ceiling, and ends with his day without
anybody's doing. The same pass asked for twice is one pass. Its secret is derived from a nonce
(derived_secret.py), so that the lead can show it again all day and a stolen dump opens no till.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.derived_secret import NONCE_BYTES, derived_secret
from cardservice.domain.keys import Keys, secret_hash
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import ceiling_refusal, locked_partner_of, set_outlets

PASS_PURPOSE: Final = "till pass"  # noqa: S105
# A pass for a later day is asked for in the same week, not months before.
DAYS_AHEAD: Final = 7
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class NewPass:
    """A pass to be: for whom, at which till, how much at once, on which Paris day."""

    first_name: str
    last_name: str
    outlet_id: int
    ceiling_cents: int
    day: date


def make_day_pass(
    engine: Engine, keys: Keys, *, lead: ActingDelegate, asked: NewPass
) -> int | Refused:
    """The id of the delegate who bears the pass.

    Refused: role_may_not, delegate_name_malformed, outlet_unknown, delegate_end_passed,
    date_malformed (too far ahead), ceiling_out_of_range.
    """
    if not (name_is_fit(asked.first_name) and name_is_fit(asked.last_name)):
        return Refused("delegate_name_malformed")
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        if lead.outlet(asked.outlet_id) is None:
            return Refused("outlet_unknown")
        today = paris_today(connection)
        refused = _day_refusal(asked.day, today) or ceiling_refusal(
            connection, asked.ceiling_cents, today
        )
        if refused is not None:
            return refused
        known = _same_pass(connection, lead, asked)
        if known is not None:
            return known
        delegate_id = _add_bearer(connection, lead, asked)
        _add_pass(connection, keys, delegate_id)
        note(
            connection,
            actor=lead.actor,
            action="day_pass.make",
            subject=f"delegate:{delegate_id}",
            partner_id=lead.partner_id,
            outlet_id=asked.outlet_id,
        )
        return delegate_id


def name_is_fit(name: str) -> bool:
    """Whether a person can be called this: 1 to 60 visible characters, a letter among them."""
    return (
        len(name) <= LONGEST_NAME
        and name.isprintable()
        and any(character.isalpha() for character in name)
    )


def _day_refusal(day: date, today: date) -> Refused | None:
    if day < today:
        return Refused("delegate_end_passed")
    if day > today + timedelta(days=DAYS_AHEAD):
        return Refused("date_malformed")
    return None


def _same_pass(connection: Connection, lead: ActingDelegate, asked: NewPass) -> int | None:
    found: int | None = connection.execute(
        text(
            "SELECT delegate_id FROM delegate JOIN delegate_outlet USING (delegate_id)"
            " WHERE partner_id = :partner_id AND role = 'day_cashier' AND state = 'active'"
            " AND ends_before = :ends_before AND outlet_id = :outlet_id"
            " AND ceiling_cents = :ceiling_cents AND first_name = :first_name"
            " AND last_name = :last_name ORDER BY delegate_id LIMIT 1"
        ),
        _bearer(lead, asked) | {"outlet_id": asked.outlet_id},
    ).scalar_one_or_none()
    return found


def _bearer(lead: ActingDelegate, asked: NewPass) -> dict[str, object]:
    return {
        "partner_id": lead.partner_id,
        "first_name": asked.first_name.strip(),
        "last_name": asked.last_name.strip(),
        "ends_before": asked.day + timedelta(days=1),
        "ceiling_cents": asked.ceiling_cents,
    }


def _add_bearer(connection: Connection, lead: ActingDelegate, asked: NewPass) -> int:
    made = connection.execute(
        text(
            "INSERT INTO delegate (partner_id, role, state, first_name, last_name, every_outlet,"
            " ends_before, ceiling_cents, invited_by, created_at, activated_at)"
            " SELECT :partner_id, 'day_cashier', 'active', :first_name, :last_name, false,"
            " :ends_before, :ceiling_cents, :invited_by, at, at FROM ledger_now() AS at"
            " RETURNING delegate_id"
        ),
        _bearer(lead, asked) | {"invited_by": lead.delegate_id},
    )
    delegate_id = int(made.scalar_one())
    set_outlets(connection, delegate_id, frozenset((asked.outlet_id,)))
    return delegate_id


def _add_pass(connection: Connection, keys: Keys, delegate_id: int) -> None:
    nonce = secrets.token_bytes(NONCE_BYTES)
    connection.execute(
        text(
            "INSERT INTO till_pass (pass_hash, nonce, delegate_id)"
            " VALUES (:pass_hash, :nonce, :delegate_id)"
        ),
        {
            "pass_hash": secret_hash(derived_secret(keys, PASS_PURPOSE, nonce)),
            "nonce": nonce,
            "delegate_id": delegate_id,
        },
    )


def secret_of_pass(connection: Connection, keys: Keys, delegate_id: int) -> str | None:
    """The secret of a bearer's pass, derived anew: the lead may show it all day. None without."""
    nonce = connection.execute(
        text("SELECT nonce FROM till_pass WHERE delegate_id = :delegate_id"),
        {"delegate_id": delegate_id},
    ).scalar_one_or_none()
    return None if nonce is None else derived_secret(keys, PASS_PURPOSE, bytes(nonce))
