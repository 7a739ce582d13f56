"""A whole fortnight finished from the desk alone, by two officers, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.clearing.bank_files import Status, camt053, debit, pain002
from tests.clearing.story import PERIOD, Fortnight
from tests.portals.desk.agents import PASSWORD, PREFIX, Bureau, Officer
from tests.portals.desk.conftest import DeskPage
from tests.portals.hands import Hands

PATIENCE_MS = 60_000


def sign_in(page: Page, officer: Officer, *, keyboard: bool = False) -> Hands:
    hands = Hands(page, keyboard=keyboard)
    hands.go(PREFIX)
    hands.reads("Se connecter")
    hands.write("Adresse de courriel", officer.email)
    hands.write("Mot de passe", PASSWORD)
    hands.press("Continuer")
    hands.reads("Entrez le code")
    hands.write("Code à six chiffres", officer.code())
    hands.press("Ouvrir le bureau")
    hands.reads("Bonjour")
    return hands


@pytest.mark.parametrize(
    ("keyboard", "scripts"),
    [
        pytest.param(True, True, id="keyboard"),
        pytest.param(False, False, id="no scripts"),
        pytest.param(False, True, id="mouse", marks=pytest.mark.soak),
    ],
)
def test_two_officers_take_a_fortnight_from_the_draft_to_the_payment(
    desk_page: DeskPage,
    story: Fortnight,
    bureau: Bureau,
    tmp_path: Path,
    keyboard: bool,
    scripts: bool,
) -> None:
    story.add_partner()
    story.add_partner()
    story.sell(1000)
    story.sell(1550, at=1)
    story.end()

    preparer = sign_in(desk_page(scripts=scripts), bureau["finance_preparer"], keyboard=keyboard)
    prepare(preparer)
    officer = bureau["finance_approver"]
    approver = sign_in(desk_page(scripts=scripts), officer, keyboard=keyboard)
    approve(approver, officer)
    release(approver, officer, tmp_path, scripts=scripts)
    take_answers(approver, tmp_path)


def prepare(preparer: Hands) -> None:
    """From the list of fortnights to what waits for another person."""
    preparer.press("Quinzaines", kind="link")
    preparer.press("Préparer le brouillon")
    preparer.sees("25,50 €")
    preparer.sees("Tout tombe juste, au centime")
    preparer.press("Soumettre à la validation")
    preparer.sees("Une autre personne doit maintenant la valider")
    expect(preparer.page.get_by_role("button", name="Valider la quinzaine")).to_be_disabled()


def approve(approver: Hands, officer: Officer) -> None:
    """A total that is a cent off first, then the right one."""
    approver.press("Quinzaines", kind="link")
    approver.press(PERIOD, kind="link")
    approver.press("Valider la quinzaine", kind="link")
    for total, told in (("25,49", "Ce n’est pas le total"), ("25,50", "est validée")):
        approver.write("Recopiez le total des virements", total)
        approver.write("Code de votre application", officer.code())
        approver.press("Valider la quinzaine")
        approver.sees(told)


def release(approver: Hands, officer: Officer, folder: Path, *, scripts: bool) -> None:
    """The papers are there, the bank file is fixed and downloaded, the journal has it."""
    export = approver.page.get_by_role("link", name="Exporter les virements")
    if scripts:
        expect(export).to_be_visible(timeout=PATIENCE_MS)
    else:
        expect(seen_after_reloads(approver.page, export)).to_be_visible()
    approver.press("Exporter les virements", kind="link")
    officer.fresh_codes()
    approver.write("Code de votre application", officer.code())
    approver.press("Exporter les virements")
    approver.sees("Les virements sont fixés")
    with approver.page.expect_download() as started:
        approver.press("Télécharger : Fichier bancaire", kind="link")
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    assert re.search(r"<InstdAmt Ccy=\"EUR\">15\.50</InstdAmt>", file.read_text())
    approver.page.reload()
    approver.unfold("Téléchargements inscrits au journal")
    approver.sees(file.name)


def take_answers(approver: Hands, folder: Path) -> None:
    """The file is accepted, one transfer is not, the same file again changes nothing; then the
    account is debited of the rest."""
    approver.press("Donner la réponse de la banque", kind="link")
    refused = pain002(f"CJP-{PERIOD}-1", Status("BR-2026-000002"))
    bring(approver, refused, folder / "reponse.xml")
    approver.sees("Le fichier est pris en compte")
    approver.sees("Le compte est clos.")
    bring(approver, refused, folder / "reponse.xml", back=True)
    approver.sees("rien n’a été changé")
    paid = camt053(debit("10.00", f"CJP-{PERIOD}-1", on="2026-12-02"))
    bring(approver, paid, folder / "releve.xml", back=True)
    approver.sees("Payé")
    approver.press("Quinzaines", kind="link")
    approver.press(PERIOD, kind="link")
    approver.sees("Les partenaires sont payés")
    approver.press("Banque", kind="link")
    approver.sees("Attend un autre compte")


def bring(hands: Hands, content: bytes, file: Path, *, back: bool = False) -> None:
    """Uploads a file of the bank on its page."""
    if back:
        hands.press("Banque", kind="link")
    hands.reads("Banque")
    file.write_bytes(content)
    hands.page.get_by_label("Fichier XML de la banque").set_input_files(file)
    hands.press("Importer")


def seen_after_reloads(page: Page, wanted: Locator) -> Locator:
    """Without scripts a person looks again."""
    for _ in range(60):
        if wanted.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    return wanted
