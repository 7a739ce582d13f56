"""A card before the camera of a real browser, and one that is refused (C43, C77; design §7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import makers
from tests.portals.browsers import PHONE, BrowserThread
from tests.portals.camera import film_of, flags_of
from tests.portals.conftest import PageOf
from tests.portals.people import Team
from tests.portals.site import Site

TILL = "/partenaire/caisse"


@pytest.fixture
def card(site: Site) -> makers.HeldCard:
    return makers.make_card(site.office)


class TestBeforeTheCamera:
    """A browser of its own: what its camera sees is given when it starts."""

    @pytest.fixture
    def browser(self, card: makers.HeldCard, tmp_path: Path) -> Iterator[BrowserThread]:
        browser = BrowserThread(flags_of(film_of(card.code, tmp_path)))
        try:
            browser.start()
            yield browser
        finally:
            browser.stop()

    def test_a_card_is_read_and_nobody_else_is_asked(
        self, page_of: PageOf, team: Team, card: makers.HeldCard
    ) -> None:
        asked: list[str] = []
        page = page_of(team.people["cashier"], width=PHONE, permissions=["camera"])
        page.on("request", lambda request: asked.append(request.url))
        page.goto(TILL)
        page.get_by_role("button", name="Lire avec l’appareil photo").click()
        expect(page.locator('#till[data-step="identity"]')).to_be_visible(timeout=20_000)
        expect(page.get_by_text(f"•••• {card.code[-4:]}")).to_be_visible()
        origin = page.url.split("/partenaire")[0]
        assert any(url.endswith("zxing_reader.wasm") for url in asked)
        assert all(url.startswith((origin, "blob:")) for url in asked), asked
        # The lamp is out: nothing films on.
        assert page.evaluate("document.querySelector('video')") is None


class TestAPhoneBeforeTheCamera:
    """The screen of a card is read as its plastic is."""

    @pytest.fixture
    def browser(self, site: Site, card: makers.HeldCard, tmp_path: Path) -> Iterator[BrowserThread]:
        # That of the next step is good for a minute and more: the browser has to start.
        payload = makers.screens_of(site.office, card)[1]
        browser = BrowserThread(flags_of(film_of(payload, tmp_path)))
        try:
            browser.start()
            yield browser
        finally:
            browser.stop()

    def test_its_screen_is_read(self, page_of: PageOf, team: Team, card: makers.HeldCard) -> None:
        page = page_of(team.people["cashier"], width=PHONE, permissions=["camera"])
        page.goto(TILL)
        page.get_by_role("button", name="Lire avec l’appareil photo").click()
        expect(page.locator('#till[data-step="identity"]')).to_be_visible(timeout=20_000)
        expect(page.get_by_text(f"•••• {card.code[-4:]}")).to_be_visible()


def test_a_camera_that_is_refused_leads_to_the_typed_code(
    page_of: PageOf, team: Team, card: makers.HeldCard
) -> None:
    page = page_of(team.people["cashier"])
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    page.goto(TILL)
    page.get_by_role("button", name="Lire avec l’appareil photo").click()
    expect(page.get_by_text("n’est pas autorisé")).to_be_visible()
    expect(page.locator("[name=code_carte]")).to_be_focused()
    page.keyboard.type(card.code, delay=40)
    page.keyboard.press("Enter")
    expect(page.locator('#till[data-step="identity"]')).to_be_visible()


def test_typing_is_offered_when_nothing_is_read_for_three_seconds(
    page_of: PageOf, team: Team
) -> None:
    page = page_of(team.people["cashier"])
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () =>"
        " Object.assign(document.createElement('canvas'), {width: 64, height: 48})"
        ".captureStream(5)"
    )
    page.clock.install()
    page.goto(TILL)
    page.get_by_role("button", name="Lire avec l’appareil photo").click()
    expect(page.get_by_text("L’appareil photo démarre")).to_be_visible()
    page.clock.fast_forward(3_500)
    expect(page.get_by_text("Rien de lisible pour le moment.")).to_be_visible()
    page.get_by_role("button", name="Taper le code").click()
    expect(page.locator("[name=code_carte]")).to_be_focused()
