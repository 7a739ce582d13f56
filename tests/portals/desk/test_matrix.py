"""Every route of the desk × every role: who passes, who is told that they may not, what is unknown,
and that only a form of ours does anything."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import psycopg
import pytest

from cardservice.wiring import Office
from department_desk.portal import SIGN_IN
from department_desk.routes import ROUTES
from tests.conftest import superuser_dsn
from tests.portals.belongings import footprint
from tests.portals.desk.agents import ROLES
from tests.portals.desk.conftest import AtDesk
from tests.portals.desk.dossier import Dossier
from tests.portals.desk.matrix import ROWS, Asked, asked, key_of
from tests.portals.people import make_team, open_session
from tests.portals.site import Site
from tests.portals.test_policy import ELSEWHERE, INLINE
from tests.portals.visitor import Visitor

POSTS = asked("POST")
ONCE = [route for route in POSTS if not route.row.again]


def ask(visitor: Visitor, route: Asked, address: str, dossier: Dossier) -> httpx.Response:
    """The answer to a link followed, or to a form posted as our page shows it."""
    return (
        visitor.get(address)
        if route.method == "GET"
        else post(visitor, route, address, dossier, token=visitor.token)
    )


def post(
    visitor: Visitor, route: Asked, address: str, dossier: Dossier, *, token: str, **options: Any
) -> httpx.Response:
    form = dict(route.row.form(dossier))
    if route.row.has_file:
        fields = {"jeton": token} if token else {}
        files = {"fichier": ("releve.xml", b"<not-a-bank/>", "text/xml")}
        return visitor.http.post(address, data=fields, files=files, **options)
    return visitor.post(address, form, token=token, **options)


def money_rows(office: Office) -> list[Any]:
    """Whatever a form of the desk may move."""
    tables = ("reimbursement_run", "run_event", "transfer_answer", "transfer_release",
              "bank_message", "partner_hold", "document", "operation")  # fmt: skip
    with psycopg.connect(superuser_dsn(office)) as db:
        return [
            db.execute(f"SELECT x::text FROM {name} x ORDER BY 1".encode()).fetchall()
            for name in tables
        ]


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    routes = [key_of(route.method, route.path) for route in ROUTES]
    assert sorted(set(routes) - ROWS.keys()) == [], "without a row in matrix.py"
    assert sorted(ROWS.keys() - set(routes)) == [], "rows of routes that are gone"
    assert [key for key, count in Counter(routes).items() if count > 1] == []


def test_whoever_is_not_signed_in_is_sent_to_sign_in(dossier: Dossier, at_desk: AtDesk) -> None:
    found = []
    visitor = at_desk(None)
    for route in asked():
        if route.roles is None:
            continue
        answer = ask(visitor, route, route.address(dossier), dossier)
        location = answer.headers.get("location", "")
        if answer.status_code != 303 or not location.startswith(SIGN_IN):
            found.append(f"{route.key}: {answer.status_code} {location}")
    assert not found, "\n".join(found)


def test_a_partners_session_opens_nothing_at_the_desk(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    secret = open_session(site.office, make_team(site.office).people["lead"])
    visitor = at_desk(None)
    visitor.carry(secret)
    visitor.http.cookies.set("cjeune-partner", secret, domain="127.0.0.1", path="/")
    found = [
        route.key
        for route in asked("GET")
        if route.roles is not None and visitor.get(route.address(dossier)).status_code != 303
    ]
    assert not found


def test_a_role_that_may_not_is_told_so_and_nothing_changes(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    before = money_rows(site.office)
    found = []
    for role in ROLES:
        visitor = at_desk(dossier.bureau[role])
        for route in asked():
            if route.roles is None or role in route.roles:
                continue
            answer = ask(visitor, route, route.address(dossier), dossier)
            if answer.status_code != 403 or "Votre rôle n’ouvre pas" not in answer.text:
                found.append(f"{route.key} as {role}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert money_rows(site.office) == before


def test_every_page_opens_to_every_role_that_may(dossier: Dossier, at_desk: AtDesk) -> None:
    found = []
    for role in ROLES:
        visitor = at_desk(dossier.bureau[role])
        for route in asked("GET"):
            if route.roles is not None and role not in route.roles:
                continue
            answer = visitor.get(route.address(dossier))
            if not route.row.fits(role, answer.status_code):
                found.append(f"{route.key} as {role}: {answer.status_code}")
            found += [f"{route.key} as {role}: {told}" for told in _loose(route, answer)]
    assert not found, "\n".join(found)


def _loose(route: Asked, answer: httpx.Response) -> list[str]:
    """What the strict policy would refuse, or a cache would keep."""
    told = [] if answer.headers["cache-control"] == "no-store" else ["may be kept by a cache"]
    if route.row.downloads or answer.status_code != 200 or "bordereau." in route.path:
        return told
    if "script-src 'self';" not in answer.headers["content-security-policy"]:
        told.append("has no strict policy")
    told += [name for name, pattern in INLINE.items() if pattern.search(answer.text)]
    return told + (["names another site"] if ELSEWHERE.search(answer.text) else [])


def test_what_does_not_exist_is_answered_with_a_page(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    before = money_rows(site.office)
    found = []
    for role in ROLES:
        visitor = at_desk(dossier.bureau[role])
        for route in asked():
            if "{" not in route.path or role not in (route.roles or ()):
                continue
            if route.path.endswith(".css"):
                # One style sheet for all.
                continue
            answer = ask(visitor, route, route.unknown_address(dossier), dossier)
            # Back to the bank's page when its fortnight is over; unknown in every other case.
            if answer.status_code not in (404, 409) and "/banque/quinzaines/" not in route.path:
                found.append(f"{route.key} as {role}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert money_rows(site.office) == before


def test_a_form_without_our_token_or_from_elsewhere_does_nothing(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    before = money_rows(site.office)
    found = []
    somebody_else = at_desk(dossier.bureau["administrator"])
    for route in POSTS:
        role = None if route.roles is None else sorted(route.roles)[0]
        visitor = at_desk(None if role is None else dossier.bureau[role])
        address = route.address(dossier)
        tries = {
            "without a token": post(visitor, route, address, dossier, token=""),
            "with a wrong token": post(visitor, route, address, dossier, token="0" * 64),
            "with the token of another session": post(
                visitor, route, address, dossier, token=somebody_else.token
            ),
            "from another origin": post(
                visitor, route, address, dossier, token=visitor.token,
                headers={"Origin": "https://ailleurs.example"},
            ),
            "that the browser calls cross-site": post(
                visitor, route, address, dossier, token=visitor.token,
                headers={"Sec-Fetch-Site": "cross-site"},
            ),
        }  # fmt: skip
        for how, answer in tries.items():
            if answer.status_code != 403:
                found.append(f"{route.key} {how}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert money_rows(site.office) == before


@pytest.mark.parametrize("route", ONCE, ids=[route.key for route in ONCE])
def test_a_form_posted_twice_acts_once(
    site: Site, dossier: Dossier, at_desk: AtDesk, route: Asked
) -> None:
    roles = sorted(route.roles or {"hotline"})
    visitor = at_desk(dossier.bureau[roles[-1]])
    address = route.address(dossier)
    first = ask(visitor, route, address, dossier)
    assert route.row.fits(roles[-1], first.status_code) or first.status_code == 409, first.text
    after = footprint(site.office)
    again = ask(visitor, route, address, dossier)
    assert again.status_code < 500
    assert footprint(site.office) == after
