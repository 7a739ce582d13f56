"""The cookies of a portal: the session's, a visitor's who has none yet, a known browser's mark.

The law: HttpOnly, SameSite=Lax, whole site, no Domain; `__Host-` and Secure wherever the page came
over TLS. The value is a secret of 32 bytes and nothing else.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

_VISITOR = "visite"
_KNOWN = "connu"
_KNOWN_FOR = timedelta(days=180)


def session_secret(request: Request, realm: str) -> str | None:
    """The session's secret that the browser presents."""
    return request.cookies.get(_name(request, realm)) or None


def visitor_secret(request: Request) -> str:
    """What stands for somebody without a session; a new one until the browser sends it back."""
    return request.cookies.get(_name(request, _VISITOR)) or secrets.token_urlsafe(32)


def give_session(
    request: Request, response: Response, realm: str, secret: str, *, kept_for: timedelta | None
) -> None:
    """Hands the session's secret to the browser: until it is closed, or for this long."""
    _give(request, response, realm, secret, kept_for=kept_for)


def give_visitor(request: Request, response: Response, secret: str) -> None:
    """Lets the browser prove that its next form comes from a page of ours."""
    _give(request, response, _VISITOR, secret)


def take_session(request: Request, response: Response, realm: str) -> None:
    """Has the browser forget the session."""
    response.delete_cookie(
        _name(request, realm), path="/", secure=_is_tls(request), httponly=True, samesite="lax"
    )


def known_browser_token(request: Request, realm: str) -> str | None:
    """What the browser shows of earlier sign-ins (services/known_browser.py)."""
    return request.cookies.get(_name(request, f"{_KNOWN}-{realm}")) or None


def give_known_browser(request: Request, response: Response, realm: str, token: str) -> None:
    """Has the browser remember that somebody signed in with it."""
    _give(request, response, f"{_KNOWN}-{realm}", token, kept_for=_KNOWN_FOR)


def _give(
    request: Request,
    response: Response,
    name: str,
    secret: str,
    *,
    kept_for: timedelta | None = None,
) -> None:
    response.set_cookie(
        _name(request, name),
        secret,
        max_age=None if kept_for is None else int(kept_for.total_seconds()),
        path="/",
        secure=_is_tls(request),
        httponly=True,
        samesite="lax",
    )


def _name(request: Request, name: str) -> str:
    return f"__Host-cjeune-{name}" if _is_tls(request) else f"cjeune-{name}"


def _is_tls(request: Request) -> bool:
    return request.url.scheme == "https"
