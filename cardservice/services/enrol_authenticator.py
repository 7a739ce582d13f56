"""Enrols an authenticator, or puts another in its place (C31, C32).

The law: nothing changes before the new application has shown a right code. Until then its secret
is derived from the person, the secret in use and the session that asks, so that it is stored
nowhere, looks the same when the page is loaded again, and is worth nothing to another session.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import ledger_instant
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import NONCE_BYTES, enrolment_uri, totp_secret
from cardservice.services.guess_guard import code_guarded, count_try, settle_try
from cardservice.services.one_time_code import step_taken
from cardservice.services.recovery_codes import new_recovery_codes
from cardservice.services.spaces import note_in_spaces
from cardservice.services.write_mail import write_mail


@dataclass(frozen=True, slots=True)
class Offer:
    """What a new authenticator is told: the secret for typing, and the same as a QR's text."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)

    @property
    def groups(self) -> list[str]:
        """The secret in eight groups of four, as it is typed."""
        return [self.secret[at : at + 4] for at in range(0, len(self.secret), 4)]


def offered_authenticator(
    connection: Connection, keys: Keys, *, credential_id: int, asked_by: bytes, issuer: str
) -> Offer:
    """The secret on offer to the session `asked_by` (its `session_hash`)."""
    row = connection.execute(
        text("SELECT email, totp_nonce FROM credential WHERE credential_id = :credential_id"),
        {"credential_id": credential_id},
    ).one()
    secret = totp_secret(keys, _offered_nonce(keys, credential_id, row.totp_nonce, asked_by))
    return Offer(secret, enrolment_uri(secret, email=row.email, issuer=issuer))


def enrol_authenticator(
    connection: Connection, keys: Keys, *, credential_id: int, asked_by: bytes, code: str
) -> list[str] | Refused:
    """Takes the authenticator that shows `code`; gives the new recovery codes, told once.

    Refused: sign_in_delayed, totp_wrong, totp_used. The old authenticator and the old recovery
    codes serve no more. The caller commits a refusal too.
    """
    guarded = code_guarded(keys, credential_id)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    row = connection.execute(
        text(
            "SELECT email, totp_nonce FROM credential WHERE credential_id = :credential_id"
            " FOR NO KEY UPDATE"
        ),
        {"credential_id": credential_id},
    ).one()
    nonce = _offered_nonce(keys, credential_id, row.totp_nonce, asked_by)
    step = step_taken(connection, keys, nonce=nonce, code=code, last_step=0)
    settle_try(connection, guarded, step if isinstance(step, Refused) else None)
    if isinstance(step, Refused):
        return step
    connection.execute(
        text(
            "UPDATE credential SET totp_nonce = :nonce, totp_last_step = :step,"
            " totp_enrolled_at = ledger_now() WHERE credential_id = :credential_id"
        ),
        {"nonce": nonce, "step": step, "credential_id": credential_id},
    )
    note_in_spaces(connection, credential_id, action="delegate.second_factor_enrolled")
    write_mail(
        connection,
        recipient=row.email,
        kind="second_factor_changed",
        facts={"at": format_minute(ledger_instant(connection))},
    )
    return new_recovery_codes(connection, keys, credential_id)


def _offered_nonce(
    keys: Keys, credential_id: int, nonce_in_use: bytes | None, asked_by: bytes
) -> bytes:
    message = credential_id.to_bytes(8, "big") + bytes(nonce_in_use or b"") + b"|" + asked_by
    digest = hmac.digest(keys.derive("authenticator on offer"), message, hashlib.sha256)
    return digest[:NONCE_BYTES]
