"""Secrets of an address (a link by mail, a day's pass, a calendar) that are derived, never stored.

The law: the database keeps a random nonce and the secret's digest, the master key stays outside it.
A stolen dump opens nothing, and a mail that waits to be sent holds no secret either.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from cardservice.domain.keys import Keys

NONCE_BYTES: Final = 16
PURPOSES: Final = ("sign-in link", "member link", "till pass", "calendar feed")


def derived_secret(keys: Keys, purpose: str, nonce: bytes) -> str:
    """43 characters that fit an address, different for every nonce and purpose."""
    assert purpose in PURPOSES, f"nothing is derived for {purpose}"
    assert len(nonce) == NONCE_BYTES, "a nonce has sixteen bytes"
    digest = hmac.digest(keys.derive(purpose), nonce, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
