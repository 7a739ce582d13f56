"""A parent answers by the link alone, sees amounts and never a place, and ends their own pause."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from tests import makers
from tests.counter import opened_counter
from tests.portals.axe import violations
from tests.portals.site import Site
from tests.portals.youth.conftest import AsYouth, YouthPage
from tests.portals.youth.people import Youth, make_member
from tests.services.parents_mail import last_link_to
from tests.services.test_parent_consent import PARENT, asked, card_state

THIRTEEN = date(2013, 5, 14)


@pytest.fixture
def child(site: Site) -> Youth:
    """Thirteen, linked, and has paid once at a place with a name."""
    holder = makers.make_beneficiary(site.office, birth_date=THIRTEEN.isoformat())
    member = make_member(site.office, card=makers.make_card(site.office, holder))
    shop = makers.make_partner(site.office, trade_name="Piscine du Secret")
    till = makers.make_terminal(site.office, shop)
    with opened_counter(site.office) as counter:
        counter.debit(till, member.held, 1_250)
    return member


def page_of(site: Site, as_youth: AsYouth, child: Youth) -> str:
    """The address of the parent's page, after the parent has agreed."""
    secret = asked(site.office, child)
    as_youth(None).post(
        f"/jeune/parent/{secret}/accord", {"nom": "Claire Martin", "autorite": "oui"}
    )
    return f"/jeune/parent/{last_link_to(site.office, PARENT, 'parent_page')}"


def test_the_page_shows_amounts_and_no_place(site: Site, as_youth: AsYouth, child: Youth) -> None:
    shown = as_youth(None).get(page_of(site, as_youth, child)).text
    assert "12,50" in shown and "87,50" in shown
    assert "Piscine" not in shown and "Boutique" not in shown


def test_a_parents_pause_is_the_parents(site: Site, as_youth: AsYouth, child: Youth) -> None:
    address = page_of(site, as_youth, child)
    parent, youth = as_youth(None), as_youth(child)
    parent.post(f"{address}/pause")
    assert card_state(site.office, child) == "paused"
    youth.post("/jeune/ma-carte/reprise")
    assert card_state(site.office, child) == "paused"
    parent.post(f"{address}/reprise")
    assert card_state(site.office, child) == "active"


def test_a_link_that_has_served_offers_a_new_one_and_tells_nothing(
    site: Site, as_youth: AsYouth, child: Youth
) -> None:
    visitor = as_youth(None)
    secret = asked(site.office, child)
    visitor.post(f"/jeune/parent/{secret}/refus")
    for address in (secret, "x" * 43):
        answer = visitor.get(f"/jeune/parent/{address}")
        assert answer.status_code == 404 and "ne s’ouvre plus" in answer.text
        assert "Martin" not in answer.text and PARENT not in answer.text


def test_the_childs_own_session_has_no_part_in_the_parents_page(
    site: Site, as_youth: AsYouth, child: Youth
) -> None:
    address = page_of(site, as_youth, child)
    shown = as_youth(child).get(address).text
    assert child.email not in shown and "Se déconnecter" not in shown


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_parent_agrees_pauses_and_withdraws_on_a_phone(
    site: Site, youth_page: YouthPage, child: Youth, scripts: bool
) -> None:
    page = youth_page(None, scripts=scripts)
    secret = asked(site.office, child)
    page.goto(f"/jeune/parent/{secret}")
    page.get_by_role("button", name="Donner mon accord").click()
    expect(page.get_by_text("Écrivez votre prénom et votre nom.").first).to_be_visible()
    page.get_by_label("Votre prénom et votre nom").fill("Claire Martin")
    page.get_by_role("button", name="Donner mon accord").click()
    page.get_by_label("titulaire de l’autorité parentale").check()
    page.get_by_role("button", name="Donner mon accord").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merci")

    page.goto(f"/jeune/parent/{last_link_to(site.office, PARENT, 'parent_page')}")
    page.get_by_role("button", name="Mettre la carte en pause").click()
    expect(page.get_by_text("En pause, par vous")).to_be_visible()
    page.get_by_role("link", name="Retirer mon accord").click()
    page.get_by_role("button", name="Retirer mon accord").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("retiré")


def test_every_parents_page_is_without_a_finding(
    site: Site, youth_page: YouthPage, child: Youth
) -> None:
    page = youth_page(None, width=320)
    found = []

    def look(address: str) -> None:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found.extend(violations(page) + (["wider than 320 px"] if wide else []))

    secret = asked(site.office, child)
    for address in ("/jeune/parent", "/jeune/parent/courriel", f"/jeune/parent/{secret}"):
        look(address)
    page.get_by_label("Votre prénom et votre nom").fill("Claire Martin")
    page.get_by_label("titulaire de l’autorité parentale").check()
    page.get_by_role("button", name="Donner mon accord").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merci")
    found += violations(page)
    own = f"/jeune/parent/{last_link_to(site.office, PARENT, 'parent_page')}"
    look(own)
    look(f"{own}/retrait")
    page.get_by_role("button", name="Retirer mon accord").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("retiré")
    look(own)
    assert not found, found


def test_from_fifteen_on_the_page_is_over_and_says_so(
    site: Site, as_youth: AsYouth, child: Youth
) -> None:
    """Also where the roster has corrected the birth date, which no link's end knows of."""
    address = page_of(site, as_youth, child)
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE beneficiary SET birth_date = '2011-05-14' WHERE beneficiary_id = :id"),
            {"id": child.held.holder.beneficiary_id},
        )
    parent = as_youth(None)
    for answer in (parent.get(address), parent.post(f"{address}/pause")):
        assert answer.status_code == 410
        assert "aucun accord n’est demandé" in answer.text and "87,50" not in answer.text
    assert card_state(site.office, child) == "active"


def test_linked_and_under_fifteen_nothing_opens_before_a_parent_agrees(
    site: Site, as_youth: AsYouth, child: Youth
) -> None:
    youth = as_youth(child)
    for path in ("", "/carte", "/ma-carte"):
        assert youth.get(f"/jeune{path}").status_code != 200, path
    assert youth.get("/jeune/activer").headers["location"].endswith("/activer/parent")
    page_of(site, as_youth, child)
    assert youth.get("/jeune/ma-carte").status_code == 200
