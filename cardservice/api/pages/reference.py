"""The OpenAPI document as a page shows it: calls in the order of a terminal's day, codes, fields.

The law: pure functions from the document and the catalogue to what the template displays; nothing
is said here that the document does not say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from cardservice.api.problems import STATUS_OF
from cardservice.api.sentences import problem_texts, refusal_texts
from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER, PROBLEMS, by_name

# A terminal's day; what is not listed comes after.
_ORDER = (
    "recogniseActivationCode",
    "confirmActivation",
    "showMe",
    "identifyCard",
    "showPhoto",
    "checkDebit",
    "takeDebit",
    "askDebit",
    "cancelDebit",
    "listDebits",
    "showDayClose",
    "compareDayClose",
)
_TOKENS = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>true|false|null)"
)


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A member or parameter: its name, its type in words, whether it must be there."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """An answer: its status, its meaning, its examples (name, value)."""

    status: str
    meaning: str
    is_problem: bool
    examples: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class CallShown:
    """A call of the API."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    with_key: bool
    parameters: tuple[FieldShown, ...]
    members: tuple[FieldShown, ...]
    sent: tuple[tuple[str, Any], ...]
    answers: tuple[AnswerShown, ...]


@dataclass(frozen=True, slots=True)
class CodeShown:
    """A code with its French sentences; `status` for problems, `final` for refusals."""

    code: str
    first: str
    second: str
    final: bool
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything the page shows."""

    title: str
    version: str
    description: str
    calls: tuple[CallShown, ...]
    declines: tuple[CodeShown, ...]
    cancellation_declines: tuple[CodeShown, ...]
    problems: tuple[CodeShown, ...]


def reference_of(document: dict[str, Any]) -> Reference:
    """The page's content."""
    schemas = document["components"]["schemas"]
    calls = [
        _call(method, path, call, schemas)
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]
    order = {name: place for place, name in enumerate(_ORDER)}
    calls.sort(key=lambda call: order.get(call.anchor, len(order)))
    return Reference(
        title=document["info"]["title"],
        version=document["info"]["version"],
        description=document["info"]["description"],
        calls=tuple(calls),
        declines=tuple(_refusal(code) for code in DECLINE_ORDER),
        cancellation_declines=tuple(_refusal(code) for code in CANCELLATION_DECLINES),
        problems=tuple(_problem(code) for code in sorted(PROBLEMS, key=STATUS_OF.__getitem__)),
    )


def code_spans(text: str) -> Markup:
    """`words` between backticks as code; everything is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def coloured_json(value: Any) -> Markup:
    """JSON with a class for each kind of token; everything is escaped."""
    written = json.dumps(value, ensure_ascii=False, indent=2)
    out, at = Markup(""), 0
    for token in _TOKENS.finditer(written):
        out += escape(written[at : token.start()])
        out += Markup('<span class="json-{}">{}</span>').format(token.lastgroup, token.group())
        at = token.end()
    return out + escape(written[at:])


def _call(method: str, path: str, call: dict[str, Any], schemas: dict[str, Any]) -> CallShown:
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    return CallShown(
        anchor=call["operationId"],
        method=method.upper(),
        path=path,
        summary=call["summary"],
        description=call["description"],
        with_key=bool(call["security"]),
        parameters=tuple(
            FieldShown(
                found["name"],
                _type(found["schema"]),
                found["required"],
                found["description"],
            )
            for found in call.get("parameters", ())
        ),
        members=_members(body["schema"], schemas) if body else (),
        sent=_examples(body),
        answers=tuple(
            _answer(status, answer)
            for status, answer in sorted(call["responses"].items(), key=lambda one: one[0])
        ),
    )


def _members(reference: dict[str, Any], schemas: dict[str, Any]) -> tuple[FieldShown, ...]:
    schema = schemas[reference["$ref"].rsplit("/", 1)[1]]
    return tuple(
        FieldShown(
            name,
            _type(member),
            name in schema.get("required", ()),
            member.get("description", ""),
        )
        for name, member in schema["properties"].items()
    )


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(f"`{word}`" for word in schema["enum"])
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if lowest is not None:
        return f"{schema['type']}, {lowest} to {highest}"
    if longest is not None:
        return f"{schema['type']}, {shortest} to {longest} characters"
    return str(schema.get("format", schema["type"]))


def _answer(status: str, answer: dict[str, Any]) -> AnswerShown:
    content = answer.get("content", {})
    return AnswerShown(
        status=status,
        meaning=answer["description"],
        is_problem="application/problem+json" in content,
        examples=tuple(one for media in content.values() for one in _examples(media)),
    )


def _examples(content: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, example["value"]) for name, example in content.get("examples", {}).items())


def _refusal(code: str) -> CodeShown:
    texts = refusal_texts(code)
    return CodeShown(code, texts.message, texts.next_step, by_name[code].final)


def _problem(code: str) -> CodeShown:
    texts = problem_texts(code)
    return CodeShown(code, texts.title, texts.detail, by_name[code].final, STATUS_OF[code])
