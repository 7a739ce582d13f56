"""A form as it came, read strictly; and a form as it is shown again, with its errors.

The law: a page reads the fields it knows by name and binds nothing else; a field that comes twice
where one is meant, bytes that are no UTF-8 and characters nobody can see are no form of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

_MOST_FIELDS = 200
_MEDIA_TYPE = "application/x-www-form-urlencoded"


class MalformedForm(Exception):
    """Nobody's browser sends this: it is answered with 400 and changes nothing."""


@dataclass(frozen=True)
class Form:
    """The fields of a posted form, or of a query; `files` of one that carries any (uploads.py)."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """One line of text, its ends trimmed; empty when the field is absent."""
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise MalformedForm(f"the field {name} came {len(values)} times")
        return values[0].strip() if values else ""

    def raw(self, name: str) -> str:
        """One field exactly as typed: a password keeps its spaces."""
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise MalformedForm(f"the field {name} came {len(values)} times")
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be ticked several times."""
        return list(self.fields.get(name, []))

    def checked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.text(name))


@dataclass
class Shown:
    """A form on its way to the page: what was typed, and what is wrong with which field.

    `errors` maps a field to its French sentence; under "" stands what concerns the whole form.
    """

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in the field."""
        return self.values.get(name, "")

    def error(self, name: str) -> str | None:
        """What is wrong with the field."""
        return self.errors.get(name)


def read_form(body: bytes, content_type: str) -> Form:
    """The form of a request's body. Raises MalformedForm."""
    if content_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise MalformedForm("not a form")
    return _form(body.decode("ascii", errors="replace"))


def read_query(query: bytes) -> Form:
    """The fields of an address. Raises MalformedForm."""
    return _form(query.decode("ascii", errors="replace"))


def _form(encoded: str) -> Form:
    try:
        pairs = parse_qsl(
            encoded, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as failure:
        raise MalformedForm("not a form") from failure
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if has_unseen(value):
            raise MalformedForm("characters that nobody types")
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(fields)


def has_unseen(value: str) -> bool:
    """Whether a text holds characters that nobody can see or type, and no row can hold."""
    return any(character < " " and character not in "\r\n\t" for character in value)
