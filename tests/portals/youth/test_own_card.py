"""« Ma carte »: a tap pauses and resumes, lost or stolen cuts off, a new card, its readings."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from httpx import Response
from playwright.sync_api import expect
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.log_readings import Reading, log_readings
from cardservice.services.pause_card import pause_card_of
from cardservice.services.replace_own_card import MOST_CARDS_A_YEAR
from tests import makers
from tests.api.stranger import Stranger
from tests.conftest import Clock
from tests.portals.axe import out_of_reach, small_targets, too_wide, violations
from tests.portals.browsers import DESKTOP, PHONE
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.portals.youth.conftest import AsYouth, YouthPage
from tests.portals.youth.people import Youth, make_member

# Fifteen: no parent is asked.
OF_AGE = "2011-05-14"

CARD = "/jeune/ma-carte"


def states(site: Site, youth: Youth) -> list[str]:
    """Of all cards of the holder, the oldest first."""
    with unit_of_work(site.office.engine) as connection:
        found = connection.execute(
            text("SELECT state FROM card WHERE beneficiary_id = :who ORDER BY card_id"),
            {"who": youth.held.holder.beneficiary_id},
        )
        return list(found.scalars())


def pause(site: Site, youth: Youth, paused_by: str) -> None:
    pause_card_of(
        site.office.engine,
        beneficiary_id=youth.held.holder.beneficiary_id,
        actor="test",
        paused_by=paused_by,
    )


def replace(browser: Visitor) -> Response:
    """As its page offers it."""
    serial = re.search(r'name="carte" value="([^"]*)"', browser.get(f"{CARD}/nouvelle").text)
    return browser.post(f"{CARD}/nouvelle", {"carte": serial[1] if serial else ""})


def test_one_tap_pauses_and_one_tap_resumes(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    browser = as_youth(youth)
    assert browser.post(f"{CARD}/pause").headers["location"] == f"{CARD}?dit=card_paused"
    assert states(site, youth) == ["paused"]
    assert "Reprendre ma carte" in browser.get(CARD).text
    assert browser.post(f"{CARD}/reprise").headers["location"] == f"{CARD}?dit=card_resumed"
    assert states(site, youth) == ["active"]


def test_a_second_tap_says_so_and_does_nothing(site: Site, as_youth: AsYouth) -> None:
    browser = as_youth(make_member(site.office))
    again = browser.post(f"{CARD}/reprise")
    assert (again.status_code, "n’est pas en pause" in again.text) == (422, True)
    browser.post(f"{CARD}/pause")
    again = browser.post(f"{CARD}/pause")
    assert (again.status_code, "déjà en pause" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("paused_by", "who"), [("parent", "parent"), ("department", "Département")]
)
def test_a_pause_of_somebody_else_is_told_and_stays(
    site: Site, as_youth: AsYouth, paused_by: str, who: str
) -> None:
    youth = make_member(site.office)
    pause(site, youth, paused_by)
    browser = as_youth(youth)
    page = browser.get(CARD).text
    assert who in page
    assert "Reprendre ma carte" not in page
    refused = browser.post(f"{CARD}/reprise")
    assert (refused.status_code, who in refused.text) == (422, True)
    pause(site, youth, "holder")
    assert browser.post(f"{CARD}/reprise").headers["location"].endswith("card_still_paused")
    assert states(site, youth) == ["paused"]


@pytest.mark.parametrize("reason", ["perdue", "volee"])
def test_a_lost_card_is_cut_off_and_a_new_one_is_there_at_once(
    site: Site, as_youth: AsYouth, reason: str
) -> None:
    youth = make_member(site.office)
    browser = as_youth(youth)
    done = browser.post(f"{CARD}/opposition", {"raison": reason})
    assert done.headers["location"] == f"{CARD}/nouvelle?dit=card_blocked"
    assert states(site, youth) == ["blocked"]
    assert "Ta carte est arrêtée" in browser.get("/jeune/carte").text
    assert replace(browser).headers["location"] == f"{CARD}?dit=card_replaced"
    assert states(site, youth) == ["blocked", "active"]
    assert "Montre ton écran" in browser.get("/jeune/carte").text
    assert "est commandée depuis le 22/11/2026" in browser.get(CARD).text


def test_how_it_was_lost_must_be_said(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    answer = as_youth(youth).post(f"{CARD}/opposition", {"raison": "mangée"})
    assert (answer.status_code, "Dis si tu l’as perdue" in answer.text) == (422, True)
    assert states(site, youth) == ["active"]


def test_two_taps_on_lost_do_it_once(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    browser = as_youth(youth)
    answers = [browser.post(f"{CARD}/opposition", {"raison": "perdue"}) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {
        f"{CARD}/nouvelle?dit=card_blocked"
    }
    assert states(site, youth) == ["blocked"]


def test_the_same_form_twice_replaces_once(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    browser = as_youth(youth)
    for _ in range(2):
        answer = browser.post(f"{CARD}/nouvelle", {"carte": youth.held.serial})
        assert answer.headers["location"] == f"{CARD}?dit=card_replaced"
    assert states(site, youth) == ["replaced", "active"]


def test_a_card_replaced_too_often_is_a_matter_for_the_telephone(
    site: Site, as_youth: AsYouth
) -> None:
    browser = as_youth(make_member(site.office))
    for _ in range(MOST_CARDS_A_YEAR - 1):
        assert replace(browser).status_code == 303
    refused = replace(browser)
    assert (refused.status_code, "Appelle l’assistance" in refused.text) == (422, True)


def test_a_card_of_a_year_that_is_over_says_so(site: Site, as_youth: AsYouth, clock: Clock) -> None:
    youth = make_member(site.office)
    clock.set(datetime(2027, 9, 10, 8, 0, tzinfo=UTC))
    browser = as_youth(youth)
    page = browser.get(CARD).text
    assert "une nouvelle carte arrive" in page
    assert "Carte perdue ou volée" not in page
    assert replace(browser).status_code == 422


def test_a_member_whose_card_was_not_made_yet_reads_so_on_every_page(
    site: Site, as_youth: AsYouth
) -> None:
    holder = makers.make_beneficiary(site.office, birth_date=OF_AGE)
    nothing = makers.HeldCard(holder, 0, "", "")
    browser = as_youth(make_member(site.office, card=nothing))
    for path in (CARD, f"{CARD}/nouvelle", "/jeune/carte"):
        assert "pas encore prête" in browser.get(path).text
    assert browser.post(f"{CARD}/pause").status_code == 422
    assert browser.post(f"{CARD}/opposition", {"raison": "perdue"}).status_code == 422
    assert "Personne n’a encore lu" in browser.get(f"{CARD}/lectures").text


def test_a_card_that_waits_for_its_pin_leads_to_the_activation(
    site: Site, as_youth: AsYouth
) -> None:
    holder = makers.make_beneficiary(site.office, birth_date=OF_AGE)
    issued = makers.make_card(site.office, holder, pin=None)
    browser = as_youth(make_member(site.office, card=issued))
    assert "/jeune/activer" in browser.get(CARD).text
    assert "/jeune/activer" in browser.get("/jeune/carte").text
    assert replace(browser).status_code == 422


# Who has read it


def read_by(site: Site, youth: Youth, till: makers.Till, *, seconds_ago: float = 0) -> None:
    log_readings(site.office.engine, [Reading(youth.held.card_id, till.terminal_id, seconds_ago)])


def test_every_reading_is_told_with_place_and_hour_newest_first(
    site: Site, as_youth: AsYouth
) -> None:
    youth = make_member(site.office)
    baker = makers.make_terminal(site.office, makers.make_partner(site.office, trade_name="Ciné A"))
    pool = makers.make_terminal(site.office, makers.make_partner(site.office, trade_name="Judo B"))
    read_by(site, youth, baker, seconds_ago=3600)
    read_by(site, youth, pool)
    page = as_youth(youth).get(f"{CARD}/lectures").text
    assert page.index("Judo B") < page.index("Ciné A")
    assert "22/11/2026 11:00" in page.replace("\u00a0", " ")
    assert "22/11/2026 10:00" in page.replace("\u00a0", " ")
    assert page.count("Lue seulement") == 2


def test_a_reading_that_led_to_a_payment_says_so(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    till = makers.make_terminal(site.office)
    read_by(site, youth, till, seconds_ago=600)
    read_by(site, youth, till, seconds_ago=1)
    stranger = Stranger(site.base_url, till.key, address="127.0.0.1")
    stranger.debit(stranger.identify(makers.screen_of(site.office, youth.held)))
    stranger.close()
    page = as_youth(youth).get(f"{CARD}/lectures").text
    assert (page.count(">Payé<") >= 1, page.count("Lue seulement")) == (True, 1)


def test_nobody_sees_readings_of_somebody_elses_card(site: Site, as_youth: AsYouth) -> None:
    mine, other = make_member(site.office), make_member(site.office)
    read_by(site, other, makers.make_terminal(site.office))
    assert "Personne n’a encore lu" in as_youth(mine).get(f"{CARD}/lectures").text


def test_many_readings_are_leafed_through(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    till = makers.make_terminal(site.office)
    log_readings(
        site.office.engine,
        [Reading(youth.held.card_id, till.terminal_id, 60 * number) for number in range(60)],
    )
    browser = as_youth(youth)
    assert "Page 1 sur 3" in browser.get(f"{CARD}/lectures").text
    assert browser.get(f"{CARD}/lectures?page=3").text.count("Lue seulement") == 10


# In a browser


@pytest.mark.parametrize("state", ["active", "paused", "blocked", "issued"])
def test_the_pages_have_no_finding(site: Site, youth_page: YouthPage, state: str) -> None:
    holder = makers.make_beneficiary(site.office, birth_date=OF_AGE)
    card = makers.make_card(site.office, holder, pin=None if state == "issued" else makers.PIN)
    youth = make_member(site.office, card=card)
    if state == "paused":
        pause(site, youth, "holder"), pause(site, youth, "parent")
    read_by(site, youth, makers.make_terminal(site.office))
    for width, dark in ((PHONE, False), (DESKTOP, True), (320, False)):
        page = youth_page(youth, width=width, dark=dark)
        if state == "blocked":
            page.goto(f"{CARD}/opposition")
            if states(site, youth) == ["active"]:
                page.get_by_label("Je l’ai perdue").check()
                page.get_by_role("button", name="Arrêter cette carte pour toujours").click()
                page.wait_for_url("**/nouvelle*")
        for path in (CARD, f"{CARD}/opposition", f"{CARD}/nouvelle", f"{CARD}/lectures"):
            page.goto(path)
            found = violations(page) + too_wide(page) + small_targets(page) + out_of_reach(page)
            assert found == []


def test_with_the_keyboard_alone_a_card_is_paused_and_resumed(
    site: Site, youth_page: YouthPage
) -> None:
    page = youth_page(make_member(site.office))
    page.goto(CARD)
    page.get_by_role("button", name="Mettre en pause").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ta carte est en pause. Rien ne peut être payé.")).to_be_visible()
    page.get_by_role("button", name="Reprendre ma carte").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ta carte marche à nouveau.")).to_be_visible()
