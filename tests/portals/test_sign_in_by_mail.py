"""From a mail to an open space, through a real mail server, and what a link refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_delegate import invite_delegate
from cardservice.services.send_link import send_link
from cardservice.services.sign_in_links import link_of
from cardservice.wiring import Office
from tests.conftest import A_MORNING
from tests.portals.letterbox import link_in, text_of
from tests.portals.people import Person, Team
from tests.portals.site import PREFIX, Site
from tests.portals.visitor import Visitor
from tests.services.at_the_door import rows
from tests.services.partner_people import acting

NEW = "huit lampes vertes et trois ponts"
FORGOTTEN = f"{PREFIX}/mot-de-passe-oublie"


@pytest.fixture
def visitor(site) -> Iterator[Visitor]:
    browser = Visitor(site)
    yield browser
    browser.close()


def link_of_mail(site: Site, address: str, *, number: int = 1) -> str:
    """The path of the link in somebody's mail."""
    link = link_in(site.letterbox.mail_to(address, number=number))
    assert link.startswith(f"{site.base_url}{PREFIX}/lien/")
    return link.removeprefix(site.base_url)


def choose(visitor: Visitor, link: str, password: str = NEW, **fields: str):
    typed = {
        "prenom": "Nadia", "nom": "Venue", "mot_de_passe": password,
        "mot_de_passe_encore": password,
    }  # fmt: skip
    return visitor.post(link, typed | fields)


def test_an_invited_person_comes_in_by_the_link_of_their_mail(office, site, team, visitor):
    email = team.people["invited"].email
    visitor.post(FORGOTTEN, {"courriel": email})
    mail = site.letterbox.mail_to(email)
    assert mail["Subject"] == "Votre accès à l’espace partenaire CJeune de Provence"
    assert team.partner.trade_name in text_of(mail)
    link = link_of_mail(site, email)
    for _ in range(2):
        page = visitor.get(link)
        assert page.status_code == 200 and team.partner.trade_name in page.text
        assert 'value="Nadia"' in page.text
    assert choose(visitor, link).headers["location"] == PREFIX
    assert visitor.get(f"{PREFIX}/compte").status_code == 200
    assert rows(office, "SELECT FROM delegate WHERE state = 'active' AND last_name = 'Venue'")


def test_a_new_password_by_mail_asks_for_the_code_all_the_same_and_is_told(site, team, visitor):
    email = team.people["lead"].email
    visitor.post(FORGOTTEN, {"courriel": email.upper()})
    link = link_of_mail(site, email)
    assert "Prénom" not in visitor.get(link).text
    assert choose(visitor, link).headers["location"] == f"{PREFIX}/connexion/code"
    assert visitor.get(f"{PREFIX}/compte").status_code == 303
    assert site.letterbox.mail_to(email, number=2)["Subject"] == "Votre mot de passe a été changé"


def test_a_link_that_is_used_or_old_offers_a_new_one_to_the_same_address(
    site, team, visitor, clock
):
    email = team.people["invited"].email
    visitor.post(FORGOTTEN, {"courriel": email})
    link = link_of_mail(site, email)
    clock.set(A_MORNING + timedelta(minutes=16))
    over = visitor.get(link)
    assert over.status_code == 410 and "Recevoir un nouveau lien" in over.text
    assert choose(visitor, link).status_code == 410
    assert visitor.post(f"{link}/nouveau").status_code == 200
    newer = link_of_mail(site, email, number=2)
    assert newer != link
    assert choose(visitor, newer).status_code == 303
    assert visitor.get(newer).status_code == 410


def test_an_invitation_that_is_old_is_followed_by_one_and_not_by_a_new_password(
    office, site, team, stranger_team, visitor, clock
):
    """Somebody of another partner, who has a password, asks once more to accept it."""
    known = team.people["cashier"]
    invited_to(office, stranger_team, known)
    older = link_of_mail(site, known.email)
    clock.set(A_MORNING + timedelta(minutes=16))
    visitor.post(f"{older}/nouveau")
    newer = link_of_mail(site, known.email, number=2)
    assert stranger_team.partner.trade_name in visitor.get(newer).text
    visitor.post(FORGOTTEN, {"courriel": known.email})
    reset = link_of_mail(site, known.email, number=3)
    assert "Prénom" not in visitor.get(reset).text
    assert choose(visitor, reset).status_code == 303
    waiting = "SELECT FROM delegate WHERE state = 'invited' AND partner_id = :p AND role = 'editor'"
    assert rows(office, waiting, p=stranger_team.partner.partner_id)
    assert stranger_team.partner.trade_name in visitor.get(newer).text
    assert choose(visitor, newer).status_code == 303
    assert not rows(office, waiting, p=stranger_team.partner.partner_id)


def invited_to(office: Office, team: Team, person: Person) -> None:
    invite_delegate(
        office.engine,
        office.keys,
        lead=acting(office, team),
        email=person.email or "",
        asked=Entrusted("editor", None, None, None),
    )


def test_a_link_that_was_never_sent_sends_nothing(site, team, visitor):
    nowhere = f"{PREFIX}/lien/{'x' * 43}"
    assert visitor.get(nowhere).status_code == 410
    assert choose(visitor, nowhere).status_code == 410
    assert visitor.post(f"{nowhere}/nouveau").status_code == 410


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"mot_de_passe_encore": "something else"}, "mot_de_passe_encore"),
        ({"prenom": ""}, "prenom"),
        ({"nom": "<script>alert(1)</script>"}, "prenom"),
        ({"mot_de_passe": "court", "mot_de_passe_encore": "court"}, "mot_de_passe"),
        ({"mot_de_passe": "motdepasse1234", "mot_de_passe_encore": "motdepasse1234"},
         "mot_de_passe"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_leaves_the_link(
    office, site, team, visitor, fields, field
):
    email = team.people["invited"].email
    visitor.post(FORGOTTEN, {"courriel": email})
    link = link_of_mail(site, email)
    visitor.get(link)
    refused = choose(visitor, link, **fields)
    assert refused.status_code == 422 and f'id="e-{field}"' in refused.text
    assert "<script>alert" not in refused.text
    with unit_of_work(office.engine) as connection:
        assert link_of(connection, link.rpartition("/")[2], use_up=False) is not None


def test_a_name_full_of_marks_is_text_in_the_mail_that_invites(office, site, team):
    ((credential_id, email),) = rows(
        office,
        "SELECT credential_id, email FROM credential WHERE email = :email",
        email=team.people["invited"].email,
    )
    with unit_of_work(office.engine) as connection:
        send_link(
            connection,
            office.keys,
            credential_id=credential_id,
            purpose="invitation",
            partner_name="<img src=x>\r\nBcc: all@x.example",
            invited_by="<b>Zoé</b>",
        )
    mail = site.letterbox.mail_to(email)
    html = mail.get_body(("html",)).get_content()
    assert "<img" not in html and "<b>Zoé" not in html and mail["Bcc"] is None
