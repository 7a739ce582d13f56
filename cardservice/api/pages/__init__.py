"""The two pages of the counter: what runs here, and the API's reference, rendered by us.

The law: rendered once at start from templates with automatic escaping; no script, no inline style,
nothing from another server, so that the strict policy of limits.py holds on them too.
"""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.lean_route import LeanRoute
from cardservice.api.openapi import document_of
from cardservice.api.pages.reference import code_spans, coloured_json, reference_of
from cardservice.api.problems import problem
from cardservice.api.wire import Answer
from cardservice.settings import Settings

_STATIC_TYPES = {"site.css": b"text/css; charset=utf-8", "mark.svg": b"image/svg+xml"}
_FRESH_FOR = (b"cache-control", b"public, max-age=300")


def page_routes(settings: Settings, api: list[LeanRoute]) -> list[LeanRoute]:
    """The routes of the pages and of what they load."""
    pages = Environment(
        loader=PackageLoader("cardservice.api", "pages/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["code_spans"] = code_spans
    pages.filters["coloured_json"] = coloured_json
    home = pages.get_template("home.html").render(settings=settings)
    reference = pages.get_template("reference.html").render(
        settings=settings, reference=reference_of(document_of(api))
    )
    return [
        LeanRoute("GET", "/", _Page(home).show),
        LeanRoute("GET", "/api/reference", _Page(reference).show),
        LeanRoute("GET", "/static/{name}", show_static),
    ]


class _Page:
    """A page that never changes while the process lives."""

    def __init__(self, html: str) -> None:
        self._body = html.encode()

    async def show(self, _request: Request) -> Response:
        """The page."""
        return Answer(self._body, media_type=b"text/html; charset=utf-8")


async def show_static(request: Request) -> Response:
    """A file of the short list; nothing else of the disk can be named."""
    name = request.path_params["name"]
    media_type = _STATIC_TYPES.get(name)
    if media_type is None:
        return problem("not_found")
    body = (resources.files("cardservice.api.pages") / "static" / name).read_bytes()
    return Answer(body, media_type=media_type, headers=(_FRESH_FOR,))
