"""The service is killed between click and answer: the cashier ends on the truth (C51, §11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from cardservice import wiring
from cardservice.services.apply_scheme import apply_scheme
from cardservice.settings import Settings
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.faults.site import Cast, Service, Site, held_commits
from tests.portals.browsers import DESKTOP, BrowserThread, screen
from tests.portals.people import make_team, open_session
from tests.portals.visitor import SESSION_COOKIE

TILL = "/partenaire/caisse"


@dataclass
class Counter:
    """A site of real processes, its service, a cashier's session and a card."""

    site: Site
    service: Service
    secret: str
    card: makers.HeldCard


@pytest.fixture
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("killed") / "site")
    wiring.upgrade(settings, movable_clock=True)
    with wiring.opened_office(settings) as office:
        with wiring.opened_as_owner(settings) as owner:
            apply_scheme(owner, actor="test")
        Clock(office).set(A_MORNING)
        team = make_team(office)
        card = makers.make_card(office)
        secret = open_session(office, team.people["cashier"])
    site = Site(settings.data_dir, Cast((), (), (card,)))
    try:
        yield Counter(site, site.service(), secret, card)
        site.assert_proven()
    finally:
        site.end()


def at_the_amount(browser: BrowserThread, counter: Counter) -> Page:
    """A cashier who has identified the card and typed 10,55."""
    context = browser.context(counter.service.base_url, **screen(DESKTOP))
    context.add_cookies(
        [{"name": SESSION_COOKIE, "value": counter.secret, "url": counter.service.base_url}]
    )
    page = context.new_page()
    page.goto(TILL)
    page.fill("[name=code_carte]", counter.card.code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Identité vérifiée").click()
    page.get_by_label("Sport, culture, loisirs").check()
    page.fill("[name=montant]", "10,55")
    return page


def debits(counter: Counter) -> list[tuple[str, int]]:
    found = counter.site.rows(
        "SELECT outcome, amount_cents FROM operation WHERE kind = 'debit' ORDER BY operation_no"
    )
    return [(row[0], row[1]) for row in found]


def test_killed_while_the_debit_commits_the_cashier_ends_on_what_the_ledger_holds(
    browser: BrowserThread, counter: Counter
) -> None:
    page = at_the_amount(browser, counter)
    try:
        with held_commits(counter.site) as held:
            page.keyboard.press("Enter")
            held.wait_for_one()
            counter.service.kill()
            held.let_go()
        expect(page.get_by_text("Nous ne savons pas encore si le débit est passé")).to_be_visible()
        assert "invalide" not in page.content()
        counter.service.start()
        # The database may have finished the COMMIT of the killed service, or not begun it.
        answered = page.locator('[data-outcome="approved"], [data-operation][data-asked]')
        expect(answered).to_be_visible(timeout=20_000)
        if debits(counter):
            expect(page.get_by_role("heading", name="Débit accepté")).to_be_visible()
        else:
            page.get_by_role("button", name="Renvoyer ce débit").click()
            expect(page.get_by_role("heading", name="Débit accepté")).to_be_visible()
        assert debits(counter) == [("approved", 1055)]
    finally:
        page.context.close()


def test_killed_before_the_click_nothing_is_debited_and_the_same_sale_goes_on(
    browser: BrowserThread, counter: Counter
) -> None:
    page = at_the_amount(browser, counter)
    try:
        counter.service.kill()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nous ne savons pas encore si le débit est passé")).to_be_visible()
        counter.service.start()
        expect(page.get_by_text("n’est pas enregistré à cet instant")).to_be_visible(timeout=20_000)
        assert debits(counter) == []
        # Session and identification have survived.
        page.get_by_role("button", name="Renvoyer ce débit").click()
        expect(page.get_by_role("heading", name="Débit accepté")).to_be_visible()
        assert debits(counter) == [("approved", 1055)]
    finally:
        page.context.close()
