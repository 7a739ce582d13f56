"""A lead delegate's day: he lets people in, shows a pass on his screen, and changes the account.

Three browsers meet: his own at a desk, his accountant's, and the phone of somebody who stands in
for a day and has no mail address. Everything they do is in his journal by evening.
"""

from __future__ import annotations

import io
import time
from datetime import timedelta

import pyotp
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from cardservice.domain.refusal import Refused
from cardservice.domain.totp import totp_secret
from cardservice.services.verify_iban import IbanVerified, verify_iban
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE, BrowserThread
from tests.portals.conftest import PageOf
from tests.portals.hands import Hands
from tests.portals.letterbox import link_in, text_of
from tests.portals.people import PASSWORD, TOTP_NONCE, Team
from tests.portals.site import PREFIX, Site

ACCOUNTANT = "marc.giraud@librairie.example"
NEW_PASSWORD = "huit lampes vertes et trois ponts 42"


def fine(page: Page) -> None:
    found = axe.violations(page) + axe.too_wide(page)
    assert not found, "\n".join(found)


def code_of(site: Site, *, steps_ahead: int = 0) -> str:
    """What the lead's authenticator shows; a code serves once, so the next act takes the next."""
    secret = totp_secret(site.office.keys, TOTP_NONCE)
    # Authenticators run on the wall's clock, whatever the ledger's says.
    return pyotp.TOTP(secret).generate_otp(_step() + steps_ahead)


def _step() -> int:
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // 30_000_000_000


def test_a_leads_day(site: Site, team: Team, browser: BrowserThread, page_of: PageOf) -> None:
    agent = makers.make_agent(site.office)
    makers.verify_partner(site.office, team.partner, agent)
    desk = Hands(page_of(width=DESKTOP))
    he_signs_in_with_his_second_factor(desk, site, team)
    he_invites_his_accountant(desk)
    she_sees_the_money_and_nothing_of_the_till(Hands(page_of(width=PHONE)), site)
    address = he_makes_a_pass_and_shows_it(desk)
    phone = Hands(page_of(width=PHONE))
    the_stand_in_sells(phone, site, address)
    he_declares_another_account(desk, site, team)
    the_account_waits_for_time_and_for_a_second_person(desk, site, team)
    his_journal_names_everybody(desk)
    he_ends_the_pass(desk, phone)


def he_signs_in_with_his_second_factor(hands: Hands, site: Site, team: Team) -> None:
    hands.go(f"{PREFIX}/delegues")
    hands.reads("Se connecter")
    hands.write("Adresse de courriel", team.people["lead"].email or "")
    hands.write("Mot de passe", PASSWORD)
    hands.press("Se connecter")
    hands.reads("Entrez le code")
    fine(hands.page)
    hands.write("Code à six chiffres", code_of(site))
    hands.press("Continuer")
    # Where he wanted to go in the first place.
    hands.reads("Mes délégués")
    fine(hands.page)


def he_invites_his_accountant(hands: Hands) -> None:
    hands.go(f"{PREFIX}/delegues/inviter")
    hands.write("Adresse de courriel de la personne", ACCOUNTANT)
    hands.tick("Comptable")
    hands.press("Envoyer l’invitation")
    hands.sees(ACCOUNTANT)
    fine(hands.page)


def she_sees_the_money_and_nothing_of_the_till(hands: Hands, site: Site) -> None:
    mail = site.letterbox.mail_to(ACCOUNTANT)
    assert "15\u00a0minutes" in text_of(mail) or "15 minutes" in text_of(mail)
    hands.go(link_in(mail))
    hands.write("Prénom", "Marc")
    hands.write("Nom", "Giraud")
    hands.write("Mot de passe", NEW_PASSWORD)
    hands.write("Le même, encore une fois", NEW_PASSWORD)
    hands.press("Enregistrer et continuer")
    expect(hands.page).to_have_url(f"{site.base_url}{PREFIX}")
    hands.go(f"{PREFIX}/remboursements")
    hands.reads("Mes remboursements")
    hands.go(f"{PREFIX}/caisse")
    hands.sees("Votre rôle n’ouvre pas cette page")
    # The link has served.
    hands.go(link_in(mail))
    hands.reads("Ce lien ne sert plus")


def he_makes_a_pass_and_shows_it(hands: Hands) -> str:
    hands.go(f"{PREFIX}/delegues/passe")
    hands.write("Prénom de la personne", "Renée")
    hands.write("Nom de la personne", "Depanne")
    hands.choose("Point de vente", "Boutique")
    hands.write("Plafond par débit", "20,00")
    hands.press("Créer le passe")
    hands.reads("Passe de Renée Depanne")
    fine(hands.page)
    shown = hands.page.locator("figure.qr svg").screenshot()
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown)))
    return str(read.text)


def the_stand_in_sells(hands: Hands, site: Site, address: str) -> None:
    card = makers.make_card(site.office)
    assert address.startswith(site.base_url), address
    hands.go(address)
    hands.reads("au nom de Renée Depanne")
    fine(hands.page)
    hands.press("Ouvrir la caisse")
    hands.reads("Lisez la carte")
    for amount, answer in (("25,00", "Débit refusé"), ("18,00", "Débit accepté")):
        hands.go(f"{PREFIX}/caisse")
        hands.write("Code de la carte", card.code)
        hands.press("Continuer")
        hands.press("Identité vérifiée")
        hands.tick("Sport, culture, loisirs")
        hands.write("Montant", amount)
        hands.press("Débiter")
        hands.reads(answer)
    hands.go(f"{PREFIX}/transactions")
    hands.sees("18,00\u00a0€")
    hands.go(f"{PREFIX}/remboursements")
    hands.sees("Votre rôle n’ouvre pas cette page")


def he_declares_another_account(hands: Hands, site: Site, team: Team) -> None:
    hands.go(f"{PREFIX}/coordonnees-bancaires/changer")
    hands.write("IBAN", "FR76 3000 4000 0312 3456 7890 144")
    hands.write("Titulaire du compte", "LIBRAIRIE DU COURS")
    hands.write("Votre mot de passe", PASSWORD)
    hands.write("Code de votre application", code_of(site, steps_ahead=1))
    hands.press("Déclarer ce compte")
    hands.sees("sa clé ne correspond pas")
    fine(hands.page)
    hands.write("IBAN", makers.OTHER_IBAN)
    hands.write("Votre mot de passe", PASSWORD)
    hands.write("Code de votre application", code_of(site, steps_ahead=1))
    hands.press("Déclarer ce compte")
    hands.reads("Coordonnées bancaires")
    hands.sees("En attente")
    hands.sees("0129")
    hands.sees("0143")
    fine(hands.page)
    # Every delegate hears of it, with no whole number in the mail.
    for name in ("lead", "cashier", "accountant", "editor"):
        email = team.people[name].email
        assert email is not None
        told = text_of(site.letterbox.mail_to(email, "0129"))
        assert makers.OTHER_IBAN not in told.replace(" ", "")


def the_account_waits_for_time_and_for_a_second_person(
    hands: Hands, site: Site, team: Team
) -> None:
    agent = makers.make_agent(site.office)
    siret = team.partner.siret
    early = verify_iban(site.office.engine, partner_name=siret, email=agent.email)
    assert isinstance(early, Refused) and early.code == "iban_on_hold"
    Clock(site.office).set(A_MORNING + timedelta(hours=49))
    verified = verify_iban(site.office.engine, partner_name=siret, email=agent.email)
    assert isinstance(verified, IbanVerified), verified
    Clock(site.office).set(A_MORNING + timedelta(minutes=10))
    hands.go(f"{PREFIX}/coordonnees-bancaires")
    hands.sees("0129")
    expect(hands.page.get_by_text("0143")).to_have_count(0)
    expect(hands.page.get_by_text("En attente")).to_have_count(0)


def his_journal_names_everybody(hands: Hands) -> None:
    hands.go(f"{PREFIX}/journal")
    for words in ("Renée Depanne", "Marc Giraud", "Camille Roux"):
        hands.sees(words)
    expect(hands.page.locator("main")).not_to_contain_text(ACCOUNTANT)
    fine(hands.page)


def he_ends_the_pass(hands: Hands, phone: Hands) -> None:
    hands.go(f"{PREFIX}/delegues")
    hands.page.get_by_role("link", name="Renée Depanne").first.click()
    hands.press("Terminer ce passe", kind="link")
    fine(hands.page)
    hands.page.locator("main form[method=post] button").click()
    hands.sees("pass")
    phone.go(f"{PREFIX}/caisse")
    phone.reads("Se connecter")
