"""Every route of the youths' portal × every role: who passes, who is told that they may not, what
is unknown, and that only a form of ours does anything."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.portals.belongings import footprint
from tests.portals.desk.agents import hire, open_desk_session
from tests.portals.site import Site
from tests.portals.test_policy import ELSEWHERE, INLINE
from tests.portals.visitor import Visitor
from tests.portals.youth.conftest import AsYouth
from tests.portals.youth.household import Household, make_household
from tests.portals.youth.matrix import ROWS, Asked, asked, key_of
from tests.portals.youth.people import ROLES
from tests.portals.youth.questions import questions_of_pages
from youth_portal.portal import SIGN_IN
from youth_portal.routes import ROUTES

POSTS = asked("POST")
ONCE = [route for route in POSTS if not route.row.again]


@pytest.fixture
def house(site: Site) -> Household:
    return make_household(site.office)


def ask(visitor: Visitor, route: Asked, address: str, house: Household) -> httpx.Response:
    """The answer to a link followed, or to a form posted as our page shows it."""
    if route.method == "GET":
        return visitor.get(address)
    return post(visitor, route, address, house, token=visitor.token)


def post(
    visitor: Visitor, route: Asked, address: str, house: Household, *, token: str, **options: Any
) -> httpx.Response:
    form = dict(route.row.form(house))
    if route.row.files:
        fields = form | ({"jeton": token} if token else {})
        return visitor.http.post(address, data=fields, files=dict(route.row.files), **options)
    return visitor.post(address, form, token=token, **options)


def role_of(route: Asked) -> str | None:
    """Somebody who may: the one who has most."""
    return None if route.roles is None else "linked" if "linked" in route.roles else "known"


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    routes = [key_of(route.method, route.path) for route in ROUTES]
    assert sorted(set(routes) - ROWS.keys()) == [], "without a row in matrix.py"
    assert sorted(ROWS.keys() - set(routes)) == [], "rows of routes that are gone"
    assert [key for key, count in Counter(routes).items() if count > 1] == []


def test_whoever_is_not_signed_in_is_sent_to_sign_in(house: Household, as_youth: AsYouth) -> None:
    found = []
    visitor = as_youth(None)
    for route in asked():
        if route.roles is None:
            continue
        answer = ask(visitor, route, route.address(house), house)
        location = answer.headers.get("location", "")
        if answer.status_code != 303 or not location.startswith(SIGN_IN):
            found.append(f"{route.key}: {answer.status_code} {location}")
    assert not found, "\n".join(found)


def test_an_agents_session_opens_nothing_here(
    site: Site, house: Household, as_youth: AsYouth
) -> None:
    secret = open_desk_session(site.office, hire(site.office, "hotline"))
    visitor = as_youth(None)
    visitor.carry(secret)
    found = [
        route.key
        for route in asked("GET")
        if route.roles is not None and visitor.get(route.address(house)).status_code != 303
    ]
    assert not found


def test_a_role_that_may_not_is_told_so(house: Household, as_youth: AsYouth) -> None:
    found = []
    for role in ROLES:
        visitor = as_youth(house.youth(role))
        for route in asked():
            if route.roles is None or role in route.roles:
                continue
            answer = ask(visitor, route, route.address(house), house)
            if answer.status_code != 403 or "liée à ton compte" not in answer.text:
                found.append(f"{route.key} as {role}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_every_page_opens_to_every_role_that_may(house: Household, as_youth: AsYouth) -> None:
    found = []
    for role in (None, *ROLES):
        visitor = as_youth(house.youth(role))
        for route in asked("GET"):
            if route.row.stream or (route.roles is not None and role not in route.roles):
                continue
            answer = visitor.get(route.address(house))
            if answer.status_code not in route.row.statuses:
                found.append(f"{route.key} as {role}: {answer.status_code}")
            found += [f"{route.key} as {role}: {told}" for told in _loose(route, answer)]
    assert not found, "\n".join(found)


def test_pages_on_the_event_loop_write_nothing_but_their_session(
    site: Site, house: Household, as_youth: AsYouth
) -> None:
    """Each of their statements is committed by itself."""
    with questions_of_pages(site) as questions:
        for role in (None, *ROLES):
            visitor = as_youth(house.youth(role))
            for route in asked("GET"):
                if not route.row.stream:
                    visitor.get(route.address(house))
    looks = re.compile(r"\s*SELECT\b(?!.*\bFOR (NO KEY )?(UPDATE|SHARE)\b)", re.DOTALL)
    writes = [one for one in questions if not looks.match(one) and " web_session " not in one]
    assert len(questions) > len(ROLES) and writes == []


def _loose(route: Asked, answer: httpx.Response) -> list[str]:
    """What the strict policy would refuse, or a cache would keep."""
    if route.row.downloads:
        return []
    told = [] if answer.headers["cache-control"] == "no-store" else ["may be kept by a cache"]
    if answer.status_code != 200:
        return told
    if "script-src 'self';" not in answer.headers["content-security-policy"]:
        told.append("has no strict policy")
    told += [name for name, pattern in INLINE.items() if pattern.search(answer.text)]
    return told + (["names another site"] if ELSEWHERE.search(answer.text) else [])


def test_what_does_not_exist_is_answered_with_a_page(house: Household, as_youth: AsYouth) -> None:
    found = []
    for route in asked():
        if "{" not in route.path or route.row.stream:
            continue
        visitor = as_youth(house.youth(role_of(route)))
        answer = ask(visitor, route, route.unknown_address(house), house)
        if answer.status_code != 404 or "<h1" not in answer.text:
            found.append(f"{route.key}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_a_form_without_our_token_or_from_elsewhere_does_nothing(
    site: Site, house: Household, as_youth: AsYouth
) -> None:
    found = []
    somebody_else = as_youth(house.other).token
    visitors = {role: as_youth(house.youth(role)) for role in (None, *ROLES)}
    tokens = {role: visitor.token for role, visitor in visitors.items()}
    before = footprint(site.office)
    for route in POSTS:
        role = role_of(route)
        visitor, token, address = visitors[role], tokens[role], route.address(house)
        tries: dict[str, dict[str, Any]] = {
            "without a token": {"token": ""},
            "with a wrong token": {"token": "0" * 64},
            "with the token of another session": {"token": somebody_else},
            "from another origin": {
                "token": token, "headers": {"Origin": "https://ailleurs.example"},
            },
            "that the browser calls cross-site": {
                "token": token, "headers": {"Sec-Fetch-Site": "cross-site"},
            },
        }  # fmt: skip
        for how, options in tries.items():
            answer = post(visitor, route, address, house, **options)
            if answer.status_code != 403:
                found.append(f"{route.key} {how}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert footprint(site.office) == before


@pytest.mark.parametrize("route", ONCE, ids=[route.key for route in ONCE])
def test_a_form_posted_twice_acts_once(
    site: Site, house: Household, as_youth: AsYouth, route: Asked
) -> None:
    visitor = as_youth(house.youth(role_of(route)))
    address = route.address(house)
    first = ask(visitor, route, address, house)
    assert first.status_code in route.row.statuses, first.text
    after = footprint(site.office)
    again = ask(visitor, route, address, house)
    assert again.status_code < 500
    assert footprint(site.office) == after
