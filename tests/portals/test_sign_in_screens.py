"""From the mail to « Mon compte » in a real browser: every stage is usable by everybody.

The pages between the stages have no address of their own to be visited at: they are walked through.
"""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import Page

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE
from tests.portals.letterbox import link_in
from tests.portals.site import PREFIX
from tests.portals.test_sign_in import without_authenticator

PASSWORD = "huit lampes vertes et trois ponts"
pytestmark = pytest.mark.usefixtures("browser")


class Walk:
    """What is wrong with the pages that were come through."""

    def __init__(self, page: Page, *, judged: bool) -> None:
        self.page = page
        self.judged = judged
        self.found: list[str] = []

    def look(self, *, title: str) -> None:
        assert title in self.page.inner_text("h1"), self.page.url
        self.found += axe.too_wide(self.page) + axe.small_targets(self.page)
        # axe itself is a script: where they are off, coming through is what is judged.
        if self.judged:
            self.found += axe.violations(self.page) + axe.out_of_reach(self.page)

    def fill(self, **fields: str) -> None:
        for name, typed in fields.items():
            self.page.fill(f"#f-{name}", typed)

    def send(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def code(self, totp: pyotp.TOTP, office, *, steps_off: int = 0) -> None:
        with unit_of_work(office.engine) as connection:
            self.fill(code=totp.generate_otp(wall_seconds(connection) // 30 + steps_off))


@pytest.mark.parametrize(
    ("width", "dark", "scripts"),
    [
        pytest.param(PHONE, False, True, id="phone", marks=pytest.mark.soak),
        pytest.param(DESKTOP, True, True, id="desktop in the dark"),
        pytest.param(320, False, False, id="320 px without scripts"),
    ],
)
def test_a_lead_comes_from_the_mail_to_the_account(site, team, page_of, width, dark, scripts):
    lead = team.people["lead"]
    without_authenticator(site, lead)
    page = page_of(width=width, dark=dark, scripts=scripts)
    walk = Walk(page, judged=scripts)

    page.goto(f"{PREFIX}/connexion")
    walk.look(title="Se connecter")
    walk.fill(courriel=lead.email, mot_de_passe="wrong, of course")
    walk.send("Se connecter")
    walk.look(title="Se connecter")
    page.get_by_role("link", name="Mot de passe oublié").click()
    walk.look(title="Recevoir un lien")
    walk.fill(courriel=lead.email)
    walk.send("Recevoir le lien")
    walk.look(title="messagerie")

    link = link_in(site.letterbox.mail_to(lead.email))
    page.goto(link)
    walk.look(title="nouveau mot de passe")
    walk.fill(mot_de_passe="motdepasse1234", mot_de_passe_encore="motdepasse1234")
    walk.send("Enregistrer et continuer")
    walk.look(title="nouveau mot de passe")
    walk.fill(mot_de_passe=PASSWORD, mot_de_passe_encore=PASSWORD)
    walk.send("Enregistrer et continuer")

    walk.look(title="double authentification")
    page.get_by_text("Je ne peux pas scanner").click()
    totp = pyotp.TOTP(page.inner_text("details .code").replace(" ", ""))
    walk.code(totp, site.office, steps_off=-1)
    walk.send("Activer")
    walk.look(title="codes de secours")
    codes = page.locator(".codes li").all_inner_texts()
    page.get_by_role("link", name="J’ai noté mes codes").click()
    page.goto(f"{PREFIX}/compte")
    walk.look(title="Mon compte")

    page.goto(link)
    walk.look(title="Ce lien ne sert plus")
    _come_again(walk, lead.email, codes[0], totp, site.office)
    assert not walk.found, "\n".join(walk.found)


def _come_again(walk, email, paper, totp, office):
    """Out, and in again: by the authenticator, then by a code on paper."""
    page = walk.page
    for way in ("application", "paper"):
        page.context.clear_cookies()
        page.goto(f"{PREFIX}/compte")
        walk.fill(courriel=email, mot_de_passe=PASSWORD)
        walk.send("Se connecter")
        walk.look(title="code de votre application")
        if way == "application":
            walk.code(totp, office)
            walk.send("Continuer")
        else:
            page.get_by_text("Je n’ai pas mon application").click()
            walk.fill(code_de_secours="AAAAA-AAAAA")
            walk.send("Utiliser ce code")
            walk.look(title="code de votre application")
            walk.fill(code_de_secours=paper)
            walk.send("Utiliser ce code")
        walk.look(title="Mon compte")
