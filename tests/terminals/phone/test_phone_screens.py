"""Every screen of the phone terminal for everybody: axe, the keyboard alone, 320 px, big letters.

With `--phone-screenshots DIR` each is also photographed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests import makers
from tests.makers import HeldCard
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE, intercept
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
    phone.tap("999999")
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
    intercept(phone.page, "**/api/v1/debits/**", cut)
    phone.page.locator("[data-do]").click()
    phone.reads("Le résultat n’est pas connu")
    yield "24-inconnu"
    phone.press("Annuler cette vente")
    phone.reads("L’annulation est sans réponse")
    yield "24-annulation-inconnue"
    phone.press("Accueil")
    phone.on("home")
    phone.sees("pas encore de réponse")
    yield "25-accueil-inconnu"
    phone.page.unroute("**/api/v1/debits/**")
    phone.press("Vérifier maintenant")
    phone.on("home")
    phone.press("Ventes de la journée")
    intercept(phone.page, "**/api/v1/debits/**", cut)
    phone.page.locator(".sale").first.click()
    phone.reads("L’opération n’a pas pu être lue")
    yield "25-operation-non-lue"
    phone.press("Accueil")
    phone.on("home")
    # Only what is asked now: cut wholly, the home screen may say so before a code can be typed.
    intercept(phone.page, "**/api/v1/identifications", cut)
    phone.read(card.code)
    phone.reads("La connexion est coupée")
    yield "26-coupe"
    intercept(phone.page, "**/api/v1/**", cut)
    phone.page.reload()
    phone.unlock()
    phone.reads("Pas de réseau : aucune vente possible")
    yield "27-pas-de-reseau"


POLICY = {"pin_required": "above", "above_cents": 2000}
# 200 % zoom of a small laptop is half its width in pixels of the page.
BIG = "document.documentElement.style.fontSize = "
# What another scheme of colours can spoil.
_CONTRAST = """async () => (await axe.run(document, {runOnly: ["color-contrast"]})).violations
  .flatMap((one) => one.nodes.map((node) => `dark ${one.id}: ${node.target.join(" ")}`))"""


def sizes(page: Page) -> Iterator[str]:
    """The smallest phone, and letters of twice the size, where the journey stands."""
    own = page.viewport_size
    assert own is not None
    for width, letters in ((NARROW, ""), (640, "160%")):
        page.set_viewport_size({"width": width, "height": own["height"]})
        page.evaluate(f"{BIG}'{letters}'")
        yield from (f"{width} px: {one}" for one in axe.too_wide(page))
    page.set_viewport_size(own)
    page.evaluate(f"{BIG}''")


def test_every_screen_is_for_everybody(
    phone_of: PhoneOf, site: Site, card: HeldCard, album: Album
) -> None:
    """One walk: axe in light, contrast in the dark, 320 px, big letters, thumbs, the keyboard."""
    phone = phone_of(active=False, policy=POLICY)
    page, found = phone.page, []
    for name in every_screen(phone, site, card):
        album(phone, f"{PHONE}-light-{name}")
        told = [*axe.violations(page), *axe.too_wide(page), *axe.small_targets(page)]
        page.emulate_media(color_scheme="dark")
        album(phone, f"{PHONE}-dark-{name}")
        told += page.evaluate(_CONTRAST)
        page.emulate_media(color_scheme="light")
        told += [*sizes(page), *axe.out_of_reach(page)]
        found += [f"{name}: {one}" for one in told]
    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, PHONE, 640, DESKTOP])
def test_axe_finds_nothing_on_any_screen(
    phone_of: PhoneOf, site: Site, card: HeldCard, album: Album, width: int, dark: bool
) -> None:
    """Each width and scheme of colours from its first screen to its last."""
    phone = phone_of(width=width, dark=dark, active=False, policy=POLICY)
    found = []
    for name in every_screen(phone, site, card):
        album(phone, f"{width}-{'dark' if dark else 'light'}-{name}")
        if width == 640:
            phone.page.evaluate(f"{BIG}'160%'")
        told = [*axe.violations(phone.page), *axe.too_wide(phone.page)]
        told += [*axe.small_targets(phone.page), *axe.out_of_reach(phone.page)]
        found += [f"{name}: {one}" for one in told]
    assert not found, "\n".join(found)


def test_a_browser_that_cannot_keep_a_key_is_told_so(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    phone.page.goto(APP)
    phone.reads("Ce navigateur ne peut pas servir de caisse")
    assert axe.violations(phone.page) == []
