"""Hostile texts in every field of every form and in every stored name: shown as text, nothing more.

A page that breaks, a script that runs, a formula in a file and a word that pushes the page aside
are the same mistake: a text that was taken for something else.
"""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlencode

import psycopg
import pytest

from tests.conftest import superuser_dsn
from tests.portals import axe
from tests.portals.belongings import Belongings
from tests.portals.browsers import PHONE
from tests.portals.conftest import PageOf, SignedIn
from tests.portals.matrix import Asked, asked
from tests.portals.site import Site

SCRIPT = '<script>hurle=1</script><img src=x onerror="hurle=1">'
TYPED = {
    "script": SCRIPT,
    "attribute": '" autofocus onfocus="hurle=1" x="',
    "formula": '=HYPERLINK("http://ailleurs.example";"cliquez")',
    "long": "A" * 10_000,
    "right to left": "\u202egnp.exe\u202c",
    "emoji": "👩\u200d🎤🎉",
    "quotes": "'\"« » & \\ ; '); DROP TABLE delegate; --",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}%s%(x)s",
    "spaces": "\u00a0\u2003\u200b",
    "digits of elsewhere": "١٢٣٤",
    "a number without end": "9" * 400,
}
UNSEEN = {"NUL": "a\x00b", "escape": "\x1b[31m", "half a pair": "\ud800"}
# As long as names may be, without a place to break a line.
UNBREAKABLE = "Anticonstitutionnellement" * 2
NAMES = {"script": SCRIPT, "formula": TYPED["formula"], "right to left": TYPED["right to left"],
         "quotes": TYPED["quotes"], "unbreakable": UNBREAKABLE}  # fmt: skip

POSTS = [route for route in asked("POST") if route.row.form is not None]


def rename_everything(site: Site, name: str) -> None:
    """Stores a text wherever somebody outside may have named something."""
    columns = {
        "partner": ("trade_name", "legal_name", "address", "commune"),
        "delegate": ("first_name", "last_name"),
        "beneficiary": ("first_name", "last_name"),
        "terminal": ("label",),
        "bank_account": ("holder_name",),
        "journal": ("detail",),
        "web_session": ("browser",),
        "regularisation_file": ("explanation",),
    }
    with psycopg.connect(superuser_dsn(site.office)) as db:
        db.execute("SET session_replication_role = replica")
        for table, names in columns.items():
            sets = ", ".join(f"{column} = %s" for column in names)
            db.execute(f"UPDATE {table} SET {sets}".encode(), [name] * len(names))
        # Two outlets of a partner have two names.
        db.execute("UPDATE outlet SET name = %s || outlet_id, address = %s", [name, name])
        db.execute("UPDATE register_version SET version = version + 1")


@pytest.mark.parametrize("route", POSTS, ids=[route.key for route in POSTS])
def test_whatever_is_typed_into_a_field_is_answered(
    ours: Belongings, signed_in: SignedIn, route: Asked
) -> None:
    role = None if route.roles is None else sorted(route.roles - {"day_cashier"})[0]
    person = None if role is None else ours.team.people[role]
    visitor = signed_in(person, at=ours.team.partner.outlet_id)
    found = []
    for field in route.row.form(ours):
        for kind, text in TYPED.items():
            answer = visitor.post(route.address(ours), dict(route.row.form(ours)) | {field: text})
            if answer.status_code not in (200, 303, 400, 404, 409, 410, 422, 429):
                found.append(f"{field}, {kind}: {answer.status_code}")
            if SCRIPT in answer.text or 'onfocus="hurle' in answer.text:
                found.append(f"{field}, {kind}: stands in the page as it was typed")
            if (
                person is not None
                and answer.status_code == 303
                and "connexion" in str(answer.headers["location"])
            ):
                found.append(f"{field}, {kind}: ends the session")
        for kind, text in UNSEEN.items():
            body = dict(route.row.form(ours)) | {field: text, "jeton": visitor.token}
            answer = visitor.http.post(
                route.address(ours),
                content=urlencode(body, doseq=True, errors="surrogatepass"),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            if answer.status_code != 400:
                found.append(f"{field}, {kind}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_whatever_stands_in_an_address_is_answered(ours: Belongings, signed_in: SignedIn) -> None:
    visitor = signed_in(ours.team.people["lead"], at=ours.team.partner.outlet_id)
    texts = [
        "%00",
        "%ff",
        "..%2f..",
        "%3Cscript%3E",
        "9" * 400,
        "-1",
        "0",
        "%F0%9F%8E%89",
        "a" * 3000,
    ]
    found = []
    for route in asked("GET"):
        place = route.row.place(ours)
        for name in place:
            for text in texts:
                address = route.path
                for other, value in place.items():
                    filled = text if other == name else str(value)
                    address = re.sub(rf"{{{other}(:\w+)?}}", lambda _, to=filled: to, address)
                status = visitor.get(address).status_code
                if status not in (200, 303, 400, 404, 410):
                    found.append(f"{route.key} with {text[:20]}: {status}")
    assert not found, "\n".join(found)


def test_whatever_follows_an_address_is_answered(ours: Belongings, signed_in: SignedIn) -> None:
    """Every filter that a page's own forms and links name, and a few it does not."""
    visitor = signed_in(ours.team.people["lead"], at=ours.team.partner.outlet_id)
    known = {"dit", "page", "mois", "exemplaire", "apres", "fin"}
    texts = [SCRIPT, "9" * 30, "2026-13-45", "0001-01-01"]
    found = []
    for route in asked("GET"):
        address = route.address(ours)
        page = visitor.get(address)
        fields = set(re.findall(r'<(?:input|select)[^>]*\sname="(\w+)"', page.text)) | known
        for field in sorted(fields - {"jeton"}):
            for text in texts:
                answer = visitor.get(address, params={field: text})
                if answer.status_code not in (200, 303, 400, 404, 410, 422):
                    found.append(f"{route.key}?{field}={text[:20]}: {answer.status_code}")
                if SCRIPT in answer.text:
                    found.append(f"{route.key}?{field}: stands in the page as it was asked")
            twice = visitor.get(f"{address}?{field}=a&{field}=b")
            if twice.status_code >= 500:
                found.append(f"{route.key}?{field} twice: {twice.status_code}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[] if kind in ("script", "unbreakable") else pytest.mark.soak)
        for kind in NAMES
    ],
)
def test_a_hostile_name_is_a_name_on_every_page(
    site: Site, ours: Belongings, page_of: PageOf, kind: str
) -> None:
    """In the real browser, on a phone: nothing runs, nothing breaks, nothing scrolls sideways."""
    rename_everything(site, NAMES[kind])
    found: list[str] = []
    for role in ("lead", "day_cashier"):
        page = page_of(ours.team.people[role], at=ours.team.partner.outlet_id, width=PHONE)
        for route in asked("GET"):
            if role not in (route.roles or ()) or route.row.downloads:
                continue
            answer = page.goto(route.address(ours))
            assert answer is not None
            if answer.status >= 500:
                found.append(f"{route.key} as {role}: {answer.status}")
            if page.evaluate(
                "typeof hurle !== 'undefined' || !!document.querySelector('main img[src=x]')"
            ):
                found.append(f"{route.key} as {role}: it runs")
            found += axe.too_wide(page)
    assert not found, "\n".join(found)


def test_no_cell_of_any_file_is_a_formula(
    site: Site, ours: Belongings, signed_in: SignedIn
) -> None:
    rename_everything(site, TYPED["formula"])
    visitor = signed_in(ours.team.people["lead"], at=ours.team.partner.outlet_id)
    files = 0
    for route in asked("GET"):
        answer = visitor.get(route.address(ours))
        if not answer.headers.get("content-type", "").startswith("text/csv"):
            continue
        files += 1
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        assert len(rows) > 1, f"{route.key} lists nothing"
        for row in rows:
            for cell in row:
                assert not re.match(r"[=+@\t\r]|-(?!\d)", cell), f"{route.key}: {cell}"
    assert files or not any(route.row.downloads for route in asked("GET"))
