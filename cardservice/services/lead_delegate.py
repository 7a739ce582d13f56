"""The lead delegate of a new partner: its legal representative, known so far by a mail address.

The law: a partner never is without one (trigger `partner_keeps_its_lead`), from the transaction
that takes the partner on. The same address may lead several partners: one person, one credential.
"""

from __future__ import annotations

from sqlalchemy import Connection, text


def credential_of(connection: Connection, email: str) -> int:
    """The credential of a mail address, made without a password when it is new."""
    address = email.strip().lower()
    connection.execute(
        text(
            "INSERT INTO credential (email, created_at) VALUES (:email, ledger_now())"
            " ON CONFLICT (email) DO NOTHING"
        ),
        {"email": address},
    )
    found = connection.execute(
        text("SELECT credential_id FROM credential WHERE email = :email"), {"email": address}
    )
    return int(found.scalar_one())


def name_first_lead(connection: Connection, *, partner_id: int, email: str) -> int:
    """Makes the person of `email` the lead of a new partner, still to be invited (C32)."""
    made = connection.execute(
        text(
            "INSERT INTO delegate (partner_id, credential_id, role, every_outlet, created_at)"
            " VALUES (:partner_id, :credential_id, 'lead', true, ledger_now())"
            " RETURNING delegate_id"
        ),
        {"partner_id": partner_id, "credential_id": credential_of(connection, email)},
    )
    return int(made.scalar_one())
