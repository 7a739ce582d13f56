"""A browser that a person has signed in with before: strangers' wrong tries do not close it.

Without it, one wrong try every quarter of an hour, from anywhere, would keep a known address out of
its portal for as long as somebody likes (research, abuse cases 10 and 25).

The law: the token proves that a right password was once given in this browser, and nothing else. It
opens no door: it only has this browser's tries counted apart, as few as anybody's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cardservice.domain.keys import Keys


def known_token(keys: Keys, realm: str, email: str) -> str:
    """43 characters for a cookie; they tell nobody whose they are."""
    message = f"{realm} {email.strip().lower()}".encode()
    digest = hmac.digest(keys.derive("known browser"), message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_known(keys: Keys, realm: str, email: str, token: str | None) -> bool:
    """Whether a browser that shows this token has signed this very address in before."""
    expected = known_token(keys, realm, email)
    return token is not None and hmac.compare_digest(token.encode(), expected.encode())
