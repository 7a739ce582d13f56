"""Stores a PIN that a holder chooses: judged, peppered, its tries forgotten (C58).

The law: never what anybody tries first, never the birth date, never stored but as a keyed digest.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys, pin_mac
from cardservice.domain.pin import pin_is_four_digits, weak_pin_reason
from cardservice.domain.refusal import Refused


def store_pin(
    connection: Connection, keys: Keys, *, beneficiary_id: int, pin: str
) -> Refused | None:
    """Makes `pin` the holder's; Refused pin_malformed, pin_too_simple or pin_is_birth_date."""
    if not pin_is_four_digits(pin):
        return Refused("pin_malformed")
    birth_date = connection.execute(
        text("SELECT birth_date FROM beneficiary WHERE beneficiary_id = :beneficiary_id"),
        {"beneficiary_id": beneficiary_id},
    ).scalar_one()
    if birth_date is None:
        # Erased: a card without a person has no PIN to choose.
        return Refused("beneficiary_unknown")
    weakness = weak_pin_reason(pin, birth_date)
    if weakness is not None:
        return Refused(weakness)
    connection.execute(
        text(
            "INSERT INTO holder_pin (beneficiary_id, mac, tries, chosen_at)"
            " VALUES (:beneficiary_id, :mac, 0, ledger_now())"
            " ON CONFLICT (beneficiary_id) DO UPDATE"
            " SET mac = excluded.mac, tries = 0, chosen_at = excluded.chosen_at"
        ),
        {"beneficiary_id": beneficiary_id, "mac": pin_mac(keys, beneficiary_id, pin)},
    )
    return None


def has_pin(connection: Connection, beneficiary_id: int) -> bool:
    """Whether the holder has ever chosen a PIN; it survives a replaced card."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM holder_pin WHERE beneficiary_id = :beneficiary_id)"),
        {"beneficiary_id": beneficiary_id},
    )
    return bool(found.scalar_one())
