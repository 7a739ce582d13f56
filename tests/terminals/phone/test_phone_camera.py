"""A card before the phone's camera: read in any light, and typed where no camera is (C47, C77)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.makers import HeldCard, screens_of
from tests.portals.browsers import BrowserThread
from tests.portals.camera import flags_of
from tests.terminals.conftest import Service
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.films import KINDS, film_of
from tests.terminals.phone.hands import APP

Recorder = Callable[[str, object], None]
_TOOK_MS = "performance.getEntriesByName('first reading').map((one) => Math.round(one.duration))"


class TestBeforeTheCamera:
    """A browser of its own: what its camera sees is given when it starts."""

    @pytest.fixture(
        params=[
            pytest.param(kind, marks=[] if kind == "tilted" else pytest.mark.soak) for kind in KINDS
        ]
    )
    def browser(
        self, request: pytest.FixtureRequest, card: HeldCard, tmp_path: Path
    ) -> Iterator[BrowserThread]:
        film = film_of(card.code, request.param, tmp_path)
        browser = BrowserThread(flags_of(film))
        try:
            browser.start()
            yield browser
        finally:
            browser.stop()
            film.unlink()

    def test_a_card_is_read(
        self, phone_of: PhoneOf, card: HeldCard, record_property: Recorder
    ) -> None:
        phone = phone_of(permissions=["camera"])
        phone.press("Scanner une carte")
        phone.reads("Est-ce bien cette personne")
        phone.sees(f"•••• {card.code[-4:]}")
        record_property("milliseconds", phone.page.evaluate(_TOOK_MS))
        assert any(url.endswith("zxing_reader.wasm") for url in phone.watch.asked)
        # The lamp is out: nothing films on.
        expect(phone.page.locator("video")).to_have_count(0)

    @pytest.mark.soak
    def test_a_card_is_read_in_under_two_seconds(
        self, phone_of: PhoneOf, card: HeldCard, record_property: Recorder
    ) -> None:
        phone = phone_of(permissions=["camera"])
        for _ in range(5):
            phone.press("Scanner une carte")
            phone.reads("Est-ce bien cette personne")
            phone.press("Ce n’est pas la bonne personne")
            phone.on("home")
        took = phone.page.evaluate(_TOOK_MS)
        record_property("milliseconds", took)
        assert len(took) == 5 and max(took) < 2_000, f"milliseconds to the first reading: {took}"


class TestAPhoneBeforeThePhone:
    """The screen of a card is read as its plastic is."""

    @pytest.fixture
    def browser(self, service: Service, card: HeldCard, tmp_path: Path) -> Iterator[BrowserThread]:
        # That of the next step is good for a minute and more: the browser has to start.
        film = film_of(screens_of(service.office, card)[1], "tilted", tmp_path)
        browser = BrowserThread(flags_of(film))
        try:
            browser.start()
            yield browser
        finally:
            browser.stop()
            film.unlink()

    def test_its_screen_is_read(self, phone_of: PhoneOf, card: HeldCard) -> None:
        phone = phone_of(permissions=["camera"])
        phone.press("Scanner une carte")
        phone.reads("Est-ce bien cette personne")
        phone.sees(f"•••• {card.code[-4:]}")


class TestActivationByCamera:
    """The portal's QR before the camera of the app itself."""

    @pytest.fixture
    def browser(self, tmp_path: Path) -> Iterator[BrowserThread]:
        # The code is only known later: the film is one of a code that opens nothing.
        film = film_of("https://carte.example/tpe/#activation=00000000000", "good", tmp_path)
        browser = BrowserThread(flags_of(film))
        try:
            browser.start()
            yield browser
        finally:
            browser.stop()

    def test_the_qr_of_the_portal_gives_its_code_alone(self, phone_of: PhoneOf) -> None:
        phone = phone_of(active=False, permissions=["camera"])
        code = phone.waiting.activation_code
        sent: list[str] = []

        def swap(route: Route) -> None:
            body = route.request.post_data or ""
            sent.append(body)
            route.continue_(post_data=body.replace("00000000000", code))

        phone.page.route("**/api/v1/terminals/activation", swap)
        phone.page.goto(APP)
        phone.press("Scanner le QR code")
        phone.reads("C’est bien ici ?")
        assert sent == ['{"activation_code":"00000000000"}']
        phone.confirm()


def test_a_camera_that_is_refused_leads_to_the_typed_code(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of()
    phone.page.evaluate(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError')); 0"
    )
    phone.press("Scanner une carte")
    phone.sees("L’appareil photo n’est pas autorisé.")
    phone.read(card.code)
    phone.reads("Est-ce bien cette personne")


def test_typing_is_put_forward_when_nothing_is_read_for_three_seconds(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.clock.install()
    phone.activate()
    phone.page.evaluate(
        "navigator.mediaDevices.getUserMedia = async () => Object.assign("
        "document.createElement('canvas'), {width: 64, height: 48}).captureStream(5); 0"
    )
    phone.press("Scanner une carte")
    expect(phone.page.get_by_role("button", name="Taper le code")).to_be_visible()
    phone.page.clock.fast_forward(3_500)
    phone.sees("Rien de lisible pour le moment.")
    phone.press("Taper le code")
    expect(phone.page.get_by_label("Code de la carte")).to_be_focused()


def test_a_page_that_goes_out_of_sight_lets_the_camera_go(phone_of: PhoneOf) -> None:
    phone = phone_of()
    phone.page.evaluate(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " globalThis.seen = Object.assign(document.createElement('canvas'),"
        " {width: 64, height: 48}).captureStream(5); console.log('filming'); return seen; }; 0"
    )
    with phone.page.expect_console_message(lambda said: said.text == "filming"):
        phone.press("Scanner une carte")
    phone.page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); 0"
    )
    phone.on("home")
    assert phone.page.evaluate("seen.getTracks().map((one) => one.readyState)") == ["ended"]
