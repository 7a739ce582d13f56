"""Is this form ours? Where it comes from, and the token that only our own page could give it.

The law: both must hold. The token is the keyed digest of the session's secret (of the visitor's,
before there is a session), so it needs no storage and dies with them.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from cardservice.domain.keys import Keys

FIELD = "jeton"


def form_token(keys: Keys, secret: str) -> str:
    """The token of the forms that are shown to the holder of `secret`."""
    return hmac.digest(keys.derive("form"), secret.encode(), hashlib.sha256).hex()


def is_ours(request: Request, keys: Keys, *, secret: str, token: str) -> bool:
    """Whether a posted form comes from a page of ours, shown to this browser."""
    # As bytes: a hostile token may hold letters that compare_digest refuses in a string.
    return _same_site(request) and hmac.compare_digest(
        form_token(keys, secret).encode(), token.encode()
    )


def _same_site(request: Request) -> bool:
    """What the browser itself says; one that says nothing is judged by the token alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin == "null" and site is not None:
        # What a page that sends no referrer is called; the browser has said itself whose it is.
        return True
    return origin is None or urlsplit(origin).netloc == request.url.netloc
