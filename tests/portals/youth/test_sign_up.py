"""From no address to an active card, over plain pages: every step, every way back, no script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from cardservice.services import mail_guard
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.makers import PIN
from tests.portals.letterbox import link_in
from tests.portals.people import PASSWORD
from tests.portals.site import Site
from tests.portals.walk import Walk
from tests.portals.youth.conftest import AsYouth
from tests.portals.youth.people import make_member

PERSON: dict[str, Any] = {"first_name": "Léa", "last_name": "Martin", "birth_date": "2011-05-14"}
WHO = {
    "prenom": "Lea",
    "nom": "MARTIN",
    "naissance": "14052011",
    "postal": "13080",
    "ecole": "college",
}


def card_of_lea(office: Office, **fields: str) -> makers.HeldCard:
    """Issued, in the letter that has just come."""
    holder = makers.make_beneficiary(office, **(PERSON | fields))
    return makers.make_card(office, holder, pin=None)


def sign_up(site: Site, walk: Walk, email: str = "lea@mail.example") -> Walk:
    """As far as the question who it is."""
    walk.open("/jeune/inscription").press("Continuer", courriel=email)
    assert "Regarde tes mails" in walk.text
    link = link_in(site.letterbox.mail_to(email, "choisir ton mot de passe"))
    walk.open(urlsplit(link).path).press("Continuer", mot_de_passe=PASSWORD)
    assert "Étape 3 sur 5" in walk.text
    return walk


def test_a_youth_goes_from_no_account_to_an_active_card(site: Site, as_youth: AsYouth) -> None:
    card = card_of_lea(site.office)
    walk = sign_up(site, Walk(as_youth(None)))
    walk.press("Continuer", **WHO)
    assert "Étape 4 sur 5" in walk.text
    walk.press("Continuer", code_carte=card.code.lower())
    assert "Étape 5 sur 5" in walk.text
    walk.press("Activer ma carte", code_pin=PIN)
    assert "Ta carte est active" in walk.text
    assert "100,00 €" in walk.text and "50,00 €" in walk.text and "31 août 2027" in walk.text


def test_whoever_left_goes_on_at_the_step_where_they_were(site: Site, as_youth: AsYouth) -> None:
    card = card_of_lea(site.office)
    sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    again = Walk(as_youth(None)).open("/jeune/connexion")
    again.press("Me connecter", courriel="lea@mail.example", mot_de_passe=PASSWORD)
    assert "Étape 4 sur 5" in again.open("/jeune/activer").text
    again.press("Continuer", code_carte=card.code)
    # An address of another step leads to the one that is due.
    for path in ("carte", "ine", "qui", "parent", "fin"):
        assert "Étape 5 sur 5" in again.open(f"/jeune/activer/{path}").text


def test_the_address_that_the_roster_knows_is_proof_enough(site: Site, as_youth: AsYouth) -> None:
    card_of_lea(site.office, email="lea@mail.example")
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    assert "Étape 5 sur 5" in walk.text


def test_the_national_number_takes_the_place_of_a_card(site: Site, as_youth: AsYouth) -> None:
    card = card_of_lea(site.office)
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    walk.open("/jeune/activer/ine").press("Continuer", ine="123456789ZZ")
    assert "Nous n’avons pas pu lier" in walk.text
    walk.press("Continuer", ine=card.holder.ine)
    assert "Étape 5 sur 5" in walk.text


def test_somebody_elses_card_and_no_card_are_told_the_same(site: Site, as_youth: AsYouth) -> None:
    other = card_of_lea(site.office, first_name="Zoé")
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    told = [walk.press("Continuer", code_carte=one).text for one in (other.code, "RIEN")]
    assert told[0] == told[1] and "Nous n’avons pas pu lier" in told[0]
    assert other.code not in walk.answer.text


def test_a_card_with_a_pin_asks_for_it_and_is_linked(site: Site, as_youth: AsYouth) -> None:
    holder = makers.make_beneficiary(site.office, **PERSON)
    card = makers.make_card(site.office, holder)
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    walk.press("Continuer", code_carte=card.code)
    assert "a déjà un code PIN" in walk.text
    walk.press("Continuer", code_pin="9173")
    assert "Il te reste 2 essai" in walk.text
    walk.press("Continuer", code_pin=PIN)
    assert "Ta carte est active" in walk.text


def test_under_fifteen_a_parent_is_asked_first(site: Site, as_youth: AsYouth) -> None:
    card_of_lea(site.office, birth_date="2013-05-14", email="lea@mail.example")
    walk = sign_up(site, Walk(as_youth(None)))
    walk.press("Continuer", **(WHO | {"naissance": "14/05/2013"}))
    assert "Demande à un parent" in walk.text
    walk.press("Envoyer le mail", courriel_parent="parent@mail.example")
    assert "On attend ton parent" in walk.text
    assert site.letterbox.mail_to("parent@mail.example")
    assert "On attend ton parent" in walk.open("/jeune/activer/carte").text


def test_a_known_address_is_told_by_mail_alone(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    known = Walk(as_youth(None)).open("/jeune/inscription")
    fresh = Walk(as_youth(None)).open("/jeune/inscription")
    known.press("Continuer", courriel=youth.email.upper())
    fresh.press("Continuer", courriel="personne@mail.example")
    assert known.text == fresh.text
    link = link_in(site.letterbox.mail_to(youth.email, "déjà un"))
    known.open(urlsplit(link).path).press("Changer", mot_de_passe="encore quatre autres chevaux 12")
    assert "nouveau mot de passe est enregistré" in known.text


@pytest.mark.parametrize(
    ("page", "button"),
    [
        ("inscription", "Continuer"),
        ("mot-de-passe-oublie", "Envoyer le lien"),
        ("parent", "Recevoir le lien"),
    ],
)
def test_a_network_that_asked_for_many_mails_is_told_that_none_comes(
    site: Site, as_youth: AsYouth, monkeypatch: pytest.MonkeyPatch, page: str, button: str
) -> None:
    monkeypatch.setattr(mail_guard, "MOST_ASKED", 2)
    youth, walk = make_member(site.office), Walk(as_youth(None))
    answers = []
    for email in ("un@mail.example", "deux@mail.example", "trois@mail.example", youth.email):
        walk.open(f"/jeune/{page}").press(button, courriel=email)
        answers.append("Nouvel essai possible dans 15" in walk.text)
    assert answers == [False, False, True, True]


def test_a_link_serves_once_and_looking_uses_nothing_up(site: Site, as_youth: AsYouth) -> None:
    walk = Walk(as_youth(None)).open("/jeune/inscription")
    walk.press("Continuer", courriel="lea@mail.example")
    path = urlsplit(link_in(site.letterbox.mail_to("lea@mail.example"))).path
    for _ in range(3):
        assert "Choisis ton mot de passe" in walk.open(path).text
    action, fields = walk.form("Continuer")
    walk.press("Continuer", mot_de_passe="court")
    assert "trop court" in walk.text
    walk.press("Continuer", mot_de_passe=PASSWORD)
    again = as_youth(None)
    Walk(again).open("/jeune/inscription")
    assert again.post(path, {"mot_de_passe": PASSWORD}).status_code == 404
    assert action == path and fields


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"naissance": "31 02 2011"}, "Cette date n’existe pas"),
        ({"postal": "75011"}, "habitent les Bouches-du-Rhône"),
        ({"ecole": ""}, "Choisis une réponse"),
        ({"naissance": "14051980", "ecole": "none"}, "s’arrête à 25 ans"),
        ({"naissance": "14052019"}, "encore trop jeune"),
        ({"postal": "13150"}, "Plusieurs communes"),
    ],
)
def test_each_cause_of_failure_has_its_own_sentence(
    site: Site, as_youth: AsYouth, changed: dict[str, str], told: str
) -> None:
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **(WHO | changed))
    assert walk.answer.status_code == 422
    assert told in walk.text


def test_a_simple_pin_is_refused_with_its_reason(site: Site, as_youth: AsYouth) -> None:
    card = card_of_lea(site.office)
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    walk.press("Continuer", code_carte=card.code)
    for pin, told in (("1234", "trop facile"), ("2011", "date de naissance"), ("12", "quatre")):
        assert told in walk.press("Activer ma carte", code_pin=pin).text


def test_somebody_on_the_roster_without_a_card_is_told_to_wait(
    site: Site, as_youth: AsYouth
) -> None:
    makers.make_beneficiary(site.office, **PERSON, email="lea@mail.example")
    walk = sign_up(site, Walk(as_youth(None))).press("Continuer", **WHO)
    assert "Ta carte arrive" in walk.text


def test_easy_reading_is_kept_for_a_visitor_and_for_a_member(site: Site, as_youth: AsYouth) -> None:
    walk = Walk(as_youth(None)).open("/jeune/inscription")
    walk.press("Passer en Facile à lire")
    assert "Un mail arrive" in walk.open("/jeune/inscription/courriel").text
    member = Walk(as_youth(make_member(site.office))).open("/jeune/compte")
    member.press("Passer en Facile à lire")
    assert member.has("Revenir aux pages normales")


def test_the_phone_stays_signed_in_and_no_script_reads_its_secret(
    site: Site, as_youth: AsYouth
) -> None:
    youth = make_member(site.office)
    answer = as_youth(None).post(
        "/jeune/connexion", {"courriel": youth.email, "mot_de_passe": PASSWORD}
    )
    (cookie,) = [
        one.lower() for one in answer.headers.get_list("set-cookie") if "cjeune-youth=" in one
    ]
    assert f"max-age={180 * 24 * 3600}" in cookie
    assert "httponly" in cookie and "samesite=lax" in cookie


def test_what_matters_most_asks_for_the_password_again(
    site: Site, as_youth: AsYouth, clock: Clock
) -> None:
    walk = Walk(as_youth(make_member(site.office)))
    assert "Change ton code PIN" in walk.open("/jeune/code-pin").text
    clock.set(A_MORNING + timedelta(minutes=20))
    assert "C’est bien toi" in walk.open("/jeune/code-pin").text
    walk.press("Continuer", mot_de_passe="faux")
    assert "Ce n’est pas ton mot de passe" in walk.text
    walk.press("Continuer", mot_de_passe=PASSWORD)
    assert "Change ton code PIN" in walk.text
    walk.press("Changer mon code PIN", code_pin="7392")
    assert "Ton code PIN est changé" in walk.text
