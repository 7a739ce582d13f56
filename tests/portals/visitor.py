"""A browser without a screen: follows links and posts forms over plain HTTP, cookies kept."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.portals.site import PREFIX, Site, fresh_address

SESSION_COOKIE = "cjeune-partner"
_TOKEN = re.compile(r'name="jeton" value="([^"]+)"')

Fields = Mapping[str, str | list[str]]


class Visitor:
    """One browser at one portal (`prefix`, its session's `cookie`). Redirects are answers, not
    followed; it calls from an address of its own."""

    def __init__(
        self,
        site: Site,
        *,
        secret: str | None = None,
        prefix: str = PREFIX,
        cookie: str = SESSION_COOKIE,
    ) -> None:
        self.site = site
        self.prefix = prefix
        self.cookie = cookie
        self.http = httpx.Client(
            base_url=site.base_url, timeout=30, headers={"X-Forwarded-For": fresh_address()}
        )
        if secret is not None:
            self.carry(secret)
        self._token: str | None = None

    def carry(self, secret: str) -> None:
        """Comes with this session cookie, until the portal gives another in its place."""
        self.http.cookies.set(self.cookie, secret, domain="127.0.0.1", path="/")

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        answer = self.http.get(path, **options)
        found = (
            _TOKEN.search(answer.text) if "html" in answer.headers.get("content-type", "") else None
        )
        if found:
            self._token = html.unescape(found[1])
        return answer

    @property
    def token(self) -> str:
        """That of the forms shown to this browser: every page of it has the same."""
        if self._token is None:
            for path in (
                self.prefix,
                f"{self.prefix}/connexion",
                f"{self.prefix}/nulle-part",
            ):
                self.get(path)
                if self._token is not None:
                    break
        assert self._token is not None, "no page showed a form to this browser"
        return self._token

    def post(
        self, path: str, fields: Fields | None = None, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """Posts a form with the token of our own page, or with the one given ("" for none)."""
        body: dict[str, Any] = dict(fields or {})
        proof = self.token if token is None else token
        if proof:
            body["jeton"] = proof
        # Browsers name the type of an empty form too.
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | options.pop("headers", {})
        return self.http.post(path, data=body, headers=headers, **options)
