"""The lead delegate of a new partner: its legal representative, known so far by a mail address.

The law: a partner never is without one (trigger `partner_keeps_its_lead`), from the transaction
that takes the partner on. The same address may lead several partners: one person, one credential.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.services.sign_in_links import end_links


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


def correct_waiting_lead(connection: Connection, *, partner_id: int, email: str) -> bool:
    """Makes the person of `email` the lead in place of one who has not come yet; whether it did.

    Links that went to the old address open nothing any more. A lead who has come stays, whatever
    the register says, and so does everything when `email` is a delegate of the partner already.
    """
    waiting = connection.execute(
        text(
            "SELECT delegate_id, credential_id FROM delegate WHERE partner_id = :partner_id"
            " AND role = 'lead' AND state = 'invited' AND NOT EXISTS (SELECT FROM delegate other"
            "  JOIN credential c USING (credential_id) WHERE other.partner_id = :partner_id"
            "  AND other.state <> 'removed' AND c.email = :email)"
        ),
        {"partner_id": partner_id, "email": email.strip().lower()},
    ).one_or_none()
    if waiting is None:
        return False
    # Links before the delegation, like somebody who accepts the invitation at this moment.
    end_links(connection, credential_id=waiting.credential_id)
    moved = connection.execute(
        text(
            "UPDATE delegate SET credential_id = :credential_id"
            " WHERE delegate_id = :delegate_id AND state = 'invited'"
        ),
        {"credential_id": credential_of(connection, email), "delegate_id": waiting.delegate_id},
    )
    return moved.rowcount == 1
