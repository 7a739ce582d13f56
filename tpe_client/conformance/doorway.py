"""Checks of the doorway: keys, problems, headers, addresses, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tpe_client.conformance.bench import API, Bench, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.expect import equal, is_problem, status_is, true

_KEYED: Final = (
    ("GET", "/me"),
    ("POST", "/identifications"),
    ("POST", "/debits/check"),
    ("PUT", "/debits/{id}"),
    ("GET", "/debits/{id}"),
    ("PUT", "/debits/{id}/cancellation"),
    ("GET", "/debits"),
    ("GET", "/day-closes/2026-01-01"),
    ("POST", "/day-closes/2026-01-01"),
)
_UNKNOWN_KEY: Final = "ck_conformance-nobody-was-ever-given-this-key"


@check(
    "openapi-is-served",
    "The OpenAPI document is served to anybody and lists every call.",
    section="§4",
)
def openapi_is_served(bench: Bench) -> None:
    answer = status_is(bench.call("GET", f"{API}/openapi.json"), 200)
    true(str(answer.json.get("openapi", "")).startswith("3."), "this is no OpenAPI 3 document")
    paths = {path.split("{")[0] for path in answer.json.get("paths", {})}
    for _, path in (*_KEYED, ("POST", "/terminals/activation")):
        wanted = f"{API}{path.replace('2026-01-01', '{')}".split("{")[0]
        true(wanted in paths, f"the document does not list {API}{path}")


@check(
    "health-is-told",
    "/healthz and /readyz answer without a key, outside /api/v1.",
    section="§4",
)
def health_is_told(bench: Bench) -> None:
    for path in ("/healthz", "/readyz"):
        status_is(bench.call("GET", path), 200)


@check(
    "key-is-needed",
    "Every call but the activation answers 401 terminal_unknown without a key, with a challenge.",
    section="§4 Order",
)
def key_is_needed(bench: Bench) -> None:
    for method, path in _KEYED:
        answer = bench.call(method, API + path.replace("{id}", new_id()), body=_body(method))
        is_problem(answer, 401, "terminal_unknown")
        true(
            "bearer" in answer.headers.get("www-authenticate", "").lower(),
            f"{method} {path}: 401 without WWW-Authenticate: Bearer",
        )


@check(
    "key-must-be-known",
    "A key that nobody was given is 401 terminal_unknown, also in another scheme.",
    section="§4 Errors",
)
def key_must_be_known(bench: Bench) -> None:
    is_problem(bench.call("GET", f"{API}/me", key=_UNKNOWN_KEY), 401, "terminal_unknown")
    key = bench.till().terminal.key
    for presented in (f"Basic {key}", key, "Bearer", f"Bearer {key}x"):
        answer = bench.call("GET", f"{API}/me", headers={"Authorization": presented})
        is_problem(answer, 401, "terminal_unknown")


@check(
    "revoked-key-is-told",
    "A revoked terminal is told so: 401 terminal_revoked, on every call.",
    section="§4 Errors",
)
def revoked_key_is_told(bench: Bench) -> None:
    revoked = bench.till(state="revoked")
    for method, path in _KEYED:
        answer = revoked.call(method, path.replace("{id}", new_id()), body=_body(method))
        is_problem(answer, 401, "terminal_revoked")


@check(
    "key-comes-before-form",
    "Who is nobody learns nothing about the form: 401 comes before 422.",
    section="§4 Order",
)
def key_comes_before_form(bench: Bench) -> None:
    for path in ("/debits/not-a-uuid", f"/debits/{new_id()}"):
        answer = bench.call("PUT", API + path, key=_UNKNOWN_KEY, raw=b"{broken")
        is_problem(answer, 401, "terminal_unknown")


@check(
    "problem-is-rfc-9457",
    "An error is application/problem+json with type, title, status, detail and code.",
    section="§4 Errors",
)
def problem_is_rfc_9457(bench: Bench) -> None:
    till = bench.till()
    is_problem(till.ask(new_id()), 404, "operation_unknown")
    malformed = is_problem(till.ask("not-a-uuid"), 422, "malformed_request")
    true(bool(malformed.json.get("errors")), "422 does not name the fields in `errors`")
    is_problem(till.call("GET", "/nowhere"), 404, "not_found")


@check(
    "values-are-not-echoed",
    "A refusal of a form names fields, never their values.",
    section="§4 Errors",
)
def values_are_not_echoed(bench: Bench) -> None:
    marker = "marker-7f3a91"
    order = {"identification": marker, "wallet": marker, "amount_cents": marker, "pin": marker}
    answer = bench.till().call("PUT", f"/debits/{new_id()}", body=order)
    is_problem(answer, 422, "malformed_request")
    true(marker.encode() not in answer.raw, "the problem repeats what was sent")


@check(
    "answers-are-not-stored",
    "What the API says is never stored or sniffed: Cache-Control no-store, nosniff.",
    section="§4",
)
def answers_are_not_stored(bench: Bench) -> None:
    till = bench.till()
    answers = (till.me(), till.ask(new_id()), till.read(bench.card().code))
    for answer, status in zip(answers, (200, 404, 200), strict=True):
        status_is(answer, status)
        stored = answer.headers.get("cache-control", "")
        true("no-store" in stored, f"{answer.path}: Cache-Control is {stored or 'missing'}")
        sniffed = answer.headers.get("x-content-type-options", "")
        equal(sniffed, "nosniff", f"{answer.path}: X-Content-Type-Options")


@check(
    "big-bodies-are-refused",
    "A body beyond 64 KiB is 413, whether its length is announced or not.",
    section="§4 Errors",
)
def big_bodies_are_refused(bench: Bench) -> None:
    till = bench.till()
    big = b'{"reading":"' + b"7" * 70_000 + b'"}'
    is_problem(till.call("POST", "/identifications", raw=big), 413, "request_too_large")

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(big), 8192):
            yield big[at : at + 8192]

    is_problem(till.call("POST", "/identifications", raw=pieces()), 413, "request_too_large")


@check(
    "wrong-methods-are-told",
    "An unknown address is 404 not_found, a wrong method 405 with Allow.",
    section="§4 Errors",
)
def wrong_methods_are_told(bench: Bench) -> None:
    till = bench.till()
    is_problem(till.call("GET", "/no/such/address"), 404, "not_found")
    answer = is_problem(till.call("DELETE", "/me"), 405, "method_not_allowed")
    true("GET" in answer.headers.get("allow", ""), "405 does not say what is allowed")


def _body(method: str) -> object:
    return None if method == "GET" else {}


CHECKS = (
    openapi_is_served,
    health_is_told,
    key_is_needed,
    key_must_be_known,
    revoked_key_is_told,
    key_comes_before_form,
    problem_is_rfc_9457,
    values_are_not_echoed,
    answers_are_not_stored,
    big_bodies_are_refused,
    wrong_methods_are_told,
)
