"""What terminals may send, as JSON Schema, and the strict reading of it (design §4).

The law: a body is a JSON object in which every member is known, named once, never null and of the
very type the contract says. One table serves the reading and the OpenAPI document, so that the
document cannot promise what is refused. Values are never echoed.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn
from uuid import UUID

from tpe_client.training.school import WALLETS

Members = dict[str, Any]
MOST_BODY_BYTES: Final = 64 * 1024

_AMOUNT: Final = {"type": "integer", "minimum": 1, "maximum": 100_000}
_CHECK: Final[Members] = {
    "identification": {"type": "string"},
    "wallet": {"type": "string", "enum": list(WALLETS)},
    "amount_cents": _AMOUNT,
    "identity_checked": {"type": "boolean"},
}
_REASONS: Final = ["mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other"]

# Form -> its members; what is not `optional` is required.
FORMS: Final[dict[str, Members]] = {
    "ActivationForm": {"activation_code": {"type": "string", "minLength": 1, "maxLength": 100}},
    "ConfirmationForm": {
        "activation_token": {"type": "string", "minLength": 1, "maxLength": 500},
        "label": {"type": "string", "minLength": 1, "maxLength": 60},
    },
    "ReadingForm": {"reading": {"type": "string", "minLength": 1, "maxLength": 200}},
    "CheckForm": _CHECK,
    "DebitForm": {
        **_CHECK,
        "pin": {"type": "string", "pattern": "^[0-9]{4}$", "optional": True},
    },
    "CancellationForm": {"reason": {"type": "string", "enum": _REASONS, "optional": True}},
    "DayFiguresForm": {
        "count": {"type": "integer", "minimum": 0, "maximum": 10**9},
        "amount_cents": {"type": "integer", "minimum": 0, "maximum": 10**15},
    },
    "TicketForm": {
        "email": {
            "type": "string",
            "minLength": 3,
            "maxLength": 254,
            "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        }
    },
}

_UUID: Final = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Malformed(Exception):
    """Which fields are wrong, and why, by a code."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("malformed")
        self.errors = [{"field": field[:64], "reason": reason} for field, reason in errors]


def uuid_in(text: str) -> UUID:
    """The operation id of a path: 8-4-4-4-12, any case, any version."""
    if not _UUID.fullmatch(text):
        raise Malformed(("operation_id", "uuid"))
    return UUID(text)


def read_form(name: str, body: bytes, *, content_type: str | None) -> Members:
    """The members of a body; Malformed for anything the form does not say."""
    if not body and all(rule.get("optional") for rule in FORMS[name].values()):
        return {}
    media_type = (content_type or "application/json").split(";", 1)[0].strip().lower()
    if media_type != "application/json":
        raise Malformed(("", "not_json_media_type"))
    try:
        members = json.loads(
            body.decode(), object_pairs_hook=_named_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise Malformed(("", "not_json")) from None
    if not isinstance(members, dict):
        raise Malformed(("", "not_an_object"))
    wrong = [*_judged(FORMS[name], members)]
    if wrong:
        raise Malformed(*wrong[:20])
    return members


def _judged(form: Members, members: Members) -> list[tuple[str, str]]:
    wrong = [(name, "extra_forbidden") for name in members if name not in form]
    for name, rule in form.items():
        if name not in members:
            if not rule.get("optional"):
                wrong.append((name, "missing"))
        elif (reason := _wrong(rule, members[name])) is not None:
            wrong.append((name, reason))
    return wrong


def _wrong(rule: Members, value: object) -> str | None:
    """Why a value breaks its rule, or None. A boolean is no integer here."""
    if value is None:
        return "null"
    kind = {"string": str, "integer": int, "boolean": bool}[rule["type"]]
    if type(value) is not kind:
        return f"{rule['type']}_type"
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            # Half a character: JSON can write it, UTF-8 cannot.
            return "string_unicode"
        fits = (
            rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
            and re.search(rule.get("pattern", ""), value) is not None
            and not (value.endswith("\n") and "pattern" in rule)
            and value in rule.get("enum", [value])
        )
    else:
        assert isinstance(value, int)
        fits = rule.get("minimum", value) <= value <= rule.get("maximum", value)
    return None if fits else "out_of_range"


def _named_once(pairs: list[tuple[str, Any]]) -> Members:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers could understand two amounts.
        raise ValueError("a member stands twice")
    return members


def _no_number(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
