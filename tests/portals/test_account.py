"""« Mon compte »: what a person changes in their own access, and nobody else's."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.webkit.sentences import refusal_sentence
from tests.portals.people import PASSWORD
from tests.portals.site import PREFIX
from tests.portals.test_sign_in import come, qr_in, secret_of, without_authenticator
from tests.services.at_the_door import rows

ACCOUNT = f"{PREFIX}/compte"
NEW = "huit lampes vertes et trois ponts"


def change(visitor, **fields):
    typed = {
        "mot_de_passe": PASSWORD, "mot_de_passe_nouveau": NEW, "mot_de_passe_encore": NEW,
    }  # fmt: skip
    return visitor.post(f"{ACCOUNT}/mot-de-passe", typed | fields)


def test_the_page_shows_who_one_is_and_the_sessions(site, team, signed_in):
    cashier = team.people["cashier"]
    visitor, _other = signed_in(cashier), signed_in(cashier)
    page = visitor.get(ACCOUNT).text
    assert cashier.email in page and "Caissier" in page
    assert page.count("Firefox sur Linux</th>") == 2 and page.count("Cette session") == 1


def test_a_new_password_ends_the_other_sessions_and_the_old_secret(site, team, signed_in):
    cashier = team.people["cashier"]
    visitor, other = signed_in(cashier), signed_in(cashier)
    before = secret_of(visitor)
    answer = change(visitor)
    assert answer.headers["location"] == f"{ACCOUNT}?dit=password_changed"
    assert visitor.get(ACCOUNT).status_code == 200 and secret_of(visitor) != before
    assert other.get(ACCOUNT).status_code == 303
    old = signed_in(None)
    old.carry(before)
    assert old.get(ACCOUNT).status_code == 303
    assert come(signed_in(None), cashier, NEW).status_code == 303
    told = site.letterbox.mail_to(cashier.email)
    assert told["Subject"] == "Votre mot de passe a été changé"


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"mot_de_passe": "not mine"}, "mot_de_passe", "password_wrong"),
        ({"mot_de_passe_encore": "other"}, "mot_de_passe_encore", "passwords_differ"),
        ({"mot_de_passe_nouveau": "court", "mot_de_passe_encore": "court"},
         "mot_de_passe_nouveau", "password_too_short"),
    ],
)  # fmt: skip
def test_a_password_that_cannot_be_taken_is_told_at_its_field(
    site, team, signed_in, fields, field, code
):
    visitor = signed_in(team.people["cashier"])
    answer = change(visitor, **fields)
    assert answer.status_code == 422
    assert f'id="e-{field}">{refusal_sentence(code, least=12)}' in answer.text
    assert come(signed_in(None), team.people["cashier"]).status_code == 303


def test_a_cashier_enrols_an_authenticator_with_the_password(site, team, signed_in):
    cashier = team.people["cashier"]
    without_authenticator(site, cashier)
    visitor = signed_in(cashier)
    page = visitor.get(f"{ACCOUNT}/application").text
    totp = pyotp.TOTP(parse_qs(urlsplit(qr_in(page)).query)["secret"][0])
    with unit_of_work(site.office.engine) as connection:
        code = totp.generate_otp(wall_seconds(connection) // 30)
    wrong = visitor.post(f"{ACCOUNT}/application", {"mot_de_passe": "no", "code": code})
    assert wrong.status_code == 422 and 'id="e-mot_de_passe"' in wrong.text
    shown = visitor.post(f"{ACCOUNT}/application", {"mot_de_passe": PASSWORD, "code": code})
    assert len(re.findall(r"<li>[A-Z0-9]{5}-[A-Z0-9]{5}</li>", shown.text)) == 10
    assert visitor.get(ACCOUNT).text.count("10\u00a0codes") == 1
    assert come(signed_in(None), cashier).headers["location"].endswith("/code")
    told = site.letterbox.mail_to(cashier.email)
    assert told["Subject"] == "Une application d’authentification a été enregistrée"


def test_new_recovery_codes_ask_the_password_and_end_the_old_ones(site, team, signed_in):
    visitor = signed_in(team.people["lead"])
    wrong = visitor.post(f"{ACCOUNT}/secours", {"mot_de_passe": "no"})
    assert wrong.status_code == 422
    assert rows(site.office, "SELECT FROM recovery_code") == []
    for _ in range(2):
        shown = visitor.post(f"{ACCOUNT}/secours", {"mot_de_passe": PASSWORD})
        assert len(re.findall(r"<li>[A-Z0-9]{5}-[A-Z0-9]{5}</li>", shown.text)) == 10
    assert len(rows(site.office, "SELECT FROM recovery_code")) == 10


def test_recovery_codes_go_with_an_authenticator(site, team, signed_in):
    cashier = team.people["cashier"]
    without_authenticator(site, cashier)
    answer = signed_in(cashier).post(f"{ACCOUNT}/secours", {"mot_de_passe": PASSWORD})
    assert answer.headers["location"] == f"{ACCOUNT}/application"


def test_a_session_is_ended_by_its_person_and_by_nobody_else(site, team, signed_in):
    cashier = team.people["cashier"]
    mine, other = signed_in(cashier), signed_in(cashier)
    (handle,) = re.findall(r"/compte/sessions/([0-9a-f]{16})", mine.get(ACCOUNT).text)
    stranger = signed_in(team.people["lead"])
    assert stranger.post(f"{ACCOUNT}/sessions/{handle}").status_code == 404
    assert other.get(ACCOUNT).status_code == 200
    ended = mine.post(f"{ACCOUNT}/sessions/{handle}")
    assert ended.headers["location"] == f"{ACCOUNT}?dit=session_ended"
    assert other.get(ACCOUNT).status_code == 303
    assert mine.post(f"{ACCOUNT}/sessions/{handle}").status_code == 404


def test_all_others_are_ended_at_once_and_it_is_journaled(site, team, signed_in):
    cashier = team.people["cashier"]
    mine, other = signed_in(cashier), signed_in(cashier)
    assert mine.post(f"{ACCOUNT}/sessions").status_code == 303
    assert (mine.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 303)
    found = rows(site.office, "SELECT actor FROM journal WHERE action = 'delegate.sessions_ended'")
    assert found == [(f"delegate:{cashier.delegate_id}",)]


def test_the_bearer_of_a_days_pass_has_no_account(site, team, signed_in):
    assert signed_in(team.people["day_cashier"]).get(ACCOUNT).status_code == 403
