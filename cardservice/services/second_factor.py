"""The second stage of a sign-in: a code of the authenticator, or a recovery code (C31, C32).

The law: both are guarded together per person, each code serves once, and the use of a recovery code
is journaled and mailed. The caller commits a refusal too: a try rolled back would be a free one.
"""

from __future__ import annotations

from sqlalchemy import Connection

from cardservice.db.queries.clock import ledger_instant
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.credential_email import credential_email
from cardservice.services.guess_guard import code_guarded, count_try, settle_try
from cardservice.services.recovery_codes import recovery_codes_left, use_recovery_code
from cardservice.services.sign_in import SignedIn, arrive
from cardservice.services.spaces import note_in_spaces
from cardservice.services.use_code import use_code
from cardservice.services.web_sessions import Session
from cardservice.services.write_mail import write_mail


def pass_second_factor(
    connection: Connection, keys: Keys, session: Session, *, code: str, is_recovery: bool = False
) -> SignedIn | Refused:
    """The next stage. Refused: sign_in_delayed, totp_wrong, totp_used, recovery_code_wrong,
    sign_in_failed."""
    assert session.stage == "second_factor" and session.credential_id is not None
    who = session.credential_id
    guarded = code_guarded(keys, who)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    if is_recovery:
        refused = _use_recovery_code(connection, keys, who, code)
    else:
        refused = use_code(connection, keys, credential_id=who, code=code)
    settle_try(connection, guarded, refused)
    return arrive(connection, session) if refused is None else refused


def _use_recovery_code(connection: Connection, keys: Keys, who: int, code: str) -> Refused | None:
    if not use_recovery_code(connection, keys, credential_id=who, code=code):
        return Refused("recovery_code_wrong")
    note_in_spaces(connection, who, action="delegate.recovery_code_used")
    write_mail(
        connection,
        recipient=credential_email(connection, who),
        kind="recovery_code_used",
        facts={
            "left": recovery_codes_left(connection, who),
            "at": format_minute(ledger_instant(connection)),
        },
    )
    return None
