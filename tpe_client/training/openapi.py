"""The OpenAPI document of the training server: the calls it answers, from the forms it reads."""

from __future__ import annotations

from typing import Any, Final

from tpe_client.training.forms import FORMS
from tpe_client.training.problems import STATUS_OF

# (method, path, operation id, summary, form, the usual status, whether a key is needed)
_CALLS: Final = (
    ("post", "/terminals/activation", "recogniseActivationCode", "Activate a terminal, step 1",
     "ActivationForm", 201, False),
    ("post", "/terminals/activation/confirmation", "confirmActivation",
     "Activate a terminal, step 2", "ConfirmationForm", 201, False),
    ("get", "/me", "showMe", "Who am I?", None, 200, True),
    ("post", "/identifications", "identifyCard", "Identify a card", "ReadingForm", 200, True),
    ("get", "/photos/{token}", "showPhoto", "The holder's drawn face", None, 200, False),
    ("post", "/debits/check", "checkDebit", "Check a debit", "CheckForm", 200, True),
    ("put", "/debits/{operation_id}", "takeDebit", "Take a debit", "DebitForm", 201, True),
    ("get", "/debits/{operation_id}", "askDebit", "Ask for a debit", None, 200, True),
    ("put", "/debits/{operation_id}/cancellation", "cancelDebit", "Cancel a debit",
     "CancellationForm", 201, True),
    ("post", "/debits/{operation_id}/ticket", "mailTicket", "Mail the holder's ticket",
     "TicketForm", 202, True),
    ("get", "/debits", "listDebits", "List the debits of a day", None, 200, True),
    ("get", "/day-closes/{business_day}", "showDayClose", "Show a closed day", None, 200, True),
    ("post", "/day-closes/{business_day}", "compareDayClose", "Compare a closed day",
     "DayFiguresForm", 200, True),
)  # fmt: skip


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for method, path, name, summary, form, status, with_key in _CALLS:
        paths.setdefault("/api/v1" + path, {})[method] = _entry(
            name, summary, path, form=form, status=status, with_key=with_key
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Terminal API v1, training server",
            "version": "1.0.0",
            "description": "No money. The same calls, shapes and codes as the service.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: _schema(members) for name, members in FORMS.items()},
            "securitySchemes": {"terminal_key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _entry(
    name: str, summary: str, path: str, *, form: str | None, status: int, with_key: bool
) -> dict[str, Any]:
    problems = sorted({str(found) for found in STATUS_OF.values()})
    entry: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "security": [{"terminal_key": []}] if with_key else [],
        "responses": {
            str(status): {"description": "The usual answer"},
            **{found: {"description": "A problem (RFC 9457)"} for found in problems},
        },
    }
    in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if in_path:
        entry["parameters"] = [
            {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
            for part in in_path
        ]
    if form is not None:
        schema = {"$ref": f"#/components/schemas/{form}"}
        entry["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return entry


def _schema(members: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, rule in members.items() if not rule.get("optional")],
        "properties": {
            name: {key: value for key, value in rule.items() if key != "optional"}
            for name, rule in members.items()
        },
    }
