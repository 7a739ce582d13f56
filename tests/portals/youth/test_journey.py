"""A fifteen-year-old with a phone and a letter: from no account to an active card, in a browser.

With a finger and the camera, with the keyboard alone, without scripts, at twice the size. Each page
on the way is judged by axe. What a person does is counted: a minute holds so many keys and taps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests import makers
from tests.makers import PIN
from tests.portals import axe
from tests.portals.browsers import DESKTOP, BrowserThread
from tests.portals.camera import film_of, flags_of
from tests.portals.hands import Hands
from tests.portals.letterbox import link_in
from tests.portals.people import PASSWORD
from tests.portals.site import Site
from tests.portals.youth.conftest import YouthPage

SMALL_PHONE = 360
EMAIL = "lea@mail.example"
# What a slow thumb needs: a key on a phone's glass, and a tap with the look before it.
SECONDS_PER_KEY, SECONDS_PER_TAP = 0.35, 1.5


@pytest.fixture
def card(site: Site) -> makers.HeldCard:
    holder = makers.make_beneficiary(
        site.office, first_name="Léa", last_name="Martin", birth_date="2011-05-14"
    )
    return makers.make_card(site.office, holder, pin=None)


class Thumbs(Hands):
    """Counts what it does."""

    keys = 0
    taps = 0

    def press(self, words: str, *, kind: str = "button") -> None:
        self.taps += 1
        super().press(words, kind=kind)

    def tick(self, label: str) -> None:
        self.taps += 1
        super().tick(label)

    def write(self, label: str, text: str, *, pause_ms: int = 0) -> None:
        self.taps += 1
        self.keys += len(text)
        super().write(label, text, pause_ms=pause_ms)

    @property
    def seconds(self) -> float:
        return self.keys * SECONDS_PER_KEY + self.taps * SECONDS_PER_TAP


def is_fine(page: Page, *, scripts: bool = True) -> None:
    if scripts:
        found = axe.violations(page) + axe.too_wide(page)
        assert not found, "\n".join(found)


def to_the_card(site: Site, hands: Hands, *, scripts: bool = True) -> None:
    """Up to the step of the card."""
    page = hands.page
    hands.go("/jeune/inscription")
    is_fine(page, scripts=scripts)
    hands.write("Ton adresse mail", EMAIL)
    hands.press("Continuer")
    expect(page.get_by_role("heading", name="Regarde tes mails")).to_be_visible()
    is_fine(page, scripts=scripts)
    hands.go(urlsplit(link_in(site.letterbox.mail_to(EMAIL))).path)
    is_fine(page, scripts=scripts)
    hands.write("Ton mot de passe", PASSWORD)
    hands.press("Continuer")
    expect(page.get_by_role("heading", name="Qui es-tu ?")).to_be_visible()
    is_fine(page, scripts=scripts)
    hands.write("Ton prénom", "Léa")
    hands.write("Ton nom de famille", "Martin")
    hands.write("Ta date de naissance", "14052011")
    hands.write("Le code postal de chez toi", "13080")
    hands.tick("Au collège")
    hands.press("Continuer")
    expect(page.get_by_role("heading", name="Prends ta carte")).to_be_visible()
    is_fine(page, scripts=scripts)


def to_the_end(hands: Hands, *, scripts: bool = True) -> None:
    """From the PIN on."""
    page = hands.page
    expect(page.get_by_role("heading", name="Choisis ton code PIN")).to_be_visible(timeout=20_000)
    is_fine(page, scripts=scripts)
    hands.write("Ton code PIN", PIN)
    hands.press("Activer ma carte")
    expect(page.get_by_role("heading", name="Ta carte est active")).to_be_visible()
    for told in ("100,00", "50,00", "31 août 2027"):
        expect(page.get_by_text(told)).to_be_visible()
    is_fine(page, scripts=scripts)


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

    def test_under_a_minute_of_typing_and_tapping_on_a_small_phone(
        self, site: Site, youth_page: YouthPage, card: makers.HeldCard
    ) -> None:
        page = youth_page(width=SMALL_PHONE, permissions=["camera"])
        thumbs = Thumbs(page)
        to_the_card(site, thumbs)
        thumbs.press("Scanner le QR code")
        to_the_end(thumbs)
        assert thumbs.seconds < 60, f"{thumbs.keys} keys and {thumbs.taps} taps"


WAYS: dict[str, dict[str, Any]] = {
    "keyboard": {"width": DESKTOP, "keyboard": True},
    "no scripts": {"width": SMALL_PHONE, "scripts": False},
    "200 %": {"width": DESKTOP // 2, "device_scale_factor": 2},
    "dark": {"width": 320, "dark": True},
}


@pytest.mark.parametrize("name", WAYS)
def test_the_same_with_a_typed_code(
    site: Site,
    browser: BrowserThread,
    youth_page: YouthPage,
    card: makers.HeldCard,
    name: str,
) -> None:
    way = dict(WAYS[name])
    keyboard, scripts = way.pop("keyboard", False), way.get("scripts", True)
    hands = Hands(youth_page(**way), keyboard=keyboard)
    to_the_card(site, hands, scripts=scripts)
    hands.write("Le code de ta carte", card.code)
    hands.press("Continuer")
    to_the_end(hands, scripts=scripts)


def test_a_camera_that_is_refused_leads_to_the_typed_code(
    site: Site, browser: BrowserThread, youth_page: YouthPage, card: makers.HeldCard
) -> None:
    page = youth_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    to_the_card(site, Hands(page))
    page.get_by_role("button", name="Scanner le QR code").click()
    expect(page.get_by_text("n’est pas autorisé")).to_be_visible()
    expect(page.locator("[name=code_carte]")).to_be_focused()
