"""Every route × every role × ours, theirs and nobody's: who passes, who sees, what may change.

The matrix is made from the routes themselves; a row of matrix.py says only how to ask. What is
foreign answers like what does not exist, to the last byte, and is as it was afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cardservice.db.tables import metadata
from cardservice.wiring import Office
from partner_portal.portal import SIGN_IN
from partner_portal.routes import ROUTES
from tests.conftest import superuser_dsn
from tests.portals.belongings import Belongings, footprint, rows_of
from tests.portals.conftest import SignedIn
from tests.portals.matrix import ROWS, Asked, asked, key_of, unlike
from tests.portals.people import ROLES
from tests.portals.site import PREFIX, Site
from tests.portals.visitor import Visitor

POSTS = asked("POST")
POISON = "777777"


def browser_of(signed_in: SignedIn, side: Belongings, role: str | None) -> Visitor:
    """The browser of one of a partner's people, who stands at the till of the first outlet."""
    if role is None:
        return signed_in(None)
    return signed_in(side.team.people[role], at=side.team.partner.outlet_id)


def ask(visitor: Visitor, route: Asked, address: str, belongings: Belongings) -> Any:
    """The answer to a link followed, or to a form posted as our page shows it."""
    if route.method == "GET":
        return visitor.get(address)
    return visitor.post(address, route.row.form(belongings))


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    routes = [key_of(route.method, route.path) for route in ROUTES]
    assert sorted(set(routes) - ROWS.keys()) == [], "without a row in matrix.py"
    assert sorted(ROWS.keys() - set(routes)) == [], "rows of routes that are gone"
    assert [key for key, count in Counter(routes).items() if count > 1] == []


def test_whoever_is_not_signed_in_or_suspended_is_sent_to_sign_in(
    ours: Belongings, signed_in: SignedIn
) -> None:
    found = []
    for name in (None, "suspended", "invited"):
        person = None if name is None else ours.team.people[name]
        for route in asked():
            if route.roles is None:
                continue
            answer = ask(signed_in(person), route, route.address(ours), ours)
            location = answer.headers.get("location", "")
            if answer.status_code != 303 or not location.startswith(SIGN_IN):
                found.append(f"{route.key} as {name}: {answer.status_code} {location}")
    assert not found, "\n".join(found)


def test_a_role_that_may_not_is_told_so_and_nothing_changes(
    site: Site, ours: Belongings, signed_in: SignedIn
) -> None:
    before = rows_of(site.office, ours.team)
    found = []
    for role in ROLES:
        visitor = browser_of(signed_in, ours, role)
        for route in asked():
            if route.roles is None or role in route.roles:
                continue
            answer = ask(visitor, route, route.address(ours), ours)
            if answer.status_code != 403 or "<h1" not in answer.text:
                found.append(f"{route.key} as {role}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert rows_of(site.office, ours.team) == before


def test_every_page_opens_to_every_role_that_may(ours: Belongings, signed_in: SignedIn) -> None:
    found = []
    for role in ROLES:
        visitor = browser_of(signed_in, ours, role)
        for route in asked("GET"):
            if route.roles is not None and role not in route.roles:
                continue
            answer = visitor.get(route.address(ours))
            if not route.row.fits(role, answer.status_code):
                found.append(f"{route.key} as {role}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_what_is_theirs_answers_like_what_does_not_exist(
    site: Site, ours: Belongings, theirs: Belongings, signed_in: SignedIn
) -> None:
    before = rows_of(site.office, theirs.team)
    found = []
    for role in ROLES:
        visitor = browser_of(signed_in, ours, role)
        for route in asked():
            if not route.of_a_thing or role not in (route.roles or ()):
                continue
            names = route.names_in(theirs)
            form = dict(route.row.form(ours))
            foreign, unknown = (
                visitor.get(address) if route.method == "GET" else visitor.post(address, form)
                for address in (route.address(theirs), route.unknown_address(theirs))
            )
            if (foreign.status_code, unknown.status_code) != (404, 404):
                found.append(
                    f"{route.key} as {role}: {foreign.status_code} for theirs,"
                    f" {unknown.status_code} for nobody's"
                )
            elif _without(foreign.text, names) != _without(unknown.text, names):
                found.append(f"{route.key} as {role}: the two pages differ")
    assert not found, "\n".join(found)
    assert rows_of(site.office, theirs.team) == before


def test_no_page_of_ours_holds_anything_of_theirs(
    ours: Belongings, theirs: Belongings, signed_in: SignedIn
) -> None:
    """Not even when a filter or a page's own address names it."""
    marks = [
        theirs.team.partner.trade_name,
        theirs.remittance_number,
        *(person.email for person in theirs.team.people.values() if person.email),
        *(
            name
            for sold in (theirs.before, theirs.today, theirs.today_too, theirs.cancelled)
            for name in (sold.reference, sold.operation_id)
        ),
    ]
    lead = theirs.team.people["lead"].delegate_id
    queries = [
        "",
        f"?point_de_vente={theirs.team.partner.outlet_id}",
        f"?delegue={lead}&qui={lead}",
        f"?terminal={theirs.till.terminal_id}",
        f"?reference={theirs.before.reference}",
        "?du=2026-01-01&au=2026-12-31",
    ]
    found = []
    for role in ROLES:
        visitor = browser_of(signed_in, ours, role)
        for route in asked("GET"):
            if role not in (route.roles or ()):
                continue
            for query in queries:
                text = visitor.get(route.address(ours) + query).text
                # What was asked for may stand in the field that asked for it.
                text = text.replace(f'value="{theirs.before.reference}"', "")
                text = text.replace(f"reference={theirs.before.reference}", "")
                held = [mark for mark in marks if mark in text]
                if held:
                    found.append(f"{route.key}{query} as {role}: {held}")
    assert not found, "\n".join(found)


def test_a_form_that_names_a_thing_of_theirs_is_refused_like_one_that_names_nothing(
    site: Site, ours: Belongings, theirs: Belongings, signed_in: SignedIn
) -> None:
    before = rows_of(site.office, theirs.team)
    found = []
    for route in POSTS:
        for role in sorted(set(ROLES) & (route.roles or set())):
            visitor = browser_of(signed_in, ours, role)
            for name in route.row.names:
                form = dict(route.row.form(ours))
                foreign = route.row.form(theirs)[name]
                values = (foreign, _unlike_all(foreign))
                answers = [
                    visitor.post(route.address(ours), form | {name: value}) for value in values
                ]
                both = [one for value in values for one in _listed(value)]
                told = {(answer.status_code, _without(answer.text, both)) for answer in answers}
                if len(told) != 1 or answers[0].status_code not in (404, 422):
                    statuses = [answer.status_code for answer in answers]
                    found.append(f"{route.key} as {role}, {name}: {statuses}")
    assert not found, "\n".join(found)
    assert rows_of(site.office, theirs.team) == before


def test_a_form_without_our_token_or_from_elsewhere_does_nothing(
    site: Site, ours: Belongings, signed_in: SignedIn
) -> None:
    office, before = site.office, None
    found = []
    for route in POSTS:
        roles = sorted(route.roles or {"lead"})
        visitor = browser_of(signed_in, ours, None if route.roles is None else roles[0])
        somebody_else = signed_in(ours.team.people["cashier"])
        form, address = route.row.form(ours), route.address(ours)
        before = before or rows_of(office, ours.team)
        tries = {
            "without a token": visitor.post(address, form, token=""),
            "with a wrong token": visitor.post(address, form, token="0" * 64),
            "with a token of other letters": visitor.post(address, form, token="é" * 64),
            "with the token of another session": visitor.post(
                address, form, token=somebody_else.token
            ),
            "from another origin": visitor.post(
                address, form, headers={"Origin": "https://ailleurs.example"}
            ),
            "that the browser calls cross-site": visitor.post(
                address, form, headers={"Sec-Fetch-Site": "cross-site"}
            ),
        }
        for how, answer in tries.items():
            if answer.status_code != 403:
                found.append(f"{route.key} {how}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert rows_of(office, ours.team) == (before or rows_of(office, ours.team))


@pytest.mark.parametrize("route", POSTS, ids=[route.key for route in POSTS])
def test_a_form_changes_nothing_that_it_does_not_show(
    site: Site,
    sides: tuple[Belongings, Belongings],
    signed_in: SignedIn,
    route: Asked,
) -> None:
    """Posted plainly by one partner, with every column's name as one more field by the other."""
    changed = []
    for side, extra in zip(sides, ({}, _every_column()), strict=True):
        visitor = browser_of(signed_in, side, _first_role(route))
        visitor.get(f"{PREFIX}/caisse")
        before = footprint(site.office)
        form = dict(route.row.form(side))
        fields = {name: value for name, value in extra.items() if name not in form} | form
        answer = visitor.post(route.address(side), fields)
        if not route.row.fits(_first_role(route), answer.status_code):
            pytest.fail(f"{route.key} answers {answer.status_code}")
        after = footprint(site.office)
        changed.append({name: after[name] - before[name] for name in after})
    assert changed[0] == changed[1]
    assert POISON not in _everything(site.office)


def _everything(office: Office) -> str:
    """All the text and numbers that the tables of people and partners hold."""
    tables = ("delegate", "credential", "partner", "outlet", "terminal", "bank_account",
              "agreement", "regularisation_file", "web_session", "till_pass")  # fmt: skip
    with psycopg.connect(superuser_dsn(office)) as db:
        found: Iterator[Any] = (
            db.execute(f"SELECT x::text FROM {name} x".encode()).fetchall() for name in tables
        )
        return "\n".join(row[0] for rows in found for row in rows)


def _every_column() -> dict[str, str]:
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    told = {"role": "lead", "state": "active", "every_outlet": "true", "ends_before": "2999-01-01"}
    # A form of more than 200 fields is nobody's.
    wanted = [name for name in sorted(columns) if name in _BEHIND_FORMS]
    return {name: told.get(name, POISON) for name in wanted}


_BEHIND_FORMS = {
    column.name
    for name in ("delegate", "credential", "partner", "outlet", "terminal", "bank_account",
                 "agreement", "regularisation_file", "operation", "web_session", "till_pass")
    for column in metadata.tables[name].columns
}  # fmt: skip


def _first_role(route: Asked) -> str | None:
    """The lead if he may; None for a route of visitors."""
    if route.roles is None:
        return None
    return "lead" if "lead" in route.roles else sorted(route.roles)[0]


def _unlike_all(value: str | list[str]) -> str | list[str]:
    return unlike(value) if isinstance(value, str) else [unlike(one) for one in value]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _without(text: str, names: list[str]) -> str:
    for one in names:
        text = re.sub(rf"\b{re.escape(one)}\b", "", text)
    return text
