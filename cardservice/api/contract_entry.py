"""How one call stands in the OpenAPI document: its bodies, its answers, its problems.

The law: every call names every outcome, each with an example; what all calls share (a missing key,
a malformed body, an outage) is added here, so that no entry can forget it.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from cardservice.api.answer_models import Problem
from cardservice.api.examples import problem_example
from cardservice.api.problems import STATUS_OF

Entry = dict[str, Any]

_EVERY_CALL: Final = ("unavailable", "internal_error")
_WITH_KEY: Final = ("terminal_unknown", "terminal_revoked")
_WITH_BODY: Final = ("malformed_request", "request_too_large")


def reference_to(model: type[BaseModel]) -> Entry:
    """The schema of a model, by name."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def one_of(*models: type[BaseModel]) -> Entry:
    """The schema of an answer that has one of a few shapes."""
    if len(models) == 1:
        return reference_to(models[0])
    return {"oneOf": [reference_to(model) for model in models]}


def _named(examples_by_name: dict[str, Any]) -> Entry:
    return {name: {"value": value} for name, value in examples_by_name.items()}


def json_content(schema: Entry, examples_by_name: dict[str, Any]) -> Entry:
    """The JSON content of a body, with its examples."""
    return {"application/json": {"schema": schema, "examples": _named(examples_by_name)}}


def _problems(codes: tuple[str, ...]) -> Entry:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS_OF[code], []).append(code)
    answers = {}
    for status, same in sorted(by_status.items()):
        answers[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in same),
            "content": {
                "application/problem+json": {
                    "schema": reference_to(Problem),
                    "examples": _named({code: problem_example(code) for code in same}),
                }
            },
        }
        if status in (429, 503):
            answers[str(status)]["headers"] = {
                "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
            }
        if status == 401:
            answers[str(status)]["headers"] = {
                "WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}}
            }
    return answers


def entry(
    name: str,
    summary: str,
    description: str,
    *,
    answers: dict[int, tuple[str, Entry]],
    form: type[BaseModel] | None = None,
    sent: dict[str, Any] | None = None,
    body_required: bool = True,
    problems: tuple[str, ...] = (),
    parameters: tuple[Entry, ...] = (),
    with_key: bool = True,
) -> Entry:
    """The entry of a call. `answers`: status -> (meaning, content); the first is the usual one."""
    codes = _WITH_KEY * with_key + problems + _WITH_BODY * (form is not None)
    if parameters and "malformed_request" not in codes and with_key:
        codes += ("malformed_request",)
    written: Entry = {
        "operationId": name,
        "summary": summary,
        "description": description,
        "responses": {
            **{
                str(status): {"description": meaning, "content": content}
                for status, (meaning, content) in answers.items()
            },
            **_problems(codes + _EVERY_CALL),
        },
        "security": [{"terminal_key": []}] if with_key else [],
    }
    if parameters:
        written["parameters"] = list(parameters)
    if form is not None:
        written["requestBody"] = {
            "required": body_required,
            "content": json_content(reference_to(form), sent or {}),
        }
    return written


def in_path(name: str, description: str, schema: Entry, example: str) -> Entry:
    """A parameter in the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def in_query(name: str, description: str, schema: Entry, example: object) -> Entry:
    """A parameter of the query."""
    return {**in_path(name, description, schema, ""), "in": "query", "required": False} | {
        "example": example
    }
