"""The look in a real browser: nothing hidden, nothing sent twice, and all of it without scripts.

axe, widths and the keyboard are judged on every page in test_accessibility.py; here stands what the
kit itself promises.
"""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from cardservice import webkit
from cardservice.services.suspend_partner import suspend_partner
from tests.portals.browsers import DESKTOP, PHONE, intercept
from tests.portals.conftest import PageOf, SignedIn
from tests.portals.people import Team
from tests.portals.site import PREFIX, Site

STATIC = Path(webkit.__file__).parent / "static"
KIT = (STATIC / "kit.css", STATIC / "forms.css", STATIC / "print.css")
# A phone on a weak network waits for all of it before it shows anything.
MOST_STYLE_BYTES = 36_000
NOWHERE = f"{PREFIX}/nulle-part"

# Each frame gives the click time to become a request, which the test holds back.
IMPATIENT = """async (form) => {
  form.noValidate = true;
  for (let click = 0; click < 3; click += 1) {
    form.requestSubmit();
    for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
  }
}"""

browser_test = pytest.mark.usefixtures("browser")


def test_the_kit_is_small_and_fetches_nothing() -> None:
    assert sum(file.stat().st_size for file in KIT) <= MOST_STYLE_BYTES
    for file in (*KIT, STATIC / "kit.js"):
        assert not re.search(r"url\(|@import|https?://", file.read_text()), file.name


def test_every_icon_that_a_template_names_is_drawn() -> None:
    root = STATIC.parents[2]
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    templates = [
        *root.glob("partner_portal/templates/**/*.html"),
        *root.glob("department_desk/templates/**/*.html"),
        *root.glob("youth_portal/templates/**/*.html"),
        *root.glob("cardservice/webkit/**/*.html"),
    ]
    named = {
        (file.name, icon)
        for file in templates
        for icon in re.findall(r'icon\("([\w-]+)"', file.read_text())
    }
    assert len(named) > 5
    assert {one for one in named if one[1] not in drawn} == set()


@browser_test
def test_an_icon_of_the_sprite_is_drawn_under_the_strict_policy(page_of: PageOf) -> None:
    page = page_of()
    page.goto(f"{PREFIX}/connexion")
    page.goto(NOWHERE, wait_until="networkidle")
    box = page.locator(".broken-mark use").evaluate("one => one.getBBox().width")
    assert box > 10


@browser_test
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_menu_of_a_phone_opens_and_closes_without_scripts(
    page_of: PageOf, team: Team, scripts: bool
) -> None:
    page = page_of(team.people["lead"], width=320, scripts=scripts)
    page.goto(PREFIX)
    menu = page.get_by_role("navigation", name="Menu principal")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(menu.get_by_role("link")).to_have_count(6)
    expect(menu.locator("[aria-current=page]")).to_have_text("Accueil")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="Mes terminaux").click()
    expect(page).to_have_url(re.compile(f"{PREFIX}/terminaux$"))


@browser_test
def test_on_a_wide_screen_the_tabs_stand_in_one_line_with_the_current_one_marked(
    page_of: PageOf, team: Team
) -> None:
    page = page_of(team.people["lead"], width=DESKTOP)
    page.goto(f"{PREFIX}/delegues")
    menu = page.get_by_role("navigation", name="Menu principal")
    tops = menu.get_by_role("link").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().top)"
    )
    assert len(tops) == 6 and len(set(tops)) == 1
    expect(menu.locator("[aria-current=page]")).to_have_text("Mes délégués")
    expect(page.get_by_role("button", name="Menu", exact=True)).to_be_hidden()


@browser_test
def test_a_suspended_partner_is_told_on_every_page(page_of: PageOf, site: Site, team: Team) -> None:
    page = page_of(team.people["lead"])
    page.goto(PREFIX)
    expect(page.get_by_text("Votre convention est suspendue")).to_be_hidden()
    suspend_partner(site.office.engine, partner_name=team.partner.siret, actor="test")
    for path in (PREFIX, f"{PREFIX}/delegues", f"{PREFIX}/compte"):
        page.goto(path)
        expect(page.get_by_text("Votre convention est suspendue")).to_be_visible()


@browser_test
def test_after_a_refused_form_the_focus_is_on_what_is_to_be_corrected(page_of: PageOf) -> None:
    page = page_of(width=PHONE)
    refuse_sign_in(page)
    expect(page.locator("#errors")).to_be_focused()


@browser_test
def test_a_password_can_be_read_before_it_is_sent_and_leaves_as_a_password(page_of: PageOf) -> None:
    page = page_of()
    page.goto(f"{PREFIX}/connexion")
    field = page.locator("#f-mot_de_passe")
    field.fill("quatre mots")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="Masquer le mot de passe").click()
    assert field.get_attribute("type") == "password"


@browser_test
def test_without_scripts_no_button_stands_there_for_nothing(page_of: PageOf) -> None:
    page = page_of(scripts=False)
    page.goto(f"{PREFIX}/connexion")
    expect(page.get_by_role("button", name="Afficher")).to_be_hidden()
    refuse_sign_in(page)
    expect(page.locator("#errors")).to_be_visible()


@browser_test
def test_an_impatient_second_click_sends_nothing(page_of: PageOf) -> None:
    page = page_of()
    posted: list[Route] = []
    page.goto(f"{PREFIX}/connexion")
    intercept(page, f"**{PREFIX}/connexion*", lambda told: posted.append(told))
    page.locator("main form").first.evaluate(IMPATIENT)
    assert [told.request.method for told in posted] == ["POST"]
    posted[0].continue_()
    page.wait_for_load_state("networkidle")


@browser_test
def test_what_follows_the_readers_scheme_is_dark_or_light(page_of: PageOf) -> None:
    grounds = {}
    for dark in (False, True):
        page = page_of(dark=dark)
        page.goto(NOWHERE)
        told = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
        grounds[dark] = sum(int(part) for part in re.findall(r"\d+", told)[:3])
    assert grounds[False] > 600 and grounds[True] < 150


@browser_test
def test_on_paper_there_is_the_page_and_nothing_to_click(page_of: PageOf, team: Team) -> None:
    page = page_of(team.people["lead"], dark=True)
    page.goto(PREFIX)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    ink = page.locator("h1").evaluate("one => getComputedStyle(one).color")
    assert ink == "rgb(0, 0, 0)"
    for furniture in (".masthead", ".foot", ".button"):
        for one in page.locator(furniture).all():
            expect(one).to_be_hidden()


def test_a_wrong_method_at_an_address_of_the_portal_is_answered_with_a_page(
    site: Site, team: Team, signed_in: SignedIn
) -> None:
    for person in (None, team.people["lead"]):
        visitor = signed_in(person)
        for method, path in (("PUT", PREFIX), ("POST", NOWHERE), ("DELETE", f"{PREFIX}/delegues")):
            answer = visitor.http.request(method, path)
            assert answer.status_code == 405, path
            assert "GET" in answer.headers["allow"]
            assert_is_a_page(answer)


def test_a_wrong_method_at_the_api_stays_a_problem(site: Site) -> None:
    answer = httpx.post(site.url("/api/v1/me"))
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_does_not_exist_is_answered_with_a_way_home_and_a_telephone(
    signed_in: SignedIn, team: Team
) -> None:
    for person in (None, team.people["cashier"]):
        answer = signed_in(person).get(NOWHERE)
        assert answer.status_code == 404
        assert_is_a_page(answer)
        assert f'href="{PREFIX}"' in answer.text and 'href="tel:0486688007"' in answer.text


def test_the_way_home_leads_to_the_first_tab_that_the_role_opens(
    signed_in: SignedIn, team: Team
) -> None:
    for role, home in (("lead", PREFIX), ("day_cashier", f"{PREFIX}/caisse")):
        visitor = signed_in(team.people[role])
        page = visitor.get(NOWHERE).text
        assert page.count(f'class="button" href="{home}"') == 1
        assert f'class="brand" href="{home}"' in page
        assert visitor.get(home).status_code != 403


def assert_is_a_page(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.count("<h1>") == 1 and '<html lang="fr">' in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def refuse_sign_in(page: Page) -> None:
    page.goto(f"{PREFIX}/connexion")
    page.locator("input[type=email]").fill("personne@librairie.example")
    page.locator("#f-mot_de_passe").fill("ce n'est pas lui")
    page.get_by_role("button", name="Se connecter").click()
