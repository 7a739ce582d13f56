"""Renders a portal's pages from its templates over the kit's, and dresses every answer.

The law: automatic escaping, undefined names are errors, no inline script and no inline style, so
that the strict policy below holds everywhere. A page of a person is never kept by a cache.
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from cardservice.domain.refusal import Refused
from cardservice.webkit import formats
from cardservice.webkit.sentences import refusal_sentence

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    # Not `no-referrer`: browsers would then call the origin of our own forms `null` (csrf.py).
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
# Without the decoder (`make env` was not run) no camera is offered; cards are typed.
_DECODER = resources.files("cardservice.webkit") / "static/vendor/zxing/zxing_reader.wasm"


class Pages:
    """The templates of one portal (`package`) over those of the kit."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.environment = Environment(
            loader=ChoiceLoader(
                [PackageLoader(package), PackageLoader("cardservice.webkit")],
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # A template that is served is not looked for on the disk again.
            auto_reload=False,
        )
        formats.install(self.environment)
        self.environment.filters["refusal"] = self.sentence_of
        self.environment.globals["texts"] = self.texts
        self.environment.globals["has_decoder"] = _DECODER.is_file()

    @cached_property
    def texts(self) -> dict[str, Any]:
        """The portal's own words by code (`texts_fr.toml`)."""
        file = resources.files(self._package) / "texts_fr.toml"
        return tomllib.loads(file.read_text(encoding="utf-8"))

    def sentence_of(self, refused: Refused) -> str:
        """The French sentence of a refusal, with its facts, as this portal says it."""
        return refusal_sentence(refused.code, package=self._package, **refused.facts)

    def html(self, name: str, **facts: Any) -> str:
        """The text of a page or of a part of one."""
        return self.environment.get_template(name).render(**facts)

    def answer(self, name: str, *, status: int = 200, **facts: Any) -> Response:
        """A page as an answer."""
        return HTMLResponse(self.html(name, **facts), status_code=status, headers=_HEADERS)
