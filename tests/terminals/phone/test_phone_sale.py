"""A whole day at a phone: sales, refusals in words, a cancellation, the totals (C49, C52–C60)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from cardservice.domain.short_code import operation_reference
from cardservice.services.block_card import block_card
from cardservice.services.suspend_partner import suspend_partner
from tests import makers
from tests.makers import HeldCard, Shop
from tests.portals import axe
from tests.portals.browsers import intercept
from tests.portals.letterbox import text_of
from tests.portals.site import Site
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import Phone
from tests.terminals.phone.ledger import debits_approved, give_photo, operations
from tests.usb_reader import type_fast

PIN_ABOVE_20 = {"pin_required": "above", "above_cents": 2000}
ALWAYS = {"pin_required": "always"}


def test_a_sale_from_card_to_ticket(phone_of: PhoneOf, site: Site, card: HeldCard) -> None:
    phone = phone_of()
    phone.read(card.code)
    phone.reads("Est-ce bien cette personne ?")
    phone.sees(f"•••• {card.code[-4:]}")
    phone.press("Identité vérifiée")
    phone.enter("10,55")
    expect(phone.page.locator("[data-do]")).to_have_text(
        "Débiter 10,55 € – Sport, culture, loisirs"
    )
    phone.press("Débiter 10,55 €")
    phone.reads("Débit accepté")
    expect(phone.page.get_by_role("button", name="Nouvelle vente")).to_be_focused()
    phone.sees("89,45 €")
    assert debits_approved(site) == [1055]
    phone.press("Ticket")
    ticket = phone.page.locator(".ticket")
    for line in (
        "DÉBIT",
        "10,55 €",
        "Identité vérifiée",
        f"•••• {card.code[-4:]}",
        "89,45 €",
        "n’est pas une facture",
        "Annulation possible le jour même",
        operation_reference(operations(site)[-1].operation_no),
    ):
        expect(ticket).to_contain_text(line)  # fmt: skip
    expect(ticket).not_to_contain_text("DUPLICATA")
    expect(ticket).not_to_contain_text("Léa")
    # Shown before: a duplicate from now on.
    phone.press("Voir l’opération")
    phone.press("Ticket")
    expect(ticket).to_contain_text("DUPLICATA")


def test_the_sale_is_four_presses_with_a_keyboard(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    page = phone.page
    expect(page.get_by_role("button", name="Scanner une carte")).to_be_focused()
    type_fast(page, card.code)
    expect(page.get_by_role("button", name="Identité vérifiée")).to_be_focused()
    # An Enter within 50 ms is the reader's second one (CR and LF): no finger is that quick.
    page.wait_for_timeout(60)
    page.keyboard.press("Enter")
    phone.on("amount")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("10,55", delay=40)
    page.keyboard.press("Enter")
    phone.reads("Débit accepté")
    page.keyboard.press("Escape")
    phone.on("home")
    assert debits_approved(site) == [1055]


def test_an_american_reader_on_a_french_keyboard_is_understood(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of()
    type_fast(phone.page, card.code, french=True)
    phone.reads("Est-ce bien cette personne ?")


@pytest.mark.parametrize("keys", [1, 4, 6])
def test_a_reader_that_falters_is_read_whole(phone_of: PhoneOf, card: HeldCard, keys: int) -> None:
    phone = phone_of()
    type_fast(phone.page, card.code, falters_after=keys)
    phone.reads("Est-ce bien cette personne ?")


def test_a_reader_in_the_middle_of_a_sale_changes_nothing(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.to_amount(card)
    phone.page.get_by_label("Sport, culture, loisirs").check()
    phone.page.get_by_label("Montant").focus()
    # Two hands: one types, the other holds the card to the reader at once.
    type_fast(phone.page, card.code, after_hand="3,50")
    phone.on("amount")
    expect(phone.page.get_by_label("Montant")).to_have_value("3,50")
    phone.page.locator("[data-do]").click()
    phone.on("pin")
    type_fast(phone.page, card.code)
    expect(phone.page.locator(".dots .full")).to_have_count(0)
    assert operations(site) == []


def test_a_sale_with_the_pin_of_its_holder(phone_of: PhoneOf, site: Site, card: HeldCard) -> None:
    phone = phone_of(policy=PIN_ABOVE_20)
    phone.to_amount(card)
    phone.enter("20,00")
    expect(phone.page.locator("[data-do]")).to_contain_text("Débiter")
    phone.press("Effacer")
    phone.tap("1")
    expect(phone.page.locator("[data-do]")).to_have_text(
        "Code PIN pour 20,01 € – Sport, culture, loisirs"
    )
    phone.page.locator("[data-do]").click()
    phone.on("pin")
    phone.page.keyboard.type("0000")
    expect(phone.page.locator(".dots .full")).to_have_count(4)
    phone.page.keyboard.press("Enter")
    phone.reads("Débit refusé")
    phone.sees("Il reste deux essais")
    phone.press("Saisir le code PIN à nouveau")
    phone.enter_pin(makers.PIN)
    phone.reads("Débit accepté")
    ids = [one.operation_id for one in operations(site)]
    assert len(set(ids)) == 2 and debits_approved(site) == [2001]
    phone.press("Ticket")
    expect(phone.page.locator(".ticket")).to_contain_text("Code PIN vérifié")


def test_the_whole_balance_and_the_second_wallet(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.to_amount(card)
    phone.page.get_by_label("Soutien scolaire").check()
    phone.press("Solde entier")
    phone.press("Débiter 50,00 € – Soutien scolaire")
    phone.reads("Débit accepté")
    assert [(one.wallet, one.amount_cents) for one in operations(site)] == [("tutoring", 5000)]


def test_the_keypad_takes_euros_and_cents_only(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    phone.to_amount(card)
    for keys, shown in (
        ("1,234", "1,23"), ("1,,5", "1,5"), ("123456", "12345"), (",5", ",5"), ("007", "007")
    ):  # fmt: skip
        phone.enter(keys)
        expect(phone.page.get_by_label("Montant")).to_have_value(shown)
        for _ in shown:
            phone.press("Effacer")


def test_a_refusal_is_told_in_words_with_what_to_do(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.sell(card, "100,01")
    phone.reads("Débit refusé")
    phone.sees("Le montant dépasse le plafond")
    phone.press("Changer le montant")
    expect(phone.page.get_by_label("Montant")).to_have_value("100,01")
    phone.press("Abandonner")
    blocked = block_card(
        site.office.engine, site.office.keys, card_name=card.serial, reason="lost", actor="test"
    )
    assert blocked is not None
    phone.read(card.code)
    phone.reads("Carte refusée")
    phone.sees("Cette carte est en opposition")
    assert debits_approved(site) == []


def test_an_expired_identification_asks_for_the_card_again(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of()
    phone.to_amount(card)
    phone.enter("3")
    intercept(phone.page, "**/api/v1/debits/**",
        lambda route: route.continue_(
            post_data=re.sub('"identification":"[^"]+"', '"identification":"x"',
                             route.request.post_data or "")
        ),
    )  # fmt: skip
    phone.page.locator("[data-do]").click()
    phone.sees("La lecture de la carte est trop ancienne.")
    expect(phone.page.get_by_role("button", name="Lire la carte à nouveau")).to_be_focused()


def test_a_suspended_partner_is_told_so_and_nothing_is_debited(
    phone_of: PhoneOf, site: Site, shop: Shop, card: HeldCard
) -> None:
    phone = phone_of()
    phone.to_amount(card)
    phone.enter("3")
    suspend_partner(site.office.engine, partner_name=shop.siret, actor="test")
    phone.page.locator("[data-do]").click()
    phone.reads("Débit refusé")
    phone.sees("Partenaire suspendu")
    phone.read_from_result(card)
    phone.reads("Partenaire suspendu")
    assert operations(site) == []


def test_a_sale_is_cancelled_and_the_totals_follow(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    for amount in ("10,55", "4"):
        phone.sell(card, amount)
        phone.reads("Débit accepté")
        phone.press("Accueil")
    phone.sees("14,55 €")
    phone.sees("2 ventes")
    phone.press("Ventes de la journée")
    expect(phone.page.locator(".sale")).to_have_count(2)
    phone.page.locator(".sale", has_text="10,55").click()
    phone.page.get_by_label("Montant erroné").check()
    phone.press("Annuler ce débit de 10,55 €")
    phone.reads("Débit annulé")
    phone.sees("La carte est recréditée")
    phone.press("Ticket")
    expect(phone.page.locator(".ticket")).to_contain_text("ANNULATION")
    phone.press("Accueil")
    phone.sees("4,00 €")
    phone.sees("1 vente")
    phone.press("Ventes de la journée")
    expect(phone.page.locator(".sale", has_text="10,55")).to_contain_text("Annulée")
    assert [one.kind for one in operations(site)] == ["debit", "debit", "cancellation"]


def test_the_day_is_listed_page_by_page_refusals_too(
    phone_of: PhoneOf, card: HeldCard, site: Site
) -> None:
    phone = phone_of()
    intercept(
        phone.page,
        "**/api/v1/debits?limit=25*",
        lambda route: route.continue_(url=route.request.url.replace("limit=25", "limit=2")),
    )
    for amount in ("1", "2", "100,5"):
        phone.sell(card, amount)
        phone.on("declined" if amount == "100,5" else "approved")
        phone.press("Accueil")
    phone.press("Ventes de la journée")
    expect(phone.page.locator(".sale")).to_have_count(2)
    expect(phone.page.locator(".sale").first).to_contain_text("Refusée")
    phone.press("Afficher la suite")
    expect(phone.page.locator(".sale")).to_have_count(3)
    expect(phone.page.get_by_role("button", name="Afficher la suite")).to_have_count(0)
    phone.page.locator(".sale").first.click()
    phone.sees("Le montant dépasse le plafond")


def test_shuffled_keys_say_what_they_do(phone_of: PhoneOf, site: Site, card: HeldCard) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.press("Réglages")
    phone.page.get_by_label("Mélanger les touches").check()
    phone.press("Accueil")
    orders = set()
    for _ in range(3):
        phone.sell(card, "1")
        phone.on("pin")
        keys = phone.page.locator(".keys-code [data-key]").all()
        digits = [key.get_attribute("data-key") for key in keys]
        assert [key.inner_text().strip() for key in keys if key.inner_text().strip().isdigit()] == [
            digit for digit in digits if digit and digit.isdigit()
        ]
        assert sorted(digit for digit in digits if digit and digit.isdigit()) == list("0123456789")
        orders.add(tuple(digits))
        phone.enter_pin(makers.PIN)
        phone.reads("Débit accepté")
        phone.press("Accueil")
    assert len(orders) > 1


def test_the_voice_never_says_a_digit(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.page.evaluate(
        "globalThis.spoken = [];"
        " speechSynthesis.speak = (words) => spoken.push(`${words.lang} ${words.text}`); 0"
    )
    phone.press("Réglages")
    phone.page.get_by_label("Guider la saisie").check()
    phone.press("Accueil")
    phone.sell(card, "1")
    phone.enter_pin(makers.PIN)
    phone.reads("Débit accepté")
    spoken = phone.page.evaluate("spoken")
    assert len(spoken) == 5 and all(words.startswith("fr-FR ") for words in spoken)
    assert "Deuxième chiffre saisi." in spoken[2]
    assert not re.search(r"\d", "".join(spoken))


def test_the_photo_goes_after_twenty_seconds(phone_of: PhoneOf, site: Site, card: HeldCard) -> None:
    give_photo(site, card)
    phone = phone_of(active=False)
    phone.page.clock.install()
    phone.activate()
    phone.read(card.code)
    expect(phone.page.get_by_alt_text("Photo du titulaire de la carte")).to_be_visible()
    phone.page.clock.fast_forward("00:21")
    expect(phone.page.get_by_text("Photo masquée")).to_be_visible()
    expect(phone.page.locator("main img")).to_have_count(0)


def test_the_ticket_is_mailed_on_request_and_its_address_is_kept_nowhere(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.sell(card, "3")
    phone.press("Ticket")
    phone.page.get_by_label("L’envoyer par courriel").fill("lea@exemple")
    phone.press("Envoyer")
    phone.sees("Cette adresse n’est pas complète.")
    phone.page.get_by_label("L’envoyer par courriel").fill("lea@exemple.fr")
    phone.press("Envoyer")
    phone.sees("Le ticket est parti.")
    assert "3,00" in text_of(site.letterbox.mail_to("lea@exemple.fr"))
    assert "lea@exemple.fr" not in "".join(phone.stored())
    for _ in range(5):
        phone.page.get_by_label("L’envoyer par courriel").fill("lea@exemple.fr")
        phone.press("Envoyer")
        expect(phone.page.locator(".ticket-tools form button")).to_be_enabled()
    phone.sees("Trop de tickets ont été envoyés")


def test_back_leaves_a_screen_and_not_the_till(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    phone.to_amount(card)
    phone.page.go_back()
    phone.on("home")
    assert phone.page.url.endswith("/tpe/")


def identified_as(phone: Phone, **changed: object) -> None:
    """From now on the service identifies cards with these members changed."""

    def change(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **changed})

    intercept(phone.page, "**/api/v1/identifications", change)


def test_a_card_without_wallets_is_told_before_anybody_types(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of()
    identified_as(phone, wallets=[])
    phone.read(card.code)
    phone.sees("Cette carte ne permet pas de payer ici.")
    expect(phone.page.get_by_role("button", name="Identité vérifiée")).to_have_count(0)
    expect(phone.page.get_by_role("button", name="Terminer")).to_be_focused()


def test_with_one_wallet_the_amount_is_typed_at_once(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    one = {"wallet": "tutoring", "label": "Soutien scolaire", "balance_cents": 5000}
    identified_as(phone, wallets=[one])
    phone.to_amount(card)
    expect(phone.page.get_by_label("Montant")).to_be_focused()
    phone.page.keyboard.type("8,2", delay=40)
    phone.page.keyboard.press("Enter")
    phone.reads("Débit accepté")
    phone.sees("8,20 €")


def test_too_many_unknown_codes_are_told_in_words(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    for _ in range(30):
        phone.page.request.post(
            "/api/v1/identifications",
            data={"reading": "ZZZZ"},
            headers={"authorization": key_of(phone)},
        )
    phone.read(card.code)
    phone.reads("Trop de lectures sans résultat")
    expect(phone.page.get_by_role("button", name="Réessayer")).to_have_count(0)


def key_of(phone: Phone) -> str:
    """The key in the header of a call."""
    with phone.page.expect_request("**/api/v1/me") as asked:
        phone.press("Accueil")
    return str(asked.value.headers["authorization"])


def test_a_sale_that_cannot_be_written_down_is_not_begun(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.page.evaluate(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError') };"
        " 0"
    )
    phone.sell(card, "3")
    phone.sees("Ce téléphone ne peut plus rien enregistrer")
    assert operations(site) == []
    assert axe.violations(phone.page) == []


def test_a_policy_that_nobody_knows_asks_for_the_pin(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    identified_as(phone, pin={"required": "on_sundays", "above_cents": None})
    phone.sell(card, "3")
    phone.on("pin")


def test_a_phone_whose_clock_is_wrong_shows_the_services_day_and_cancels(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of(active=False)
    phone.page.add_init_script(
        "(() => { const Real = Date, ahead = 40 * 86400e3; globalThis.Date = class extends Real {"
        " constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }"
        " static now() { return Real.now() + ahead; } }; })()"
    )
    phone.activate()
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    phone.press("Accueil")
    phone.press("Ventes de la journée")
    phone.reads("22 novembre")
    phone.page.locator(".sale").first.click()
    phone.press("Annuler ce débit de 10,55 €")
    phone.reads("Débit annulé")
