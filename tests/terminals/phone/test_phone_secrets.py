"""What a phone keeps, caches and asks: the shell and a journal, never a PIN, never money (C58)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from starlette.responses import Response
from starlette.routing import Route

from tests import makers
from tests.makers import HeldCard
from tests.portals.browsers import intercept
from tests.portals.site import Site
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import APP, Phone

ALWAYS = {"pin_required": "always"}
_CACHED = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    for (const asked of await (await caches.open(name)).keys()) kept.push(asked.url);
  }
  return kept;
}"""


def ready(phone: Phone) -> None:
    """The service worker holds the page."""
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.page.wait_for_function("navigator.serviceWorker.controller !== null")


# Drawn or counted, not typed: four digits may stand in them by chance.
_DRAWN = {"operation_id", "local_reference", "reference", "written_at", "asked_at", "settled_at"}
_SEALED = {"sealed", "salt", "inner", "outer", "browserKey", "rounds"}


def typed_in(phone: Phone) -> str:
    """What is kept and shown, without what is drawn: wherever the PIN stood, it would be seen."""

    def without_drawn(kept: object) -> object:
        if isinstance(kept, dict):
            drawn = _DRAWN | _SEALED
            return {name: without_drawn(one) for name, one in kept.items() if name not in drawn}
        return [without_drawn(one) for one in kept] if isinstance(kept, list) else kept

    parts = []
    for text in phone.stored():
        try:
            parts.append(json.dumps(without_drawn(json.loads(text))))
        except ValueError:
            parts.append(phone.page.locator("main").inner_html())
    fields = phone.page.evaluate("[...document.querySelectorAll('input')].map((one) => one.value)")
    return "\n".join([*parts, *fields, *phone.watch.said])


def test_the_pin_is_nowhere_when_it_has_been_sent(phone_of: PhoneOf, card: HeldCard) -> None:
    pin = makers.PIN
    phone = phone_of(policy=ALWAYS)
    bodies: list[str] = []
    phone.page.on("request", lambda asked: bodies.append(asked.post_data or ""))
    phone.sell(card, "10,55")
    phone.on("pin")
    phone.tap(pin)
    assert pin not in typed_in(phone)
    phone.press("Valider")
    phone.reads("Débit accepté")
    references = phone.page.locator("dd.code").all_inner_texts()
    assert pin not in "".join(typed_in(phone).split(references[0]))
    phone.reload()
    phone.on("home")
    kept = typed_in(phone)
    assert '"state": "approved"' in kept and pin not in kept
    assert not [url for url in phone.watch.asked if f"={pin}" in url or f"/{pin}" in url]
    assert len([body for body in bodies if f'"pin":"{pin}"' in body]) == 1
    phone.page.evaluate("(pin) => localStorage.setItem('a', 'x' + pin)", pin)
    assert pin in typed_in(phone), "the check sees what is kept"


@pytest.mark.parametrize("way", ["leaves", "gives up"])
def test_the_pin_of_a_sale_that_stays_unknown_goes_with_its_screen(
    phone_of: PhoneOf, card: HeldCard, way: str
) -> None:
    """It is in the memory of that screen alone: nothing can send it afterwards."""
    debits = "**/api/v1/debits/**"
    phone = phone_of(policy=ALWAYS)
    phone.hurry()
    intercept(phone.page, debits, lambda route: route.abort())
    phone.sell(card, "10,55")
    phone.enter_pin(makers.PIN)
    phone.reads("Le résultat n’est pas connu")
    assert makers.PIN not in typed_in(phone)
    if way == "leaves":
        phone.press("Accueil")
        phone.on("home")
    else:
        phone.press("Annuler cette vente")
        phone.reads("L’annulation est sans réponse")
    bodies: list[str] = []
    phone.page.on("request", lambda asked: bodies.append(asked.post_data or ""))
    phone.page.unroute(debits)
    phone.page.evaluate("dispatchEvent(new Event('online')); 0")
    if way == "leaves":
        phone.press("Vérifier maintenant")
        expect(phone.page.locator(".home-last")).to_contain_text("Non enregistrée")
    else:
        phone.reads("Rien n’a été débité")
    assert '{"reason":"other"}' in bodies
    assert not [body for body in bodies if makers.PIN in body or "identification" in body]
    assert makers.PIN not in typed_in(phone)


def test_no_name_no_balance_and_no_card_code_is_kept(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    phone.press("Accueil")
    phone.on("home")
    kept = "".join(phone.stored()[:3] + phone.stored()[5:])
    assert '"amount_cents":1055' in kept
    for secret in ("Léa", card.code, "8945", "identification"):
        assert secret not in kept.replace("identity_checked", "")


def test_the_service_worker_keeps_the_shell_and_nothing_else(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of(workers="allow", active=False)
    phone.page.goto(APP)
    ready(phone)
    phone.activate()
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    phone.press("Ticket")
    phone.press("Accueil")
    phone.press("Ventes de la journée")
    phone.on("day")
    origin = phone.watch.origin
    cached = phone.page.evaluate(_CACHED)
    assert f"{origin}/tpe/" in cached and f"{origin}/tpe/js/app.js" in cached
    assert all(url.startswith(f"{origin}/tpe/") for url in cached), cached
    assert not [url for url in cached if "?" in url or "#" in url]


def test_without_a_network_the_till_opens_and_sells_nothing(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of(workers="allow")
    ready(phone)
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    phone.page.context.set_offline(True)
    phone.page.reload()
    phone.unlock()
    phone.reads("Pas de réseau : aucune vente possible")
    text = phone.page.locator("main").inner_text()
    assert "10,55" not in text and "Scanner" not in text
    phone.page.context.set_offline(False)
    phone.on("home")


@pytest.fixture
def newer_shell(site: Site) -> Iterator[Callable[[], None]]:
    """Makes the service hand out a shell of another version."""
    routes = site.app.router.routes
    given: list[Route] = []

    def renew() -> None:
        files = ["./", "js/app.js"]
        shell = f'self.SHELL = {{"version": "0123456789ab", "files": {json.dumps(files)}}};'
        given.append(
            Route("/tpe/shell.js", lambda _: Response(shell, media_type="text/javascript"))
        )
        routes.insert(0, given[0])

    yield renew
    for route in given:
        routes.remove(route)


def test_a_new_version_takes_over_at_rest_and_takes_the_old_one_away(
    phone_of: PhoneOf, newer_shell: Callable[[], None]
) -> None:
    phone = phone_of(workers="allow")
    ready(phone)
    (old,) = phone.page.evaluate("caches.keys()")
    newer_shell()
    # In the middle of the day it only waits.
    phone.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    phone.page.wait_for_function(
        "navigator.serviceWorker.getRegistration().then((one) => Boolean(one.waiting))"
    )
    phone.on("home")
    assert old in phone.page.evaluate("caches.keys()")
    with phone.page.expect_navigation():
        phone.press("Verrouiller")
    phone.unlock()
    phone.on("home")
    phone.page.wait_for_function(
        "caches.keys().then((all) => all.join() === 'cjeune-tpe-0123456789ab')"
    )
