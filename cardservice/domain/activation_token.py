"""Activation tokens: what a terminal holds between the two steps of its activation (C48).

The law: it is signed, dated, and names one activation code by its digest. Proving that the code was
typed is all it does: whether the code still lives is decided in the database at step 2.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cardservice.domain.keys import Keys

# version, digest of the activation code, expiry in microseconds
_LAYOUT = struct.Struct(">B32sq")
_MAC_BYTES = 16
_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ActivationToken:
    """A code that was recognised. `until` is an aware instant, excluded."""

    code_hash: bytes
    until: datetime


def sign_activation_token(keys: Keys, token: ActivationToken) -> str:
    """The opaque text (76 URL-safe characters) that the terminal brings to step 2."""
    body = _LAYOUT.pack(
        _VERSION, token.code_hash, (token.until - _EPOCH) // timedelta(microseconds=1)
    )
    return base64.urlsafe_b64encode(body + _mac(keys, body)).decode().rstrip("=")


def read_activation_token(keys: Keys, text: str) -> ActivationToken | None:
    """What a token signed by us says; None for anything forged or malformed. Never raises."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(keys, body)):
        return None
    version, code_hash, until = _LAYOUT.unpack(body)
    if version != _VERSION:
        return None
    return ActivationToken(code_hash, _EPOCH + timedelta(microseconds=until))


def _mac(keys: Keys, body: bytes) -> bytes:
    key = keys.derive("terminal activation")
    return hmac.digest(key, body, hashlib.sha256)[:_MAC_BYTES]
