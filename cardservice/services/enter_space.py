"""Opens one partner's space to a session that lacks nothing any more (C31, C36).

The law: entering is an act, in the partner's journal with the kind of browser; a kind that the
person never came with before is told to them by mail, since it may be somebody else.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.services.spaces import Space
from cardservice.services.web_sessions import Session, move_session
from cardservice.services.write_mail import write_mail

ENTERED = "delegate.sign_in"


def enter_space(connection: Connection, session: Session, space: Space) -> str | None:
    """The open session's new secret; None when the session is over by now."""
    secret = move_session(connection, session, stage="open", delegate_id=space.delegate_id)
    if secret is None:
        return None
    assert session.credential_id is not None, "whoever enters by the door has a credential"
    _tell_of_a_new_browser(connection, session.credential_id, session.browser)
    note(
        connection,
        actor=f"delegate:{space.delegate_id}",
        action=ENTERED,
        subject=f"delegate:{space.delegate_id}",
        detail=session.browser,
        partner_id=space.partner_id,
    )
    return secret


def _tell_of_a_new_browser(connection: Connection, credential_id: int, browser: str) -> None:
    row = connection.execute(
        text(
            "SELECT c.email, bool_or(j.detail = :browser) AS is_known"
            " FROM credential c JOIN delegate d USING (credential_id)"
            " JOIN journal j ON j.subject = 'delegate:' || d.delegate_id AND j.action = :entered"
            " WHERE c.credential_id = :credential_id GROUP BY c.email"
        ),
        {"credential_id": credential_id, "browser": browser, "entered": ENTERED},
    ).one_or_none()
    # The very first time there is nothing to compare with.
    if row is None or row.is_known:
        return
    at = format_minute(ledger_instant(connection))
    write_mail(
        connection, recipient=row.email, kind="new_browser", facts={"browser": browser, "at": at}
    )
