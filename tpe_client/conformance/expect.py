"""What a check may expect of an answer; what is not so ends the check as Broken.

The law: a failure says what was expected and what came, in one line, without secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tpe_client.conformance.endings import Broken
from tpe_client.conformance.exchange import Answer
from tpe_client.conformance.shapes import PROBLEM, Shape

PROBLEM_JSON: Final = "application/problem+json"
JSON: Final = "application/json"


def status_is(answer: Answer, *wanted: int) -> Answer:
    """The HTTP status."""
    if answer.status not in wanted:
        expected = " or ".join(str(one) for one in wanted)
        told = f" ({answer.code})" if answer.code else ""
        raise Broken(f"{answer.method} {answer.path}: expected {expected}, got "
                     f"{answer.status}{told}")  # fmt: skip
    return answer


def has_shape(answer: Answer, shape: Shape, *statuses: int) -> dict[str, Any]:
    """Status, content type and members; gives the body back."""
    status_is(answer, *(statuses or (200,)))
    media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != JSON:
        raise Broken(f"{answer.method} {answer.path}: content type {media_type or 'missing'}")
    if answer.body is None:
        raise Broken(f"{answer.method} {answer.path}: the body is no JSON object")
    wrong = shape(answer.body, "body")
    if wrong:
        raise Broken(f"{answer.method} {answer.path}: {wrong}")
    return answer.body


def is_problem(answer: Answer, status: int, *codes: str) -> Answer:
    """A problem (RFC 9457) of this status with one of these codes."""
    status_is(answer, status)
    if answer.code not in codes:
        raise Broken(
            f"{answer.method} {answer.path}: expected the code {' or '.join(codes)}, "
            f"got {answer.code}"
        )
    media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != PROBLEM_JSON:
        raise Broken(f"{answer.method} {answer.path}: a problem has {PROBLEM_JSON}")
    wrong = PROBLEM(answer.body, "problem")
    if wrong:
        raise Broken(f"{answer.method} {answer.path}: {wrong}")
    equal(answer.json["status"], status, "problem.status")
    return answer


def is_declined(answer: Answer, code: str, *statuses: int) -> dict[str, Any]:
    """A refusal with this code."""
    status_is(answer, *(statuses or (200, 201)))
    if answer.json.get("outcome") != "declined" or answer.code != code:
        told = answer.code or answer.json.get("outcome")
        raise Broken(f"{answer.method} {answer.path}: expected declined {code}, got {told}")
    return answer.json


def equal(found: object, wanted: object, what: str) -> None:
    """Two values are one, of one type."""
    if found != wanted or type(found) is not type(wanted):
        raise Broken(f"{what}: expected {wanted!r}, got {found!r}")


def true(fact: bool, otherwise: str) -> None:
    """A fact holds; `otherwise` says what is wrong when it does not."""
    if not fact:
        raise Broken(otherwise)


def same_but(first: dict[str, Any], second: dict[str, Any], *names: str) -> None:
    """The same members with the same values, these names apart."""
    for name in _ordered({*first, *second} - set(names)):
        if name not in first or name not in second:
            raise Broken(f"the member {name} is in one answer and not in the other")
        equal(second[name], first[name], f"member {name} of the second answer")


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names)
