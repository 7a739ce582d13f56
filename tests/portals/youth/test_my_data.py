"""One's own data: taken away whole, erased for ever, both with the password given a moment ago."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.erase_person import Erased
from tests.portals.axe import violations
from tests.portals.people import PASSWORD
from tests.portals.site import Site
from tests.portals.youth.conftest import AsYouth, YouthPage
from tests.portals.youth.people import make_member
from youth_portal.pages import my_data
from youth_portal.portal import PAGES


def forget_proof(site: Site) -> None:
    """As if the password had been given an hour ago."""
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE web_session SET proved_at = proved_at - :hour"),
            {"hour": timedelta(hours=1)},
        )


def test_the_download_is_the_persons_own(site: Site, as_youth: AsYouth) -> None:
    youth, other = make_member(site.office), make_member(site.office)
    answer = as_youth(youth).get("/jeune/mes-donnees/donnees.json")
    assert "attachment" in answer.headers["content-disposition"]
    parts = json.loads(answer.text)
    assert parts["account"][0]["email"] == youth.email
    assert other.email not in answer.text
    assert parts["cards"][0]["serial"] == youth.held.serial


def test_an_old_session_gives_the_password_first(site: Site, as_youth: AsYouth) -> None:
    mine = as_youth(make_member(site.office))
    forget_proof(site)
    for address in ("/jeune/mes-donnees/donnees.json", "/jeune/mes-donnees/effacer"):
        assert "/jeune/verifier" in mine.get(address).headers["location"]
    answer = mine.post("/jeune/mes-donnees/effacer", {"compris": "oui"})
    assert "/jeune/verifier" in answer.headers["location"]


def test_erasing_takes_a_box_and_a_password(site: Site, youth_page: YouthPage) -> None:
    youth = make_member(site.office)
    page = youth_page(youth)
    forget_proof(site)
    page.goto("/jeune/mes-donnees")
    page.get_by_role("link", name="Effacer mes données").click()
    page.get_by_label("mot de passe").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tout effacer ?")
    page.get_by_role("button", name="Effacer tout").click()
    expect(page.get_by_text("Coche la case pour dire que tu as compris.").first).to_be_visible()
    page.get_by_label("J’ai compris").check()
    page.get_by_role("button", name="Effacer tout").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est effacé")
    page.goto("/jeune/compte")
    assert "/jeune/connexion" in page.url
    with unit_of_work(site.office.engine) as connection:
        left = connection.execute(text("SELECT count(*) FROM member")).scalar_one()
    assert left == 0


def test_an_erasure_that_is_not_understood_is_none(site: Site, as_youth: AsYouth) -> None:
    answer = as_youth(make_member(site.office)).post("/jeune/mes-donnees/effacer")
    assert answer.status_code == 422  # erasure_not_understood
    assert "Coche la case" in answer.text


def test_the_pages_are_without_a_finding(site: Site, youth_page: YouthPage) -> None:
    found = []
    for youth in (make_member(site.office), make_member(site.office, linked=False)):
        page = youth_page(youth, width=320)
        for address in ("/mes-donnees", "/mes-donnees/effacer", "/qui-voit-quoi", "/efface"):
            page.goto(f"/jeune{address}")
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found += violations(page) + ([f"{address} is too wide"] if wide else [])
    assert not found, found


def test_an_erasure_that_is_refused_is_said_and_signs_nobody_out(
    site: Site, as_youth: AsYouth, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = as_youth(make_member(site.office))
    erase, answers = my_data.erase_person, [Refused("person_unknown")] * 2

    def moved(*args: Any, **named: Any) -> Erased | Refused:
        return answers.pop() if answers else erase(*args, **named)

    monkeypatch.setattr(my_data, "erase_person", moved)
    mine.get("/jeune/mes-donnees/effacer")
    answer = mine.post("/jeune/mes-donnees/effacer", {"compris": "oui"})
    sentence = PAGES.sentence_of(Refused("erasure_not_done"))
    assert answer.status_code == 422 and sentence in answer.text
    # Once is retried: linked in that very moment.
    answers.append(Refused("person_unknown"))
    answer = mine.post("/jeune/mes-donnees/effacer", {"compris": "oui"})
    assert answer.headers["location"] == "/jeune/efface"
