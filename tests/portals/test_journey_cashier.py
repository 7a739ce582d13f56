"""A cashier's day: invited by mail in the morning, at the till until evening, her total in hand.

The same day on a phone and at a counter, with the keyboard alone, without scripts and at twice the
size: whoever can read the page can do the work. Each page on the way is judged by axe.
The service that is killed between click and answer is told in test_till_killed.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cardservice.db.engine import unit_of_work
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_delegate import invite_delegate
from tests import makers
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE, BrowserThread
from tests.portals.conftest import PageOf
from tests.portals.hands import Hands
from tests.portals.letterbox import link_in
from tests.portals.people import Team
from tests.portals.site import PREFIX, Site
from tests.usb_reader import type_fast

EMAIL = "sofia.blanc@librairie.example"
PASSWORD = "huit lampes vertes et trois ponts 42"
SPORT, TUTORING = "Sport, culture, loisirs", "Soutien scolaire et linguistique"

WAYS: dict[str, dict[str, Any]] = {
    "phone": {"width": PHONE},
    "counter": {"width": DESKTOP},
    "keyboard": {"width": DESKTOP, "keyboard": True},
    "no scripts": {"width": PHONE, "scripts": False},
    "200 %": {"width": DESKTOP // 2, "device_scale_factor": 2},
}


@dataclass
class Day:
    """Sofia, her page and the two cards she will be shown."""

    hands: Hands
    scripts: bool
    lea: makers.HeldCard
    tom: makers.HeldCard

    @property
    def page(self) -> Page:
        return self.hands.page

    def is_fine(self) -> None:
        """Nothing for axe to find; it is a script itself, and says nothing where none runs."""
        if not self.scripts:
            return
        found = axe.violations(self.page) + axe.too_wide(self.page)
        assert not found, "\n".join(found)


# The counter is the keyboard's desktop with a mouse.
LONG = frozenset(("counter",))


@pytest.fixture(
    params=[pytest.param(way, marks=pytest.mark.soak if way in LONG else ()) for way in WAYS]
)
def day(
    request: pytest.FixtureRequest,
    site: Site,
    team: Team,
    browser: BrowserThread,
    page_of: PageOf,
) -> Day:
    way = dict(WAYS[request.param])
    keyboard = way.pop("keyboard", False)
    # The Département asks for the PIN above 20 euros here.
    makers.make_terminal_waiting(
        site.office,
        team.partner,
        kind="web_till",
        label="Caisse en ligne",
        pin_required="above",
        above_cents=2000,
        outlet_name="Boutique",
    )
    page = browser.run(page_of, None, **way)
    lea = makers.make_card(site.office, makers.make_beneficiary(site.office, first_name="Léa"))
    tom = makers.make_card(site.office, makers.make_beneficiary(site.office, first_name="Tom"))
    return Day(Hands(page, keyboard=keyboard), way.get("scripts", True), lea, tom)


def test_a_cashiers_day(day: Day, site: Site, team: Team) -> None:
    she_is_invited(site, team)
    she_chooses_her_password(day, site)
    she_signs_out_and_in_again(day)

    sell(day, day.lea, SPORT, "10,55")
    accepted(day, "10,55 €")
    sell(day, day.tom, TUTORING, "5", reader=day.scripts and not day.hands.keyboard)
    accepted(day, "5,00 €")

    the_balance_is_too_low_so_a_part_is_paid(day)
    a_larger_amount_asks_for_the_pin(day)
    she_cancels_the_last_one(day)
    an_unknown_card_is_told_kindly(day)
    her_day_adds_up(day)


def she_is_invited(site: Site, team: Team) -> None:
    with unit_of_work(site.office.engine) as connection:
        lead = acting_delegate(connection, team.people["lead"].delegate_id)
    assert lead is not None
    asked = Entrusted("cashier", frozenset((team.partner.outlet_id,)), None, None)
    invited = invite_delegate(
        site.office.engine, site.office.keys, lead=lead, email=EMAIL, asked=asked
    )
    assert isinstance(invited, int), invited


def she_chooses_her_password(day: Day, site: Site) -> None:
    hands = day.hands
    hands.go(link_in(site.letterbox.mail_to(EMAIL)))
    hands.reads("Bienvenue")
    day.is_fine()
    hands.write("Prénom", "Sofia")
    hands.write("Nom", "Blanc")
    hands.write("Mot de passe", PASSWORD)
    hands.write("Le même, encore une fois", PASSWORD)
    hands.press("Enregistrer et continuer")
    expect(day.page).to_have_url(f"{site.base_url}{PREFIX}")
    day.is_fine()


def she_signs_out_and_in_again(day: Day) -> None:
    hands = day.hands
    menu = day.page.get_by_role("button", name="Menu", exact=True)
    if menu.is_visible():
        hands.press("Menu")
    hands.press("Se déconnecter")
    hands.reads("Se connecter")
    hands.write("Adresse de courriel", EMAIL)
    hands.write("Mot de passe", "ce n’est pas le sien 77")
    hands.press("Se connecter")
    hands.sees("ne vont pas ensemble")
    hands.write("Adresse de courriel", EMAIL)
    hands.write("Mot de passe", PASSWORD)
    hands.press("Se connecter")
    expect(day.page.get_by_role("heading", level=1)).not_to_contain_text("Se connecter")


def sell(
    day: Day,
    card: makers.HeldCard,
    wallet: str,
    amount: str,
    *,
    reader: bool = False,
    pin: str | None = None,
) -> None:
    """From the card to the answer, in four actions where scripts run and no PIN is due."""
    hands = day.hands
    hands.go(f"{PREFIX}/caisse")
    hands.reads("Lisez la carte")
    expect(day.page.get_by_label("Code de la carte")).to_be_focused()
    if reader:
        type_fast(day.page, card.code)
    else:
        # A hand is slower than a USB reader, and must not be taken for one.
        hands.write("Code de la carte", card.code, pause_ms=45)
        hands.press("Continuer")
    hands.reads("Est-ce bien cette personne")
    day.is_fine()
    hands.press("Identité vérifiée")
    hands.reads("Combien débiter")
    hands.tick(wallet)
    hands.write("Montant", amount)
    day.is_fine()
    debit(day, pin=pin)


def debit(day: Day, *, pin: str | None = None) -> None:
    hands = day.hands
    if day.scripts and pin is None:
        hands.press("Débiter")
        return
    # Without scripts the sale is read over before it is made, and a PIN is typed there.
    hands.press("Code PIN pour" if day.scripts else "Vérifier, puis débiter")
    hands.reads("Confirmer le débit")
    day.is_fine()
    if pin is not None:
        hands.write("Code PIN du jeune", pin)
    hands.press("Débiter")


def accepted(day: Day, amount: str) -> None:
    day.hands.reads("Débit accepté")
    day.hands.sees(amount.replace(" ", "\u00a0"))
    day.is_fine()


def the_balance_is_too_low_so_a_part_is_paid(day: Day) -> None:
    """50 € are left for lessons; of 60 € a part is paid with the card (C53, C54)."""
    hands = day.hands
    sell(day, day.lea, TUTORING, "60", pin=makers.PIN)
    hands.reads("Débit refusé")
    hands.sees("50,00\u00a0€")
    day.is_fine()
    hands.press("Autre montant ou porte-monnaie")
    hands.reads("Combien débiter")
    hands.tick(TUTORING)
    hands.write("Montant", "12,00")
    debit(day)
    accepted(day, "12,00 €")


def a_larger_amount_asks_for_the_pin(day: Day) -> None:
    hands = day.hands
    sell(day, day.lea, SPORT, "25,00", pin="0007")
    hands.reads("Débit refusé")
    hands.write("Code PIN du jeune", makers.PIN)
    hands.press("Débiter")
    accepted(day, "25,00 €")


def she_cancels_the_last_one(day: Day) -> None:
    hands = day.hands
    hands.unfold("Annuler ce débit")
    hands.choose("Motif", "Montant erroné")
    hands.press("Annuler ce débit de")
    hands.reads("Débit annulé")
    day.is_fine()


def an_unknown_card_is_told_kindly(day: Day) -> None:
    hands = day.hands
    hands.press("Nouvelle vente", kind="link")
    hands.write("Code de la carte", "0000 0000 0000 00")
    hands.press("Continuer")
    hands.sees("Carte refusée")
    day.is_fine()


def her_day_adds_up(day: Day) -> None:
    """10,55 + 5,00 + 12,00; what was refused or cancelled counts for nothing."""
    day.hands.go(f"{PREFIX}/transactions")
    day.hands.sees("27,55\u00a0€")
    day.hands.sees("3\u00a0débits")
    day.is_fine()
