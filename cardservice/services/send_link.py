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
_AN_HOUR: Final = timedelta(hours=1)


def send_link(
    connection: Connection,
    keys: Keys,
    *,
    credential_id: int,
    purpose: str,
    partner_name: str = "",
    invited_by: str = "",
) -> None:
    """Makes a link (`invitation` or `reset`) and writes its mail; older links end.

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


def send_asked_link(connection: Connection, keys: Keys, *, email: str, network: str) -> None:
    """What « mot de passe oublié » does: a link to whoever can sign in with `email`, or nothing.

    An invitation for somebody who is still invited or never chose a password, a new password for
    the others. No more than a few an hour, to one address and from one network: a stranger may
    fill the form in too.
    """
    if count_try(connection, asks_guarded(keys, network)) is not None:
        return
    row = connection.execute(
        text(
            "SELECT c.credential_id, c.password_hash IS NOT NULL AS has_password,"
            " bool_or(d.state = 'invited') AS is_invited, min(p.trade_name)"
            "  FILTER (WHERE d.state = 'invited') AS invited_to"
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
    asks_to_come_in = row.is_invited or not row.has_password
    send_link(
        connection,
        keys,
        credential_id=row.credential_id,
        purpose="invitation" if asks_to_come_in else "reset",
        partner_name=row.invited_to or "",
    )


def _sent_enough(connection: Connection, credential_id: int) -> bool:
    # The lock makes two requests at once count one after the other.
    sent = connection.execute(
        text(
            "WITH held AS (SELECT credential_id FROM credential"
            "  WHERE credential_id = :credential_id FOR NO KEY UPDATE)"
            " SELECT count(*) FROM sign_in_link JOIN held USING (credential_id)"
            " WHERE expires_at > ledger_now() - :an_hour + :valid_for"
        ),
        {"credential_id": credential_id, "an_hour": _AN_HOUR, "valid_for": VALID_FOR},
    ).scalar_one()
    return int(sent) >= MOST_AN_HOUR
