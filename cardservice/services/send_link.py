"""Sends somebody a link by mail: to a first password, or to a new one (C30, C34).

The law: the link and its mail are kept or lost together, with whatever else the caller does; the
link itself is written into the mail only when it leaves (post_mail.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.services.guess_guard import asks_guarded, count_try
from cardservice.services.sign_in_links import VALID_FOR, make_link
from cardservice.services.write_mail import write_mail

MOST_AN_HOUR: Final = 4
AN_HOUR: Final = timedelta(hours=1)


def send_link(
    connection: Connection,
    keys: Keys,
    *,
    credential_id: int,
    purpose: str,
    partner_name: str = "",
    invited_by: str = "",
) -> None:
    """Makes a link (`invitation` or `reset`) and writes its mail; older ones of its kind end.

    An invitation names the partner and, if a person invites, that person.
    """
    nonce = make_link(connection, keys, credential_id=credential_id, purpose=purpose)
    email = connection.execute(
        text("SELECT email FROM credential WHERE credential_id = :credential_id"),
        {"credential_id": credential_id},
    ).scalar_one()
    write_mail(
        connection,
        recipient=email,
        kind=purpose,
        facts={
            "minutes": int(VALID_FOR.total_seconds() // 60),
            "partner_name": partner_name,
            "invited_by": invited_by,
        },
        link_nonce=nonce,
    )


def send_asked_link(
    connection: Connection, keys: Keys, *, email: str, network: str, instead_of: str = "reset"
) -> None:
    """What « mot de passe oublié » does: a link to whoever can sign in with `email`, or nothing.

    A new password for somebody who has one and a space to enter with it, an invitation for the
    others. In place of an old `invitation` comes another one while anybody still waits for them.
    No more than a few an hour, to one address and from one network: a stranger may fill the form
    in too.
    """
    if count_try(connection, asks_guarded(keys, network)) is not None:
        return
    row = connection.execute(
        text(
            "SELECT c.credential_id, c.password_hash IS NOT NULL AS has_password,"
            " bool_or(d.state = 'invited') AS is_invited,"
            " bool_or(d.state = 'active') AS may_enter,"
            " min(p.trade_name) FILTER (WHERE d.state = 'invited') AS invited_to"
            " FROM credential c JOIN delegate d USING (credential_id) JOIN partner p"
            " USING (partner_id) WHERE c.email = :email AND d.state IN ('invited', 'active')"
            " AND (d.ends_before IS NULL"
            "  OR (ledger_now() AT TIME ZONE 'Europe/Paris')::date < d.ends_before)"
            " GROUP BY c.credential_id"
        ),
        {"email": email.strip().lower()},
    ).one_or_none()
    if row is None or _sent_enough(connection, row.credential_id):
        return
    may_enter = row.has_password and row.may_enter
    accepts = row.is_invited and instead_of == "invitation"
    send_link(
        connection,
        keys,
        credential_id=row.credential_id,
        purpose="reset" if may_enter and not accepts else "invitation",
        partner_name=row.invited_to or "",
    )


def _sent_enough(connection: Connection, credential_id: int) -> bool:
    """Whether the links of the last hour that nobody else stands behind are enough.

    What a lead or the Département sends is in the journal, and silences nobody who asks.
    """
    # A statement of its own: two requests at once then count one after the other.
    connection.execute(
        text("SELECT FROM credential WHERE credential_id = :credential_id FOR NO KEY UPDATE"),
        {"credential_id": credential_id},
    )
    asked = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM sign_in_link WHERE credential_id = :credential_id"
            "  AND expires_at > ledger_now() - :an_hour + :valid_for)"
            " - (SELECT count(*) FROM delegate d JOIN journal j ON j.partner_id = d.partner_id"
            "  AND j.subject = 'delegate:' || d.delegate_id WHERE d.credential_id = :credential_id"
            "  AND j.action IN ('delegate.invite', 'delegate.invite_again')"
            "  AND j.at > ledger_now() - :an_hour)"
        ),
        {"credential_id": credential_id, "an_hour": AN_HOUR, "valid_for": VALID_FOR},
    ).scalar_one()
    return int(asked) >= MOST_AN_HOUR
