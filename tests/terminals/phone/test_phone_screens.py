"""Every screen of the phone terminal for everybody: axe, the keyboard alone, 320 px, big letters.

With `--phone-screenshots DIR` each is also photographed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from tests import makers
from tests.makers import HeldCard
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE
from tests.portals.site import Site
from tests.terminals.phone.conftest import Album, PhoneOf
from tests.terminals.phone.hands import APP, Phone
from tests.terminals.phone.ledger import give_photo

NARROW = 320
# A camera that sees a counter without a card.
_COUNTER = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const pen = canvas.getContext("2d");
  const draw = () => {
    const light = pen.createLinearGradient(0, 0, 1280, 720);
    light.addColorStop(0, "#b89b78");
    light.addColorStop(1, "#7b6142");
    pen.fillStyle = light;
    pen.fillRect(0, 0, 1280, 720);
  };
  setInterval(draw, 100);
  draw();
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}"""


def every_screen(phone: Phone, site: Site, card: HeldCard) -> Iterator[str]:
    """Goes through the app and stops at each of its screens, by name."""
    give_photo(site, card)
    page = phone.page
    page.goto(APP)
    phone.reads("Faites de ce téléphone une caisse")
    yield "01-activer"
    phone.press("Continuer")
    yield "02-activer-sans-code"
    page.get_by_label("Ou taper le code d’activation").fill(phone.waiting.activation_code)
    phone.press("Continuer")
    phone.reads("C’est bien ici ?")
    yield "03-ici"
    phone.press("Oui, c’est ici")
    phone.press("Activer la caisse")
    yield "04-nommer"
    phone.press("Revenir")
    phone.activate()
    yield "05-accueil"
    yield from _selling(phone, card)
    yield from _the_day(phone)
    yield from _trouble(phone, card)


def _selling(phone: Phone, card: HeldCard) -> Iterator[str]:
    page = phone.page
    phone.press("Scanner une carte")
    phone.sees("Aucun appareil photo n’est disponible ici.")
    yield "06-scanner-sans-appareil"
    phone.press("Annuler")
    page.evaluate(_COUNTER)
    phone.press("Scanner une carte")
    phone.sees("Placez le QR code de la carte dans le cadre.")
    yield "06-scanner"
    phone.sees("Rien de lisible pour le moment.")
    yield "06-scanner-rien-lu"
    phone.press("Taper le code")
    phone.press("Continuer")
    yield "07-taper"
    page.get_by_label("Code de la carte").fill("ZZZZ ZZZZ ZZZZ ZZ")
    phone.press("Continuer")
    phone.reads("Carte refusée")
    yield "08-carte-refusee"
    phone.press("Taper le code")
    page.get_by_label("Code de la carte").fill(card.code)
    phone.press("Continuer")
    phone.reads("Est-ce bien cette personne")
    page.locator("[data-photo]").evaluate("image => image.decode()")
    yield "09-identite"
    phone.press("Identité vérifiée")
    phone.on("amount")
    yield "10-montant"
    phone.enter("72,50", wallet="Soutien scolaire")
    phone.sees("Il reste 50,00 €")
    yield "11-montant-trop-grand"
    phone.page.locator("[data-do]").click()
    phone.on("pin")
    phone.tap(makers.PIN[:2])
    yield "12-code-pin"
    phone.tap(makers.PIN[2:])
    phone.press("Valider")
    phone.reads("Débit refusé")
    yield "13-refuse"
    phone.press("Changer le montant")
    for _ in range(5):
        phone.press("Effacer")
    phone.tap("10,55")
    phone.page.locator("[data-do]").click()
    phone.reads("Débit accepté")
    yield "14-accepte"
    phone.press("Ticket")
    phone.on("ticket")
    yield "15-ticket"


def _the_day(phone: Phone) -> Iterator[str]:
    phone.press("Accueil")
    phone.on("home")
    expect(phone.page.locator(".home-total")).to_contain_text("1 vente")
    yield "16-accueil-avec-vente"
    phone.press("Ventes de la journée")
    phone.on("day")
    yield "17-journee"
    phone.page.locator(".sale").first.click()
    phone.reads("Débit accepté")
    yield "18-operation"
    phone.press("Annuler ce débit de")
    phone.reads("Débit annulé")
    yield "19-annule"
    phone.press("Réglages")
    phone.reads("Réglages")
    yield "20-reglages"
    phone.press("Effacer la clé")
    phone.reads("Effacer la clé")
    yield "21-effacer"
    phone.press("Verrouiller")
    phone.on("locked")
    yield "22-verrouille"
    phone.tap("9999")
    phone.press("Valider")
    phone.sees("Il reste 4 essais")
    yield "23-code-errone"
    phone.unlock()


def _trouble(phone: Phone, card: HeldCard) -> Iterator[str]:
    def cut(route: Route) -> None:
        route.abort()

    phone.to_amount(card)
    phone.enter("3")
    phone.hurry()
    phone.page.route("**/api/v1/debits/**", cut)
    phone.page.locator("[data-do]").click()
    phone.reads("Le résultat n’est pas connu")
    yield "24-inconnu"
    phone.press("Accueil")
    phone.on("home")
    phone.sees("résultat inconnu")
    yield "25-accueil-inconnu"
    phone.page.route("**/api/v1/**", cut)
    phone.read(card.code)
    phone.reads("La connexion est coupée")
    yield "26-coupe"
    phone.page.reload()
    phone.unlock()
    phone.reads("Pas de réseau : aucune vente possible")
    yield "27-pas-de-reseau"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing_on_any_screen(
    phone_of: PhoneOf, site: Site, card: HeldCard, album: Album, width: int, dark: bool
) -> None:
    policy = {"pin_required": "above", "above_cents": 2000}
    phone = phone_of(width=width, dark=dark, active=False, policy=policy)
    found = []
    for name in every_screen(phone, site, card):
        album(phone, f"{width}-{'dark' if dark else 'light'}-{name}")
        found += [f"{name}: {one}" for one in axe.violations(phone.page)]
        found += [f"{name}: {one}" for one in axe.too_wide(phone.page)]
    assert not found, "\n".join(found)


def test_it_fits_the_smallest_screen_and_every_control_a_thumb(
    phone_of: PhoneOf, site: Site, card: HeldCard, album: Album
) -> None:
    policy = {"pin_required": "above", "above_cents": 2000}
    phone = phone_of(width=NARROW, active=False, policy=policy)
    found = []
    for name in every_screen(phone, site, card):
        album(phone, f"{NARROW}-light-{name}")
        found += [f"{name}: {one}" for one in axe.too_wide(phone.page)]
        found += [f"{name}: {one}" for one in axe.small_targets(phone.page)]
    assert not found, "\n".join(found)


def test_every_control_is_reached_by_the_keyboard_alone(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    policy = {"pin_required": "above", "above_cents": 2000}
    phone = phone_of(width=DESKTOP, active=False, policy=policy)
    found = []
    for name in every_screen(phone, site, card):
        found += [f"{name}: {one}" for one in axe.out_of_reach(phone.page)]
    assert not found, "\n".join(found)


def test_letters_of_twice_the_size_push_nothing_aside(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    """200 % zoom of a small laptop is half its width in pixels of the page."""
    policy = {"pin_required": "above", "above_cents": 2000}
    phone = phone_of(width=640, active=False, policy=policy)
    found = []
    for name in every_screen(phone, site, card):
        phone.page.evaluate("document.documentElement.style.fontSize = '160%'")
        found += [f"{name}: {one}" for one in axe.too_wide(phone.page)]
    assert not found, "\n".join(found)


def test_a_browser_that_cannot_keep_a_key_is_told_so(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    phone.page.goto(APP)
    phone.reads("Ce navigateur ne peut pas servir de caisse")
    assert axe.violations(phone.page) == []
