"""Hostile texts in every field of the desk's forms and in every stored name: text, nothing more."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import psycopg
import pytest

from tests.conftest import superuser_dsn
from tests.portals import axe
from tests.portals.browsers import PHONE
from tests.portals.desk.conftest import AtDesk, DeskPage
from tests.portals.desk.dossier import Dossier
from tests.portals.desk.matrix import Asked, asked
from tests.portals.site import Site
from tests.portals.test_hostile_texts import NAMES, SCRIPT, TYPED, UNSEEN

ANSWERS = (200, 303, 400, 404, 409, 422)


def with_fields(dossier: Dossier) -> list[Asked]:
    return [route for route in asked("POST") if route.row.form(dossier) and route.roles]


def test_whatever_is_typed_into_a_field_is_answered(dossier: Dossier, at_desk: AtDesk) -> None:
    found = []
    for route in with_fields(dossier):
        assert route.roles is not None
        visitor = at_desk(dossier.bureau[sorted(route.roles)[0]])
        form = dict(route.row.form(dossier))
        for field in form:
            for kind, text in TYPED.items():
                answer = visitor.post(route.address(dossier), form | {field: text})
                if answer.status_code not in ANSWERS:
                    found.append(f"{route.key} {field}, {kind}: {answer.status_code}")
                if SCRIPT in answer.text or 'onfocus="hurle' in answer.text:
                    found.append(f"{route.key} {field}, {kind}: stands there as it was typed")
            for kind, text in UNSEEN.items():
                body = form | {field: text, "jeton": visitor.token}
                answer = visitor.http.post(
                    route.address(dossier),
                    content=urlencode(body, doseq=True, errors="surrogatepass"),
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
                if answer.status_code != 400:
                    found.append(f"{route.key} {field}, {kind}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_whatever_stands_in_an_address_is_answered(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    texts = ["%00", "%ff", "..%2f..", "%3Cscript%3E", "9" * 400, "-1", "%F0%9F%8E%89", "a" * 3000]
    found = []
    for route in asked("GET"):
        place = route.row.place(dossier)
        for name in place:
            for text in texts:
                address = route.path
                for other, value in place.items():
                    filled = text if other == name else str(value)
                    address = re.sub(rf"{{{other}(:\w+)?}}", lambda _, to=filled: to, address)
                status = visitor.get(address).status_code
                if status not in (*ANSWERS, 403):
                    found.append(f"{route.key} with {text[:20]}: {status}")
    assert not found, "\n".join(found)


def test_whatever_follows_an_address_is_answered(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    texts = [SCRIPT, "9" * 30, "BR-9999-999999999", "%", "١٢٣٤", "D" * 30]
    found = []
    for route in asked("GET"):
        if route.roles is not None and "finance_approver" not in route.roles:
            continue
        address = route.address(dossier)
        page = visitor.get(address)
        fields = set(re.findall(r'<(?:input|select)[^>]*\sname="(\w+)"', page.text))
        for field in sorted((fields | {"dit", "page", "tentative"}) - {"jeton"}):
            for text in texts:
                answer = visitor.get(address, params={field: text})
                if answer.status_code not in ANSWERS:
                    found.append(f"{route.key}?{field}={text[:20]}: {answer.status_code}")
                if SCRIPT in answer.text:
                    found.append(f"{route.key}?{field}: stands in the page as it was asked")
            if visitor.get(f"{address}?{field}=a&{field}=b").status_code >= 500:
                found.append(f"{route.key}?{field} twice")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", ["script", "unbreakable"])
def test_a_hostile_name_is_a_name_on_every_page(
    site: Site, dossier: Dossier, desk_page: DeskPage, kind: str
) -> None:
    """In the real browser, on a phone: nothing runs, nothing breaks, nothing scrolls sideways."""
    name = NAMES[kind]
    with psycopg.connect(superuser_dsn(site.office)) as db:
        db.execute("SET session_replication_role = replica")
        for table, columns in {
            "partner": ("trade_name", "legal_name", "commune"),
            "terminal": ("label",),
            "bank_account": ("holder_name",),
            "run_event": ("reason",),
            "partner_hold": ("reason",),
            "web_session": ("browser",),
            "regularisation_file": ("explanation",),
        }.items():
            sets = ", ".join(f"{column} = %s" for column in columns)
            db.execute(f"UPDATE {table} SET {sets}".encode(), [name] * len(columns))
        db.execute("UPDATE outlet SET name = %s || outlet_id", [name])
    found: list[str] = []
    for role in ("finance_approver", "hotline"):
        page = desk_page(dossier.bureau[role], width=PHONE)
        for route in asked("GET"):
            if role not in (route.roles or ()) or route.row.downloads:
                continue
            answer = page.goto(route.address(dossier))
            assert answer is not None
            if answer.status >= 500:
                found.append(f"{route.key} as {role}: {answer.status}")
            if page.evaluate(
                "typeof hurle !== 'undefined' || !!document.querySelector('main img[src=x]')"
            ):
                found.append(f"{route.key} as {role}: it runs")
            found += axe.too_wide(page)
    assert not found, "\n".join(found)
