"""The OpenAPI document of the terminal API: FastAPI lists the routes, we add schemas and security.

It is served to anybody at `/api/v1/openapi.json` and rendered by us at `/api/reference`: the pages
that FastAPI brings load their scripts from somebody else's servers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api import answer_models as said
from cardservice.api import forms
from cardservice.api.lean_route import LeanRoute
from cardservice.api.wire import Answer

VERSION = "1.0.0"
MODELS: tuple[type[BaseModel], ...] = (
    forms.ActivationForm,
    forms.ConfirmationForm,
    forms.ReadingForm,
    forms.CheckForm,
    forms.DebitForm,
    forms.CancellationForm,
    forms.TicketForm,
    forms.DayFiguresForm,
    said.ActivationRecognised,
    said.ActivationDone,
    said.Me,
    said.CardHolderIdentified,
    said.Declined,
    said.CheckApproved,
    said.CheckDeclined,
    said.DebitApproved,
    said.DebitDeclined,
    said.StoredApproved,
    said.StoredDeclined,
    said.CancellationDone,
    said.CancellationDeclined,
    said.TicketSent,
    said.DayList,
    said.DayClose,
    said.DayCompared,
    said.Problem,
)
_DESCRIPTION = (
    "Sales at the tills of a youth benefit card. JSON in UTF-8; amounts are integers of euro cents;"
    " instants are RFC 3339 in UTC; unknown fields are refused; optional members are left out,"
    " never null. Errors are RFC 9457 problems with a `code`. Order of answers: 401, then 422, then"
    " a known operation id, then 403, then declines."
)


def document_of(routes: list[LeanRoute]) -> dict[str, Any]:
    """The document of these routes; those without an entry are left out."""
    document = get_openapi(
        title="CJeune terminal API",
        version=VERSION,
        description=_DESCRIPTION,
        routes=routes,
        servers=[{"url": "/"}],
    )
    for route in routes:
        # FastAPI drops every null, also from our examples, where it says something.
        for method in route.methods or ():
            document["paths"][route.path][method.lower()].update(route.openapi_extra or {})
    document["components"] = {
        "schemas": _schemas(),
        "securitySchemes": {
            "terminal_key": {
                "type": "http",
                "scheme": "bearer",
                "description": "The terminal's key, told once at its activation.",
            }
        },
    }
    return document


@cache
def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = definitions["$defs"]
    for schema in schemas.values():
        for name, member in schema.get("properties", {}).items():
            # An optional member is left out, never null: what is not required allows no null.
            if name not in schema.get("required", ()) and "anyOf" in member:
                (kept,) = (one for one in member.pop("anyOf") if one != {"type": "null"})
                member.update(kept)
                member.pop("default", None)
    return schemas


def openapi_route(routes: list[LeanRoute]) -> LeanRoute:
    """`GET /api/v1/openapi.json`, rendered once."""
    body = to_json(document_of(routes))

    async def show(_request: Request) -> Response:
        return Answer(body)

    return LeanRoute("GET", "/api/v1/openapi.json", show)
