"""The door over HTTP: one answer for whatever is wrong, fresh secrets, no way past a stage."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
import zxingcpp
from PIL import Image, ImageDraw
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.totp import totp_secret
from cardservice.webkit.sentences import refusal_sentence
from tests.portals.people import PASSWORD, TOTP_NONCE, Person
from tests.portals.site import PREFIX, Site
from tests.portals.visitor import SESSION_COOKIE, Visitor
from tests.services.partner_people import at_once

DOOR = f"{PREFIX}/connexion"
CODE = f"{DOOR}/code"
ACCOUNT = f"{PREFIX}/compte"
WRONG = "ne vont pas ensemble"


def come(visitor: Visitor, person: Person | str, password: str = PASSWORD, **fields: str):
    email = person if isinstance(person, str) else person.email or ""
    return visitor.post(DOOR, {"courriel": email, "mot_de_passe": password} | fields)


def code_now(site: Site, *, steps_off: int = 0) -> str:
    with unit_of_work(site.office.engine) as connection:
        step = wall_seconds(connection) // 30 + steps_off
    return pyotp.TOTP(totp_secret(site.office.keys, TOTP_NONCE)).generate_otp(step)


def without_authenticator(site: Site, person: Person) -> None:
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text(
                "UPDATE credential SET totp_enrolled_at = NULL, totp_nonce = NULL"
                " WHERE email = :email"
            ),
            {"email": person.email},
        )


def secret_of(visitor: Visitor) -> str | None:
    return visitor.http.cookies.get(SESSION_COOKIE)


def as_told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what is each visitor's own: token, cookie, the hour, what was typed."""
    body = re.sub(r'name="jeton" value="[^"]+"', "", answer.text)
    body = re.sub(r'value="[^"]*@[^"]*"', "", body)
    own = ("date", "set-cookie", "content-length")
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in own}


# The way in


def test_a_visitor_is_led_to_the_page_they_wanted(site, team, signed_in):
    visitor = signed_in(None)
    sent = visitor.get(ACCOUNT)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{DOOR}?vers={ACCOUNT}")
    assert f'name="vers" value="{ACCOUNT}"' in visitor.get(sent.headers["location"]).text
    asked = come(visitor, team.people["cashier"], vers=ACCOUNT)
    assert asked.status_code == 303
    assert urlsplit(asked.headers["location"]).path == CODE
    page = visitor.get(asked.headers["location"])
    assert f'name="vers" value="{ACCOUNT}"' in page.text
    passed = visitor.post(CODE, {"code": code_now(site), "vers": ACCOUNT})
    assert (passed.status_code, passed.headers["location"]) == (303, ACCOUNT)
    assert visitor.get(ACCOUNT).status_code == 200


def test_who_is_signed_in_already_goes_straight_on(site, team, signed_in):
    sent = signed_in(team.people["cashier"]).get(f"{DOOR}?vers={ACCOUNT}")
    assert (sent.status_code, sent.headers["location"]) == (303, ACCOUNT)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "/partenaire//evil.example",
        "/partenaire@evil.example", "/partenaire/../api/v1/me", "/partenairex",
        "javascript:alert(1)",
        "/partenaire/%2e%2e/api", "/partenaire\r\nSet-Cookie: a=b", "/api/v1/me", DOOR,
        f"{PREFIX}/deconnexion", f"{PREFIX}/" + "a" * 400,
    ],
)  # fmt: skip
def test_nobody_is_led_anywhere_else(site, team, signed_in, elsewhere):
    without_authenticator(site, team.people["cashier"])
    answer = come(signed_in(None), team.people["cashier"], vers=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, PREFIX)


# One answer


def test_nothing_tells_an_address_that_is_known_from_one_that_is_not(site, team, signed_in):
    comers = ("personne@librairie.example", *(team.people[p] for p in ("invited", "suspended")))
    told = [as_told(come(signed_in(None), comer)) for comer in comers]
    told.append(as_told(come(signed_in(None), team.people["cashier"], "wrong")))
    assert told[0][0] == 422 and WRONG in told[0][1]
    assert told == [told[0]] * 4


def test_asking_for_a_link_tells_nobody_anything_and_mails_those_who_may(site, team, signed_in):
    addresses = [team.people["cashier"].email, team.people["suspended"].email, "x@y.example", ""]
    told = []
    for address in addresses:
        visitor = signed_in(None)
        told.append(
            as_told(visitor.post(f"{PREFIX}/mot-de-passe-oublie", {"courriel": address or ""}))
        )
    assert told[0][0] == 200 and told == [told[0]] * 4
    # The next request of a connection is read when the work behind the answer is done.
    with unit_of_work(site.office.engine) as connection:
        sent_to = connection.execute(
            text("SELECT email FROM sign_in_link JOIN credential USING (credential_id)")
        ).scalars()
        assert list(sent_to) == [team.people["cashier"].email]


def test_a_password_is_never_sent_back_to_the_page(site, team, signed_in):
    answer = come(signed_in(None), team.people["cashier"], "a password typed wrong")
    assert "a password typed wrong" not in answer.text
    assert team.people["cashier"].email in answer.text


# Sessions


def test_a_planted_cookie_never_becomes_signed_in(site, team, signed_in):
    visitor = signed_in(None)
    without_authenticator(site, team.people["cashier"])
    visitor.carry("planted")
    come(visitor, team.people["cashier"])
    assert visitor.get(ACCOUNT).status_code == 200
    planted = signed_in(None)
    planted.carry("planted")
    assert planted.get(ACCOUNT).status_code == 303


def test_the_session_of_another_person_in_this_browser_is_ended_not_taken_over(
    site, team, signed_in
):
    visitor = signed_in(team.people["accountant"])
    before = secret_of(visitor)
    without_authenticator(site, team.people["cashier"])
    visitor.get(ACCOUNT)
    come(visitor, team.people["cashier"])
    old = signed_in(None)
    old.carry(before)
    assert old.get(ACCOUNT).status_code == 303


def test_every_stage_has_a_secret_of_its_own(site, team, signed_in):
    visitor = signed_in(None)
    come(visitor, team.people["cashier"])
    half_done = secret_of(visitor)
    visitor.get(CODE)
    visitor.post(CODE, {"code": code_now(site)})
    assert secret_of(visitor) != half_done
    old = signed_in(None)
    old.carry(half_done)
    assert old.get(CODE).headers["location"].startswith(DOOR)


def test_half_a_sign_in_opens_no_page(site, team, signed_in):
    visitor = signed_in(None)
    come(visitor, team.people["lead"])
    for path in (ACCOUNT, PREFIX, f"{PREFIX}/caisse", f"{DOOR}/espace", f"{DOOR}/application"):
        answer = visitor.get(path)
        assert answer.status_code == 303 and DOOR in answer.headers["location"], path
    assert visitor.post(f"{DOOR}/espace", {"espace": "1"}).status_code == 303


def test_the_cookie_is_out_of_reach_and_bound_to_the_host_over_tls(site, team, signed_in):
    visitor = signed_in(None)
    plain = come(visitor, team.people["cashier"]).headers["set-cookie"]
    assert "HttpOnly" in plain and "SameSite=lax" in plain and "Path=/" in plain
    secure = signed_in(None)
    tls = {"X-Forwarded-Proto": "https"}
    page = secure.get(DOOR, headers=tls)
    own = page.headers["set-cookie"].split(";")[0]
    token = re.search(r'name="jeton" value="([^"]+)"', page.text)[1]
    fields = {
        "courriel": team.people["cashier"].email, "mot_de_passe": PASSWORD, "jeton": token,
    }  # fmt: skip
    answer = secure.http.post(DOOR, data=fields, headers=tls | {"Cookie": own})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-cjeune-partner=") and "Secure" in cookie
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_form_of_another_site_signs_nobody_in_or_out(site, team, signed_in, headers):
    visitor = signed_in(team.people["cashier"])
    visitor.get(ACCOUNT)
    for path in (DOOR, f"{PREFIX}/deconnexion", f"{ACCOUNT}/sessions"):
        refused = visitor.post(path, {}, headers=headers)
        assert refused.status_code == 403 and refusal_sentence("form_expired") in refused.text
    assert visitor.get(ACCOUNT).status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(site, team, signed_in):
    visitor = signed_in(team.people["cashier"])
    secret = secret_of(visitor)
    answer = visitor.post(f"{PREFIX}/deconnexion")
    assert answer.headers["location"] == f"{DOOR}?dit=signed_out"
    again = signed_in(None)
    again.carry(secret)
    assert again.get(ACCOUNT).status_code == 303


# The second factor


def test_a_wrong_code_says_so_at_its_field_and_a_used_one_too(site, team, signed_in):
    visitor = signed_in(None)
    come(visitor, team.people["cashier"])
    visitor.get(CODE)
    wrong = visitor.post(CODE, {"code": "000000"})
    assert wrong.status_code == 422 and 'id="e-code"' in wrong.text
    code = code_now(site, steps_off=1)
    assert visitor.post(CODE, {"code": code}).status_code == 303
    other = signed_in(None)
    come(other, team.people["cashier"])
    other.get(CODE)
    assert "a déjà servi" in other.post(CODE, {"code": code}).text


def test_who_leads_enrols_by_the_qr_of_the_page_and_sees_the_codes_once(site, team, signed_in):
    lead = team.people["lead"]
    without_authenticator(site, lead)
    visitor = signed_in(None)
    enrolment = come(visitor, lead).headers["location"]
    assert enrolment == f"{DOOR}/application"
    page = visitor.get(enrolment).text
    assert "style=" not in page
    uri = qr_in(page)
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    assert secret in re.sub(r"\s", "", page)
    assert visitor.post(enrolment, {"code": "000000"}).status_code == 422
    with unit_of_work(site.office.engine) as connection:
        code = pyotp.TOTP(secret).generate_otp(wall_seconds(connection) // 30)
    shown = visitor.post(enrolment, {"code": code})
    assert shown.status_code == 200
    assert len(re.findall(r"<li>[A-Z0-9]{5}-[A-Z0-9]{5}</li>", shown.text)) == 10
    assert shown.headers["cache-control"] == "no-store"
    assert visitor.get(ACCOUNT).status_code == 200
    assert visitor.get(enrolment).status_code == 303


def qr_in(page: str) -> str:
    """What a phone reads off the page's <svg>."""
    side = int(re.search(r'viewBox="0 0 (\d+)', page)[1])
    image = Image.new("L", (side * 6, side * 6), 255)
    drawing = ImageDraw.Draw(image)
    for column, line, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", page):
        at = (int(column) * 6, int(line) * 6)
        drawing.rectangle((*at, at[0] + 6 * int(length) - 1, at[1] + 5), fill=0)
    (found,) = zxingcpp.read_barcodes(image)
    return str(found.text)


# Several spaces


def with_two_spaces(site: Site, person: Person, there: Person) -> int:
    """Makes one person of two, without an authenticator; the second delegation."""
    without_authenticator(site, person)
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text(
                "UPDATE delegate SET credential_id ="
                " (SELECT credential_id FROM credential WHERE email = :email)"
                " WHERE delegate_id = :there"
            ),
            {"email": person.email, "there": there.delegate_id},
        )
    return there.delegate_id


def test_a_space_that_is_entered_by_several_clicks_at_once_is_entered(
    site, team, stranger_team, signed_in
):
    cashier = team.people["cashier"]
    space = {"espace": str(with_two_spaces(site, cashier, stranger_team.people["editor"]))}
    for _ in range(3):
        visitor = signed_in(None)
        visitor.get(come(visitor, cashier).headers["location"])
        secret, token = secret_of(visitor), visitor.token
        clicks = [signed_in(None) for _ in range(4)]
        for click in clicks:
            click.carry(secret)
        answers = at_once(
            *[
                lambda click=click, token=token: click.post(f"{DOOR}/espace", space, token=token)
                for click in clicks
            ]
        )
        told = [(one.status_code, one.headers.get("location")) for one in answers]
        assert told.count((303, PREFIX)) == 1
        # Overtaken at the door, or come when the secret that its form was made with had gone.
        late = {(303, f"{DOOR}?dit=sign_in_over"), (403, None)}
        assert {one for one in told if one != (303, PREFIX)} <= late
        # The slower answers must not take away the cookie that the quicker one gave.
        cookies = [one.headers.get("set-cookie") for one in answers]
        assert len([cookie for cookie in cookies if cookie]) == 1


def test_who_has_two_spaces_chooses_one_and_no_third(site, team, stranger_team, signed_in):
    cashier = team.people["cashier"]
    other = with_two_spaces(site, cashier, stranger_team.people["editor"])
    visitor = signed_in(None)
    spaces = come(visitor, cashier, vers=ACCOUNT).headers["location"]
    page = visitor.get(spaces).text
    assert team.partner.trade_name in page and stranger_team.partner.trade_name in page
    for nobodys in (str(stranger_team.people["lead"].delegate_id), "0", "x", "9" * 30):
        assert visitor.post(f"{DOOR}/espace", {"espace": nobodys}).status_code == 404
    entered = visitor.post(f"{DOOR}/espace", {"espace": str(other), "vers": ACCOUNT})
    assert entered.headers["location"] == ACCOUNT
    account = visitor.get(ACCOUNT).text
    assert stranger_team.partner.trade_name in account and "Changer d’espace" in account


def test_strangers_who_guess_do_not_keep_a_known_browser_out(site, team, signed_in):
    known, person = signed_in(None), team.people["cashier"]
    assert come(known, person).status_code == 303
    known.get(PREFIX)
    known.post(f"{PREFIX}/deconnexion")
    known.get(DOOR)
    for _ in range(4):
        stranger = signed_in(None)
        for _ in range(3):
            come(stranger, person, "pas le bon")
    assert "Trop d’essais" in come(signed_in(None), person).text
    assert come(known, person).status_code == 303
    # The mark tells nobody whose it is, and belongs to one address.
    mark = known.http.cookies.get("cjeune-connu-partner")
    assert mark is not None and person.email is not None and person.email not in mark
