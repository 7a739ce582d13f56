"""Shows a holder's photo to the till that has just identified him (C26).

The law: the address of a photo is signed and lives one minute; a photo has no other address, and
whoever holds neither the key nor a fresh address learns not even whether there is one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.keys import Keys

VISIBLE_FOR = timedelta(seconds=60)

# beneficiary, expiry in microseconds
_LAYOUT = struct.Struct(">qq")
_MAC_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sign_photo_token(keys: Keys, *, beneficiary_id: int, until: datetime) -> str:
    """The last part of a photo's address; `until` is an aware instant, excluded."""
    body = _LAYOUT.pack(beneficiary_id, (until - _EPOCH) // timedelta(microseconds=1))
    return base64.urlsafe_b64encode(body + _mac(keys, body)).decode().rstrip("=")


def show_photo(engine: Engine, keys: Keys, *, token: str) -> bytes | None:
    """The photo behind a token; None when it is forged or over, or the photo has gone."""
    read = _read(keys, token)
    if read is None:
        return None
    beneficiary_id, until = read
    with unit_of_work(engine) as connection:
        found: bytes | None = connection.execute(
            text(
                "SELECT image FROM holder_photo"
                " WHERE beneficiary_id = :beneficiary_id AND ledger_now() < :until"
            ),
            {"beneficiary_id": beneficiary_id, "until": until},
        ).scalar_one_or_none()
    return None if found is None else bytes(found)


def _read(keys: Keys, token: str) -> tuple[int, datetime] | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(keys, body)):
        return None
    beneficiary_id, until = _LAYOUT.unpack(body)
    return beneficiary_id, _EPOCH + timedelta(microseconds=until)


def _mac(keys: Keys, body: bytes) -> bytes:
    return hmac.digest(keys.derive("photo"), body, hashlib.sha256)[:_MAC_BYTES]
