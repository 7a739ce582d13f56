"""Seals a message so that one browser alone can read it (RFC 8291 over RFC 8188).

The law: a key pair and a salt of its own for each message; the push service in between learns the
length and nothing else. Our own forty lines over `cryptography`: docs/decisions/0033.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# One record, as RFC 8291 asks; push services take 4,096 bytes at least.
_RECORD_BYTES: Final = 4096
_SALT_BYTES: Final = 16
_POINT_BYTES: Final = 65
_AUTH_BYTES: Final = 16
_LAST_RECORD: Final = b"\x02"


def are_browser_keys(p256dh: str, auth: str) -> bool:
    """Whether these are a point of the curve and a secret of 16 bytes, base64url."""
    try:
        point, secret = unwritten(p256dh), unwritten(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == _POINT_BYTES and len(secret) == _AUTH_BYTES


def sealed(message: bytes, *, p256dh: str, auth: str) -> bytes:
    """The body of a push; ValueError for keys that are none."""
    browser_point = unwritten(p256dh)
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_point)
    own = ec.generate_private_key(ec.SECP256R1())
    own_point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), browser)
    salt = os.urandom(_SALT_BYTES)
    secret = _derived(
        shared, salt=unwritten(auth), about=b"WebPush: info\0" + browser_point + own_point, size=32
    )
    key = _derived(secret, salt=salt, about=b"Content-Encoding: aes128gcm\0", size=16)
    nonce = _derived(secret, salt=salt, about=b"Content-Encoding: nonce\0", size=12)
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(own_point)]) + own_point
    body = head + AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)
    assert len(body) <= _RECORD_BYTES, "a notice is a few words"
    return body


def written(value: bytes) -> str:
    """Base64url without padding, as browsers write keys."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unwritten(value: str) -> bytes:
    """The other way; ValueError for anything else."""
    try:
        padded = value.rstrip("=").encode("ascii")
        return base64.b64decode(padded + b"=" * (-len(padded) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as failure:
        raise ValueError("not base64url") from failure


def _derived(secret: bytes, *, salt: bytes, about: bytes, size: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=size, salt=salt, info=about).derive(secret)
