"""The till in a real browser: keyboard, USB reader, lost connections, what is kept (C46, C51)."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.demo.portraits import draw_portrait
from cardservice.services.set_photo import set_photo
from tests import makers
from tests.portals.browsers import DESKTOP, PHONE, BrowserThread, Complaints, intercept
from tests.portals.conftest import PageOf
from tests.portals.people import Team, make_team
from tests.portals.site import Site
from tests.usb_reader import type_fast

TILL = "/partenaire/caisse"


@pytest.fixture
def card(site: Site) -> makers.HeldCard:
    return makers.make_card(site.office)


@pytest.fixture
def till(browser: BrowserThread, page_of: PageOf, team: Team) -> Page:
    return browser.run(opened_till, page_of, team)


def opened_till(page_of: PageOf, team: Team) -> Page:
    page = page_of(team.people["cashier"])
    page.goto(TILL)
    return page


def step(page: Page, name: str) -> None:
    """Waits for a step of the sale."""
    expect(page.locator(f'#till[data-step="{name}"]')).to_be_visible()


def accepted(page: Page) -> None:
    expect(page.get_by_role("heading", name="Débit accepté")).to_be_visible()


def operations(site: Site) -> list[Any]:
    with unit_of_work(site.office.engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM operation WHERE kind = 'debit' ORDER BY operation_no")
            )
        )


def to_amount(page: Page, card: makers.HeldCard) -> None:
    page.fill("[name=code_carte]", card.code)
    page.keyboard.press("Enter")
    step(page, "identity")
    page.keyboard.press("Enter")
    step(page, "amount")


def test_a_sale_by_keyboard_alone_takes_four_actions(
    site: Site, till: Page, card: makers.HeldCard
) -> None:
    expect(till.locator("[name=code_carte]")).to_be_focused()
    # 1: the card.
    type_fast(till, card.code)
    step(till, "identity")
    expect(till.get_by_role("button", name="Identité vérifiée")).to_be_focused()
    # 2: the identity.
    till.keyboard.press("Enter")
    step(till, "amount")
    # 3: the wallet.
    till.keyboard.press("Space")
    till.keyboard.press("Enter")
    expect(till.locator("[name=montant]")).to_be_focused()
    # 4: the amount; the button has said what Enter does.
    till.keyboard.type("10,55", delay=40)
    expect(
        till.get_by_role("button", name="Débiter 10,55 € – Sport, culture, loisirs")
    ).to_be_visible()
    till.keyboard.press("Enter")
    accepted(till)
    expect(till.get_by_role("link", name="Nouvelle vente")).to_be_focused()
    till.keyboard.press("Enter")
    expect(till.locator("[name=code_carte]")).to_be_focused()
    assert [one.amount_cents for one in operations(site)] == [1055]


def test_with_one_wallet_a_sale_takes_three_actions(
    site: Site, page_of: PageOf, card: makers.HeldCard
) -> None:
    team = make_team(site.office, wallets="tutoring")
    page = page_of(team.people["cashier"])
    page.goto(TILL)
    type_fast(page, card.code)
    step(page, "identity")
    page.keyboard.press("Enter")
    expect(page.locator("[name=montant]")).to_be_focused()
    page.keyboard.type("8", delay=40)
    page.keyboard.press("Enter")
    accepted(page)


@pytest.mark.parametrize("end", ["Enter", "Tab"])
def test_an_american_reader_on_a_french_keyboard_is_understood(
    till: Page, card: makers.HeldCard, end: str
) -> None:
    type_fast(till, card.code, french=True, end=end)
    step(till, "identity")


@pytest.mark.parametrize("keys", [1, 4, 6])
def test_a_reader_that_falters_is_read_whole(till: Page, card: makers.HeldCard, keys: int) -> None:
    type_fast(till, card.code, falters_after=keys)
    step(till, "identity")


def test_a_card_that_is_read_on_the_result_begins_the_next_sale(
    till: Page, card: makers.HeldCard
) -> None:
    to_amount(till, card)
    till.get_by_label("Sport, culture, loisirs").check()
    till.fill("[name=montant]", "3")
    till.keyboard.press("Enter")
    accepted(till)
    type_fast(till, card.code)
    step(till, "identity")


def test_a_card_that_is_read_into_the_amount_is_taken_out_again(
    site: Site, till: Page, card: makers.HeldCard
) -> None:
    to_amount(till, card)
    till.get_by_label("Sport, culture, loisirs").check()
    till.focus("[name=montant]")
    # Two hands: one types, the other holds the card to the reader at once.
    type_fast(till, card.code, after_hand="3,50")
    expect(till.locator(".till-toast")).to_contain_text("pas un montant")
    expect(till.locator("[name=montant]")).to_have_value("3,50")
    step(till, "amount")
    assert not operations(site)


def test_escape_leaves_the_sale_and_the_field_has_the_focus(
    till: Page, card: makers.HeldCard
) -> None:
    to_amount(till, card)
    till.keyboard.press("Escape")
    step(till, "ready")
    expect(till.locator("[name=code_carte]")).to_be_focused()


def test_the_whole_balance_is_filled_in_and_said(till: Page, card: makers.HeldCard) -> None:
    to_amount(till, card)
    till.get_by_label("Soutien scolaire").check()
    till.get_by_role("button", name="Solde entier").click()
    expect(till.locator("[name=montant]")).to_have_value("50,00")
    expect(till.get_by_role("button", name="Débiter 50,00 €")).to_be_visible()


def test_a_phone_has_a_keypad_with_a_comma(
    page_of: PageOf, team: Team, card: makers.HeldCard
) -> None:
    page = page_of(team.people["cashier"], width=PHONE, is_mobile=True)
    page.goto(TILL)
    to_amount(page, card)
    page.get_by_label("Sport, culture, loisirs").check()
    for key in ("1", "0", ",", "9", "Effacer", "5", "5"):
        page.get_by_role("group", name="Pavé").get_by_role("button", name=key, exact=True).click()
    expect(page.locator("[name=montant]")).to_have_value("10,55")
    page.get_by_role("button", name="Débiter 10,55 €").click()
    accepted(page)


def test_the_photo_goes_after_twenty_seconds_and_comes_back_on_request(
    site: Site, page_of: PageOf, team: Team, card: makers.HeldCard
) -> None:
    face = draw_portrait(Random(2))
    set_photo(site.office.engine, site.office.keys, card_name=card.code, image=face, actor="test")
    page = page_of(team.people["cashier"])
    page.clock.install()
    page.goto(TILL)
    page.fill("[name=code_carte]", card.code)
    page.keyboard.press("Enter")
    photo = page.get_by_alt_text("Photo du titulaire")
    expect(photo).to_be_visible()
    page.clock.fast_forward(19_000)
    expect(photo).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(photo).to_have_count(0)
    page.get_by_role("button", name="Revoir la photo").click()
    expect(photo).to_be_visible()


def test_neither_code_nor_pin_stays_in_page_address_or_browser(
    site: Site, page_of: PageOf, team: Team, card: makers.HeldCard
) -> None:
    asked: list[str] = []
    page = page_of(team.people["cashier"])
    page.on("request", lambda request: asked.append(request.url))
    page.goto(TILL)
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE terminal SET pin_required = 'always' WHERE kind = 'web_till'")
        )
    to_amount(page, card)
    page.get_by_label("Sport, culture, loisirs").check()
    page.fill("[name=montant]", "10")
    page.get_by_role("button", name="Code PIN pour 10,00 €").click()
    step(page, "review")
    page.fill("[name=code_pin]", makers.PIN)
    page.keyboard.press("Enter")
    accepted(page)
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    for secret in (card.code, makers.PIN):
        assert secret not in re.sub(r"\d{6,}|[0-9a-f-]{36}", "", page.content().split("<main")[1])
        assert secret not in kept
        assert not [url for url in asked if secret in url]
    assert "operation" not in kept


def test_a_code_handed_over_in_the_fragment_leaves_the_address_at_once(
    page_of: PageOf, team: Team, card: makers.HeldCard
) -> None:
    page = page_of(team.people["cashier"])
    page.goto(f"{TILL}#code={card.code}")
    step(page, "identity")
    assert page.url.endswith(TILL)


def test_a_lost_connection_before_the_debit_keeps_what_was_typed(
    site: Site, till: Page, card: makers.HeldCard, complaints: Complaints
) -> None:
    till.context.set_offline(True)
    till.fill("[name=code_carte]", card.code)
    till.keyboard.press("Enter")
    expect(till.get_by_text("La connexion est coupée.")).to_be_visible()
    expect(till.locator("#till-line")).to_contain_text("Hors connexion")
    till.context.set_offline(False)
    till.get_by_role("button", name="Réessayer").click()
    step(till, "identity")
    expected(complaints, "ERR_INTERNET_DISCONNECTED")


def test_a_lost_answer_is_asked_for_until_the_truth_is_known(
    site: Site, till: Page, card: makers.HeldCard, complaints: Complaints
) -> None:
    def take_and_hang_up(route: Route) -> None:
        # The service answers, and nobody hears it.
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    # The question waits until the page has been read: its answer would take the sentence away.
    asked: list[Route] = []
    to_amount(till, card)
    till.get_by_label("Sport, culture, loisirs").check()
    till.fill("[name=montant]", "10,55")
    intercept(till, "**/caisse/operation/**", lambda question: asked.append(question))
    intercept(till, "**/caisse/debit", take_and_hang_up)
    till.keyboard.press("Enter")
    expect(till.get_by_text("Nous ne savons pas encore si le débit est passé")).to_be_visible()
    assert "invalide" not in till.content()
    till.unroute("**/caisse/operation/**")
    for question in asked:
        question.continue_()
    accepted(till)
    assert len(operations(site)) == 1
    expected(complaints, "ERR_CONNECTION_RESET")


def test_a_debit_that_never_arrived_is_offered_again_under_its_id(
    site: Site, till: Page, card: makers.HeldCard, complaints: Complaints
) -> None:
    to_amount(till, card)
    till.get_by_label("Sport, culture, loisirs").check()
    till.fill("[name=montant]", "10,55")
    sent = till.locator("[name=operation]").first.input_value()
    till.context.set_offline(True)
    till.keyboard.press("Enter")
    expect(till.get_by_text("La caisse demandera dès qu’elle revient")).to_be_visible()
    till.keyboard.press("Escape")
    expect(till.locator(".till-toast")).to_contain_text("Attendez")
    till.context.set_offline(False)
    expect(till.get_by_text("n’est pas enregistré à cet instant")).to_be_visible()
    assert not operations(site)
    till.get_by_role("button", name="Renvoyer ce débit").click()
    accepted(till)
    assert [str(one.operation_id) for one in operations(site)] == [sent]
    expected(complaints, "ERR_INTERNET_DISCONNECTED", "404")


def test_a_page_that_is_loaded_anew_still_finds_the_answer(
    site: Site, till: Page, card: makers.HeldCard, complaints: Complaints
) -> None:
    to_amount(till, card)
    till.get_by_label("Sport, culture, loisirs").check()
    till.fill("[name=montant]", "10,55")
    # For as long as the page is open: taking a route away lets what comes meanwhile slip through.
    intercept(till, "**/caisse/operation/**", lambda route: route.abort())
    intercept(till, "**/caisse/debit", lambda route: (route.fetch(max_redirects=0), route.abort()))
    till.keyboard.press("Enter")
    expect(till.get_by_text("Nous ne savons pas encore")).to_be_visible()
    till.unroute_all(behavior="ignoreErrors")
    till.goto(TILL)
    accepted(till)
    assert len(operations(site)) == 1
    expected(complaints, "ERR_FAILED")


def test_the_sound_can_be_switched_off_and_stays_off(till: Page) -> None:
    till.get_by_role("button", name="Son").click()
    till.reload()
    expect(till.get_by_role("button", name="Son")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("width", [320, DESKTOP])
def test_no_step_scrolls_sideways(
    page_of: PageOf, team: Team, card: makers.HeldCard, width: int
) -> None:
    page = page_of(team.people["cashier"], width=width)
    page.goto(TILL)

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert fits()
    to_amount(page, card)
    assert fits()
    page.get_by_label("Soutien scolaire").check()
    page.fill("[name=montant]", "10,55")
    assert fits()
    page.keyboard.press("Enter")
    accepted(page)
    assert fits()
    page.get_by_role("link", name="Ticket").click()
    step(page, "ticket")
    assert fits()


@pytest.mark.parametrize("dark", [False, True])
def test_every_step_is_accessible(
    page_of: PageOf, team: Team, card: makers.HeldCard, dark: bool
) -> None:
    page = page_of(team.people["cashier"], dark=dark, bypass_csp=True)
    page.goto(TILL)
    page.add_script_tag(path="tests/portals/vendor/axe.min.js")
    no_violation(page, "ready")
    page.fill("[name=code_carte]", "AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Carte refusée")).to_be_visible()
    no_violation(page, "refused")
    to_amount(page, card)
    no_violation(page, "amount")
    page.get_by_label("Soutien scolaire").check()
    page.fill("[name=montant]", "60")
    no_violation(page, "too much")
    page.keyboard.press("Enter")
    step(page, "declined")
    no_violation(page, "declined")
    page.get_by_role("button", name="Autre montant").click()
    step(page, "amount")
    page.get_by_label("Soutien scolaire").check()
    page.fill("[name=montant]", "6")
    page.keyboard.press("Enter")
    accepted(page)
    no_violation(page, "approved")
    page.get_by_role("link", name="Ticket").click()
    step(page, "ticket")
    no_violation(page, "ticket")


def no_violation(page: Page, what: str) -> None:
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes[0].html]))")
    assert not found, (what, found)


def expected(complaints: Complaints, *words: str) -> None:
    """A line that was cut is no complaint of the page's."""
    others = [one for one in complaints.found if not any(word in one for word in words)]
    assert not others, others
    complaints._found.clear()
