"""Questions about people of the roster: who is meant."""

from __future__ import annotations

from sqlalchemy import Connection, text


def beneficiary_named(connection: Connection, name: str) -> int | None:
    """The beneficiary of an INE or of a card's serial; None for nobody and for who is erased."""
    found: int | None = connection.execute(
        text(
            "SELECT b.beneficiary_id FROM beneficiary b WHERE b.erased_at IS NULL"
            " AND (b.ine = :name OR b.beneficiary_id ="
            "  (SELECT c.beneficiary_id FROM card c WHERE c.serial = :name))"
        ),
        {"name": name.strip().upper()},
    ).scalar_one_or_none()
    return found
