"""A phone becomes a till in two steps, and stops being one (C47, C48)."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from cardservice.services.revoke_terminal import revoke_terminal
from tests import makers
from tests.makers import HeldCard, Shop
from tests.portals.conftest import PageOf
from tests.portals.people import Team
from tests.portals.site import Site
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import APP, TILL_CODE, Phone

FIELD = "Ou taper le code d’activation"


def type_code(phone: Phone, code: str) -> None:
    phone.page.get_by_label(FIELD).fill(code)
    phone.press("Continuer")


def test_a_code_leads_to_the_place_and_the_place_to_the_till(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto(APP)
    type_code(phone, phone.waiting.activation_code.lower())
    phone.reads("C’est bien ici ?")
    phone.sees("Boutique")
    phone.sees("13100 Aix-en-Provence")
    phone.confirm()
    expect(phone.page.locator("[data-ribbon=label]")).to_have_text("Caisse 1")
    expect(phone.page.get_by_role("button", name="Scanner une carte")).to_be_focused()


def test_the_portals_qr_brings_the_code_and_no_address_keeps_it(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    code = phone.waiting.activation_code
    phone.page.goto(f"{APP}#activation={code}")
    phone.reads("C’est bien ici ?")
    assert code not in phone.page.url
    assert not [url for url in phone.watch.asked if code in url.partition("#")[0]]
    assert code not in "".join(phone.stored())


def test_it_is_not_here(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto(f"{APP}#activation={phone.waiting.activation_code}")
    phone.press("Non, ce n’est pas ici")
    expect(phone.page.get_by_label(FIELD)).to_be_visible()
    assert phone.page.evaluate("indexedDB.databases().then((all) => all.length)") == 1
    assert "CryptoKey" not in "".join(phone.stored())


def test_a_wrong_code_is_told_at_its_field(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.goto(APP)
    type_code(phone, "0000 0000 000")
    phone.sees("erroné, déjà utilisé ou expiré")
    expect(phone.page.get_by_label(FIELD)).to_be_focused()
    expect(phone.page.get_by_label(FIELD)).to_have_value("0000 0000 000")


def test_a_till_code_that_protects_nothing_is_refused_before_the_key_is_asked_for(
    phone_of: PhoneOf,
) -> None:
    phone = phone_of(active=False)
    phone.page.goto(f"{APP}#activation={phone.waiting.activation_code}")
    phone.press("Oui, c’est ici")
    phone.page.get_by_label("Nom de la caisse").fill("Caisse 1")
    for code, again, told in (
        ("40718", "40718", "a 6 chiffres"),
        ("12a456", "12a456", "a 6 chiffres"),
        ("111111", "111111", "se devine trop vite"),
        ("271271", "271271", "se devine trop vite"),
        ("456789", "456789", "se devine trop vite"),
        ("987654", "987654", "se devine trop vite"),
        ("407182", "407183", "ne sont pas les mêmes"),
    ):
        phone.page.get_by_label("Code de caisse", exact=True).fill(code)
        phone.page.get_by_label("Le même code, une seconde fois").fill(again)
        phone.press("Activer la caisse")
        phone.sees(told)
    assert not [url for url in phone.watch.asked if url.endswith("/confirmation")]


def test_a_phone_that_can_keep_nothing_asks_for_no_key(phone_of: PhoneOf) -> None:
    """The key is told once: a full disk must be found before, and the code serve again."""
    phone = phone_of(active=False)
    phone.page.goto(APP)
    phone.page.evaluate(
        "globalThis.put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = () => {"
        " throw new DOMException('', 'QuotaExceededError') }; 0"
    )
    type_code(phone, phone.waiting.activation_code)
    phone.press("Oui, c’est ici")
    phone.page.get_by_label("Nom de la caisse").fill("Caisse 1")
    for label in ("Code de caisse", "Le même code, une seconde fois"):
        phone.page.get_by_label(label, exact=True).fill(TILL_CODE)
    phone.press("Activer la caisse")
    phone.sees("Ce téléphone ne peut rien garder.")
    assert not [url for url in phone.watch.asked if url.endswith("/confirmation")]
    phone.page.evaluate("IDBObjectStore.prototype.put = globalThis.put; 0")
    phone.press("Activer la caisse")
    phone.on("home")
    assert "trial" not in "".join(phone.stored()[:3])


def test_the_code_of_a_box_is_not_for_a_phone(phone_of: PhoneOf, site: Site, shop: Shop) -> None:
    phone = phone_of(active=False)
    box = makers.make_terminal_waiting(site.office, shop, kind="box")
    phone.page.goto(APP)
    type_code(phone, box.activation_code)
    phone.sees("Ce code active un autre genre de terminal.")
    type_code(phone, phone.waiting.activation_code)
    phone.confirm()


def test_the_till_code_is_asked_for_on_start(phone_of: PhoneOf) -> None:
    phone = phone_of()
    phone.page.reload()
    phone.on("locked")
    expect(phone.page.locator("[data-ribbon=tools]")).to_be_hidden()
    phone.page.keyboard.type(TILL_CODE)
    phone.page.keyboard.press("Enter")
    phone.on("home")


def test_five_wrong_codes_in_a_row_end_the_key(phone_of: PhoneOf) -> None:
    phone = phone_of()
    phone.page.reload()
    for left in (4, 3, 2):
        phone.unlock("999999")
        phone.sees(f"Il reste {left} essais")
    # A reload wins no try.
    phone.page.reload()
    phone.sees("Il reste 2 essais")
    phone.unlock("999999")
    phone.sees("Il reste un seul essai")
    phone.unlock("999999")
    phone.sees("Cinq codes de caisse erronés")
    assert "CryptoKey" not in "".join(phone.stored())
    phone.page.reload()
    phone.on("activate")


def test_a_right_code_forgets_the_wrong_ones(phone_of: PhoneOf) -> None:
    phone = phone_of()
    for _ in range(2):
        phone.page.reload()
        for left in (4, 3, 2):
            phone.unlock("999999")
            phone.sees(f"Il reste {left} essais")
        phone.unlock()
        phone.on("home")


def test_a_revoked_terminal_loses_its_key_and_says_what_to_do(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    revoke_terminal(site.office.engine, terminal_id=phone.waiting.terminal_id, actor="test")
    phone.read(card.code)
    phone.reads("Faites de ce téléphone une caisse")
    phone.sees("La clé de ce téléphone a été retirée")
    phone.sees("Demandez un nouveau code d’activation")
    assert "CryptoKey" not in "".join(phone.stored())


def test_the_key_can_be_forgotten_on_purpose(phone_of: PhoneOf) -> None:
    phone = phone_of()
    phone.press("Réglages")
    phone.press("Effacer la clé")
    phone.press("Garder la caisse")
    phone.press("Effacer la clé")
    phone.press("Effacer la clé")
    phone.sees("La clé a été effacée de ce téléphone")
    assert "CryptoKey" not in "".join(phone.stored())


def test_the_key_is_sealed_twice_and_no_script_can_read_it_out(
    phone_of: PhoneOf, site: Site
) -> None:
    phone = phone_of()
    with phone.page.expect_request("**/api/v1/me") as asked:
        phone.press("Accueil")
    key = asked.value.headers["authorization"].removeprefix("Bearer ")
    kept = "".join(phone.stored())
    assert len(key) > 20 and key not in kept
    assert TILL_CODE not in kept
    assert "CryptoKey extractable=false" in kept and "extractable=true" not in kept
    as_bytes = ",".join(str(byte) for byte in key.encode())
    assert as_bytes not in kept


def test_five_idle_minutes_lock_the_till(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.clock.install()
    phone.activate()
    phone.page.clock.fast_forward("04:50")
    phone.on("home")
    phone.page.clock.fast_forward("00:20")
    phone.on("locked")


def test_two_minutes_out_of_sight_lock_the_till(phone_of: PhoneOf) -> None:
    phone = phone_of(active=False)
    phone.page.clock.install()
    phone.activate()
    hide = (
        "(hidden) => { Object.defineProperty(document, 'hidden', {value: hidden,"
        " configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }"
    )
    phone.page.evaluate(hide, True)
    phone.page.clock.fast_forward("01:30")
    phone.page.evaluate(hide, False)
    phone.on("home")
    phone.page.evaluate(hide, True)
    phone.page.clock.fast_forward("02:10")
    phone.page.evaluate(hide, False)
    phone.on("locked")


def test_the_till_names_its_version_to_the_register(phone_of: PhoneOf) -> None:
    phone = phone_of()
    with phone.page.expect_request("**/api/v1/me") as asked:
        phone.press("Accueil")
    version = phone.page.evaluate("document.documentElement.dataset.version")
    assert asked.value.headers["cjeune-program"] == f"cjeune-phone/1.0+{version}"
    phone.press("Réglages")
    phone.sees(version)


def test_a_phone_that_was_wiped_is_activated_again(phone_of: PhoneOf, site: Site) -> None:
    phone = phone_of()
    revoke_terminal(site.office.engine, terminal_id=phone.waiting.terminal_id, actor="test")
    phone.press("Accueil")
    phone.on("activate")
    fresh = makers.make_terminal_waiting(site.office)
    type_code(phone, fresh.activation_code)
    phone.confirm(till_code="860213")
    phone.page.reload()
    phone.unlock("860213")
    phone.on("home")


def test_a_till_is_open_in_one_tab_at_a_time(phone_of: PhoneOf) -> None:
    phone = phone_of()
    second = Phone(phone.page.context.new_page(), phone.watch, phone.waiting)
    second.page.goto(APP)
    second.reads("Cette caisse est déjà ouverte")
    second.press("L’ouvrir ici")
    second.unlock()
    second.on("home")
    phone.reads("Cette caisse est déjà ouverte")


def test_the_qr_of_my_terminals_opens_the_app_with_its_code(
    phone_of: PhoneOf, page_of: PageOf, team: Team
) -> None:
    page = page_of(team.people["lead"])
    page.goto("/partenaire/terminaux/nouveau")
    page.locator("[name=point_de_vente]").first.select_option(index=1)
    page.locator("[name=nom]").fill("Téléphone de Sofia")
    page.locator("main form button").click()
    picture = Image.open(io.BytesIO(page.locator(".qr svg").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    code = page.locator(".code-large").inner_text().replace(" ", "")
    phone = phone_of(active=False)
    assert found.text == f"{phone.watch.origin}{APP}#activation={code}"
    phone.page.goto(found.text)
    phone.reads("C’est bien ici ?")
