"""The second factor of agents: a TOTP secret that is derived, never stored.

The law: the database keeps a random nonce, the master key stays outside it, and the secret is the
keyed digest of the nonce. A stolen dump gives no code; a new nonce is a new secret.

Codes follow RFC 6238 with its usual values (SHA-1, 30 seconds, six digits), which every
authenticator understands. It refuses to know what time it is and which step was used already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cardservice.domain.keys import Keys

NONCE_BYTES = 16
STEP_SECONDS = 30
# 160 bits, as RFC 4226 recommends: 32 base32 characters without padding.
_SECRET_BYTES = 20


def totp_secret(keys: Keys, nonce: bytes) -> str:
    """The base32 secret (32 characters) that an authenticator is enrolled with."""
    assert len(nonce) == NONCE_BYTES, "a nonce has sixteen bytes"
    digest = hmac.digest(keys.derive("totp"), nonce, hashlib.sha256)
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()
