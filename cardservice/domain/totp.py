"""Second factors: a TOTP secret that is derived, never stored.

The law: the database keeps a random nonce, the master key stays outside it, and the secret is the
keyed digest of the nonce. A stolen dump gives no code; a new nonce is a new secret.

Codes follow RFC 6238 with its usual values (SHA-1, 30 seconds, six digits), which every
authenticator understands. It refuses to know what time it is and which step was used already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

import pyotp

from cardservice.domain.keys import Keys

NONCE_BYTES: Final = 16
STEP_SECONDS: Final = 30
# 160 bits, as RFC 4226 recommends: 32 base32 characters without padding.
_SECRET_BYTES: Final = 20
# A phone's clock may be half a minute off, either way.
_STEPS_OFF: Final = (-1, 0, 1)


def totp_secret(keys: Keys, nonce: bytes) -> str:
    """The base32 secret (32 characters) that an authenticator is enrolled with."""
    assert len(nonce) == NONCE_BYTES, "a nonce has sixteen bytes"
    digest = hmac.digest(keys.derive("totp"), nonce, hashlib.sha256)
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()


def step_of(secret: str, code: str, present_step: int) -> int | None:
    """The step whose code this is, if it is near the present one; None for a wrong code."""
    typed = "".join(code.split()).encode()
    totp = pyotp.TOTP(secret)
    for off in _STEPS_OFF:
        if hmac.compare_digest(totp.generate_otp(present_step + off).encode(), typed):
            return present_step + off
    return None


def enrolment_uri(secret: str, *, email: str, issuer: str) -> str:
    """What the QR of an enrolment says (`otpauth://totp/…`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)
