"""Only a page of ours, shown to this very browser, has its form taken."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from cardservice.domain.keys import Keys
from cardservice.webkit.csrf import form_token, is_ours

KEYS = Keys(b"k" * 32)
SECRET = "a-session"


def request(**headers: str) -> Request:
    pairs = {"host": "cjeune.example"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "https",
        "path": "/partenaire",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
        "server": ("cjeune.example", 443),
    }
    return Request(scope)


def taken(token: str | None = None, **headers: str) -> bool:
    proof = form_token(KEYS, SECRET) if token is None else token
    return is_ours(request(**headers), KEYS, secret=SECRET, token=proof)


def test_a_form_of_our_own_page_is_taken() -> None:
    assert taken(origin="https://cjeune.example", sec_fetch_site="same-origin")


def test_a_browser_that_says_nothing_is_judged_by_the_token() -> None:
    assert taken()
    assert not taken("")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://cjeune.example.evil.example"},
        {"origin": "https://cjeune.example:8443"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_is_not_taken_even_with_the_token(headers: dict[str, str]) -> None:
    assert not taken(**headers)


@pytest.mark.parametrize("token", ["", "0" * 64, "é" * 64, "\udcff", "x" * 10_000])
def test_a_wrong_token_is_refused_whatever_it_holds(token: str) -> None:
    encodable = token.encode("utf-8", "replace").decode()
    assert not taken(encodable, sec_fetch_site="same-origin")


def test_a_token_dies_with_its_session_and_with_the_house_key() -> None:
    assert form_token(KEYS, SECRET) != form_token(KEYS, "another-session")
    assert form_token(KEYS, SECRET) != form_token(Keys(b"x" * 32), SECRET)
    assert not taken(form_token(KEYS, "another-session"))
