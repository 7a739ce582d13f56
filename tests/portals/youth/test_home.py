"""« Accueil »: balances, history, live within two seconds; « Ce n'était pas moi »; notices."""

from __future__ import annotations

import json
import re
import socket
import tomllib
from importlib import resources

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from cardservice.db.engine import make_page_engine, unit_of_work
from cardservice.db.queries.home_page import home_of
from cardservice.db.queries.live_marks import live_marks
from cardservice.db.queries.member_home import MOVEMENTS_PER_PAGE
from cardservice.services.block_card import block_card_of
from cardservice.services.tell_notices import tell_notices
from tests import makers
from tests.counter import opened_counter
from tests.portals.axe import out_of_reach, small_targets, too_wide, violations
from tests.portals.browsers import DESKTOP, PHONE, intercept
from tests.portals.youth.people import make_member, open_member_session
from tests.portals.youth.questions import questions_of_pages
from tests.services.at_the_door import rows
from tests.services.push_service import Browser
from youth_portal.live import MOST_PER_HOLDER

HOME = "/jeune"
PART = "/jeune/a-jour"
NOTICES = "/jeune/avis"


@pytest.fixture
def counter(site):
    with opened_counter(site.office) as opened:
        yield opened


@pytest.fixture
def youth(site):
    return make_member(site.office)


@pytest.fixture
def till(site):
    return makers.make_terminal(site.office)


def refusals():
    file = resources.files("youth_portal") / "refusals_fr.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))["refusals"]


def reference_of(site):
    return rows(site.office, "SELECT operation_reference(operation_no) FROM operation"
                " WHERE kind = 'debit' ORDER BY operation_no DESC LIMIT 1")[0][0]  # fmt: skip


def payment_page(site):
    return f"{HOME}/paiements/{reference_of(site)}"


def test_home_shows_what_is_left_until_when_and_each_payment(site, youth, till, counter, as_youth):
    counter.debit(till, youth.held, 1_055)
    page = as_youth(youth).get(HOME).text
    assert "89,45\u00a0€" in page and "50,00\u00a0€" in page and "31 août 2027" in page
    assert "10,55\u00a0€" in page


SHOW = "Montrer ma carte</a>"
PLANS = "Ta carte t’ouvre les réductions"


def test_a_card_of_bons_plans_alone_shows_them_and_no_money(site, as_youth):
    nineteen = makers.make_card(site.office, makers.make_youth(site.office))
    page = as_youth(make_member(site.office, card=nineteen)).get(HOME).text
    assert PLANS in page and SHOW in page and "€" not in page


def test_a_card_that_cannot_pay_says_so_and_is_not_offered(site, youth, as_youth):
    holder = youth.held.holder.beneficiary_id
    block_card_of(site.office.engine, beneficiary_id=holder, reason="lost", actor="test")
    page = as_youth(youth).get(HOME).text
    assert "100,00\u00a0€" in page and SHOW not in page and PLANS not in page
    assert 'href="/jeune/ma-carte">Voir ma carte</a>' in page


def test_a_member_whose_card_was_not_made_yet_has_an_empty_home(site, as_youth):
    office = site.office
    youth = make_member(office, linked=False)
    holder = makers.make_beneficiary(office, birth_date="2011-05-14")
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "UPDATE member SET beneficiary_id = :beneficiary_id, linked_at = ledger_now()"
                " WHERE member_id = :member_id"
            ),
            {"beneficiary_id": holder.beneficiary_id, "member_id": youth.member_id},
        )
    page = as_youth(youth).get(HOME)
    assert page.status_code == 200
    assert SHOW not in page.text and PLANS not in page.text and "€" not in page.text


@pytest.mark.parametrize("address", [HOME, PART])
def test_home_asks_few_questions(site, youth, till, counter, as_youth, address):
    """An open page asks again at every debit: each question costs all the others."""
    counter.debit(till, youth.held, 1_055)
    visitor = as_youth(youth)
    with questions_of_pages(site) as asked:
        visitor.get(address)
    # Session; person; card, wallets, notice and mark; movements.
    assert len([one for one in asked if "FROM" in one]) == 4, asked


def test_an_open_page_asks_for_the_part_of_it_that_moves(site, youth, till, counter, as_youth):
    visitor = as_youth(youth)
    # Two pages of history: the older one follows too.
    for cents in range(1, MOVEMENTS_PER_PAGE + 1):
        counter.debit(till, youth.held, cents)
    for query, movements in (("", MOVEMENTS_PER_PAGE), ("?page=2", 2)):
        part = visitor.get(PART + query).text
        assert part.count('<a class="movement"') == movements
        assert 'id="live"' in part and "<html" not in part and "Se déconnecter" not in part
        assert part in visitor.get(HOME + query).text


def test_the_page_is_drawn_with_the_mark_that_pages_are_told_by(site, youth, till, counter):
    counter.debit(till, youth.held, 1_055)
    holder = youth.held.holder.beneficiary_id
    with unit_of_work(site.office.engine) as connection:
        assert home_of(connection, holder).mark == live_marks(connection, [holder])[holder]


@pytest.mark.parametrize("address", [HOME, PART])
def test_under_fifteen_without_a_parents_word_nothing_is_shown(
    site, youth, till, counter, as_youth, address
):
    counter.debit(till, youth.held, 1_055)
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE beneficiary SET birth_date = '2014-05-14' WHERE beneficiary_id = :id"),
            {"id": youth.held.holder.beneficiary_id},
        )
    answer = as_youth(youth).get(address)
    assert answer.status_code == 303 and answer.headers["location"] == "/jeune/activer"
    assert "€" not in answer.text


def test_home_says_so_while_the_database_is_away(site, youth, as_youth):
    visitor, pages = as_youth(youth), site.app.state.pages
    with socket.socket() as silent:
        # Bound and deaf: whoever connects is refused.
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        site.app.state.pages = make_page_engine(f"postgresql://nobody@127.0.0.1:{port}/none")
        try:
            away = visitor.get(HOME)
        finally:
            site.app.state.pages = pages
    assert away.status_code == 503 and "Le service ne répond pas en ce moment" in away.text
    assert visitor.get(HOME).status_code == 200


def test_who_was_closed_meanwhile_is_sent_to_sign_in_and_the_session_is_gone(site, youth, as_youth):
    visitor = as_youth(youth)
    count = "SELECT count(*) FROM web_session WHERE member_id = :id"
    assert rows(site.office, count, id=youth.member_id) == [(1,)]
    with unit_of_work(site.office.engine) as connection:
        connection.execute(
            text("UPDATE member SET closed_at = ledger_now() WHERE member_id = :id"),
            {"id": youth.member_id},
        )
    answer = visitor.get(HOME)
    assert answer.status_code == 303 and answer.headers["location"] == "/jeune/connexion"
    assert rows(site.office, count, id=youth.member_id) == [(0,)]


def test_a_long_history_is_leafed_through(youth, till, counter, as_youth):
    visitor = as_youth(youth)

    def amounts(query):
        return re.findall(r'class="money[^"]*">([+−] [0-9,]+)', visitor.get(HOME + query).text)

    # With the two grants, a page that is just full.
    for cents in range(1, MOVEMENTS_PER_PAGE - 1):
        counter.debit(till, youth.held, cents)
    one_page = amounts("")
    assert len(one_page) == MOVEMENTS_PER_PAGE and amounts("?page=2") == one_page
    counter.debit(till, youth.held, 100)
    assert amounts("") == ["− 1,00", *one_page[:-1]]
    assert amounts("?page=2") == one_page[-1:] == amounts("?page=9")


def test_a_debit_and_its_cancellation_show_on_the_open_page(youth, till, counter, youth_page):
    page = youth_page(youth)
    with page.expect_response("**/jeune/flux*"):
        page.goto(HOME)
    balance = page.locator("#live .money-large").first
    expect(balance).to_have_text("100,00\u00a0€")
    for cents in (1_000, 2_000, 3_000):
        debit = counter.debit(till, youth.held, cents)
        left = f"{(10_000 - cents) // 100},00\u00a0€"
        expect(balance).to_have_text(left, timeout=5_000)
        counter.cancel(till, debit.operation_id)
        expect(balance).to_have_text("100,00\u00a0€", timeout=5_000)


def test_a_stream_that_was_refused_is_asked_for_again(youth, till, counter, youth_page):
    page = youth_page(youth)
    refused = []

    def refuse_once(asked):
        if refused:
            asked.continue_()
        else:
            refused.append(asked.request.url)
            # What closes a stream for good, as a proxy between two versions does.
            asked.fulfill(status=204)

    page.route("**/jeune/flux*", refuse_once)
    page.goto(HOME)
    balance = page.locator("#live .money-large").first
    expect(balance).to_have_text("100,00\u00a0€")
    with page.expect_response(lambda one: "/jeune/flux" in one.url and one.ok, timeout=30_000):
        counter.debit(till, youth.held, 1_000)
    expect(balance).to_have_text("90,00\u00a0€", timeout=10_000)
    assert len(refused) == 1


def test_an_open_page_whose_question_failed_asks_again(
    youth, till, counter, youth_page, complaints
):
    page = youth_page(youth)
    page.clock.install()
    with page.expect_response("**/jeune/flux*"):
        page.goto(HOME)
    failed = []

    def fail_once(asked):
        if failed:
            asked.continue_()
        else:
            failed.append(asked.request.url)
            complaints.is_to_fail(asked.request.url)
            asked.fulfill(status=503, body="")

    intercept(page, "**/jeune/a-jour", fail_once)
    counter.debit(till, youth.held, 1_000)
    # The debit was told, and is not told again.
    expect(page.locator("#offline")).to_be_visible(timeout=10_000)
    balance = page.locator("#live .money-large").first
    expect(balance).to_have_text("100,00\u00a0€")
    page.clock.fast_forward(8_000)
    expect(balance).to_have_text("90,00\u00a0€")
    expect(page.locator("#offline")).to_be_hidden()
    assert len(failed) == 1


def test_an_older_page_of_the_history_stays_the_older_one(youth, till, counter, youth_page):
    # With the two grants, one more than a page holds.
    for cents in range(1, MOVEMENTS_PER_PAGE):
        counter.debit(till, youth.held, cents)
    page = youth_page(youth)
    with page.expect_response("**/jeune/flux*"):
        page.goto(f"{HOME}?page=2")
    movements = page.locator("a.movement")
    expect(movements).to_have_count(1)
    counter.debit(till, youth.held, 1_000)
    expect(movements).to_have_count(2, timeout=10_000)


def test_whoever_signs_in_meanwhile_gets_a_page_of_their_own(
    site, youth, till, counter, youth_page
):
    page = youth_page(youth)
    with page.expect_response("**/jeune/flux*"):
        page.goto(HOME)
    theirs = page.locator("#live").get_attribute("data-session")
    somebody_else = make_member(site.office)
    cookies = page.context.cookies()
    secret = open_member_session(site.office, somebody_else)
    page.context.add_cookies([cookie | {"value": secret} for cookie in cookies])
    counter.debit(till, youth.held, 1_000)
    expect(page.locator("#live")).not_to_have_attribute("data-session", theirs, timeout=10_000)
    expect(page.locator("#live .money-large").first).to_have_text("100,00\u00a0€")


def test_a_person_with_enough_open_pages_is_told_to_ask_no_more(site, youth, as_youth):
    visitor = as_youth(youth)
    live = site.app.state.live
    holder = youth.held.holder.beneficiary_id
    live._waiting[holder] = {object() for _ in range(MOST_PER_HOLDER)}
    try:
        assert visitor.get(f"{HOME}/flux").status_code == 204
    finally:
        del live._waiting[holder]


def test_it_was_not_me_pauses_the_card_and_opens_one_file(site, youth, till, counter, as_youth):
    counter.debit(till, youth.held, 1_055)
    visitor = as_youth(youth)
    address = payment_page(site)
    for _ in range(2):
        visitor.post(f"{address}/contester", {})
    (file,) = rows(site.office, "SELECT reason, state, right_amount_cents, opened_by_holder"
                   " FROM regularisation_file")  # fmt: skip
    holder = youth.held.holder.beneficiary_id
    assert tuple(file) == ("not_me", "open", 0, holder)
    assert rows(site.office, "SELECT paused_by FROM card_pause") == [("holder",)]
    assert counter.read(till, youth.held.code).code == "card_paused"


def test_somebody_elses_payment_is_like_an_unknown_one(site, youth, till, counter, as_youth):
    other = make_member(site.office)
    counter.debit(till, other.held, 1_055)
    visitor = as_youth(youth)
    address = payment_page(site)
    assert visitor.get(address).status_code == 404
    assert visitor.post(f"{address}/contester", {}).status_code == 404
    assert rows(site.office, "SELECT 1 FROM card_pause") == []


# Notices


def test_notices_are_listed_and_read_once_shown(site, youth, till, counter, as_youth):
    counter.debit(till, youth.held, 1_055)
    tell_notices(site.office.engine)
    visitor = as_youth(youth)
    assert "Nouveau" in visitor.get(NOTICES).text
    again = visitor.get(NOTICES).text
    assert "Nouveau" not in again and "Tu as payé" in again


def test_channels_and_quiet_hours_are_chosen(site, youth, as_youth):
    visitor = as_youth(youth)
    form = {"mail": "oui", "calme_de": "22h", "calme_a": "7:30"}
    assert visitor.post(f"{NOTICES}/choix", form).status_code == 303
    (chosen,) = rows(site.office, "SELECT notices_in_page, notices_by_push, notices_by_mail,"
                     " quiet_from::text, quiet_until::text FROM member")  # fmt: skip
    assert tuple(chosen) == (False, False, True, "22:00:00", "07:30:00")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"calme_de": "22:00"}, "quiet_hours_incomplete"),
        ({"calme_de": "25:00", "calme_a": "7:00"}, "Écris une heure comme"),
    ],
)
def test_quiet_hours_that_make_no_sense_are_told(youth, as_youth, form, said):
    answer = as_youth(youth).post(f"{NOTICES}/choix", form)
    assert answer.status_code == 422 and refusals().get(said, said) in answer.text


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/a",
        "http://fcm.googleapis.com/a",
        "https://fcm.googleapis.com:8443/a",
        "https://fcm.googleapis.com@evil.example/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://evil.example;.push.apple.com/a",
        "https://[::1].push.apple.com/a",
        "https://.push.apple.com/a",
        "https://fcm.googleapis.com:0/a",
        "https://evil.example/#fcm.googleapis.com",
        "https://127.0.0.1/a",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://fcm.googleapis.com\\@evil.example/",
        "",
    ],
)
def test_an_address_of_no_listed_push_service_is_refused(site, youth, as_youth, endpoint):
    browser = Browser()
    form = {"adresse": endpoint, "cle": browser.p256dh, "secret": browser.auth}
    answer = as_youth(youth).post(f"{NOTICES}/appareils", form)
    sentence = refusals()["push_address_unknown"]
    assert answer.status_code == 422 and sentence in answer.text
    assert rows(site.office, "SELECT 1 FROM push_subscription") == []


def test_a_browser_is_added_once_and_removed_by_its_owner_alone(site, youth, as_youth):
    browser = Browser()
    form = {
        "adresse": "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "cle": browser.p256dh,
        "secret": browser.auth,
        "discret": "oui",
    }
    visitor = as_youth(youth)
    for _ in range(2):
        assert visitor.post(f"{NOTICES}/appareils", form).status_code == 303
    ((number, is_discreet),) = rows(
        site.office, "SELECT subscription_id, is_discreet FROM push_subscription"
    )
    assert is_discreet
    address = f"{NOTICES}/appareils/{number}/retirer"
    stranger = as_youth(make_member(site.office))
    assert stranger.post(address, {}).status_code == 404
    assert visitor.post(address, {}).status_code == 303
    assert rows(site.office, "SELECT 1 FROM push_subscription") == []


def test_a_shared_browser_rings_for_who_subscribed_last(site, youth, till, counter, as_youth):
    browser = Browser()
    form = {
        "adresse": "https://fcm.googleapis.com/fcm/send/abc",
        "cle": browser.p256dh,
        "secret": browser.auth,
    }
    as_youth(youth).post(f"{NOTICES}/appareils", form)
    counter.debit(till, youth.held, 1_055)
    tell_notices(site.office.engine)
    assert rows(site.office, "SELECT count(*) FROM waiting_push") == [(1,)]
    sibling = make_member(site.office)
    as_youth(sibling).post(f"{NOTICES}/appareils", form)
    assert rows(site.office, "SELECT count(*) FROM waiting_push") == [(0,)]
    assert rows(site.office, "SELECT member_id FROM push_subscription") == [(sibling.member_id,)]


# The app of the home screen


def test_the_worker_controls_the_portal_and_keeps_no_page_of_a_person(site, as_youth):
    visitor = as_youth(None)
    answer = visitor.get(f"{HOME}/sw.js")
    assert answer.headers["service-worker-allowed"] == HOME
    shell = json.loads(answer.text.split("self.SHELL = ", 1)[1].split(";\n", 1)[0])
    for file in [*shell["files"], shell["offline"], shell["icon"]]:
        assert visitor.get(file).status_code == 200, file
    assert all(one.startswith("/statique/") for one in shell["files"])
    manifest = visitor.get(f"{HOME}/app.webmanifest").json()
    assert manifest["scope"] == manifest["start_url"] == HOME


def test_without_a_network_the_app_says_so_and_shows_no_money(youth, till, counter, youth_page):
    page = youth_page(youth)
    page.goto(HOME)
    page.evaluate("() => navigator.serviceWorker.ready")
    # A page without a stream: what breaks with the network is then the next page alone.
    page.goto(NOTICES)
    page.context.set_offline(True)
    page.goto(NOTICES)
    expect(page.get_by_role("heading", name="Pas de réseau")).to_be_visible()
    expect(page.get_by_text("€")).to_have_count(0)
    page.context.set_offline(False)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, PHONE, DESKTOP])
def test_home_payment_and_notices_have_no_axe_finding(
    site, youth, till, counter, youth_page, width, dark
):
    counter.debit(till, youth.held, 1_055)
    tell_notices(site.office.engine)
    page = youth_page(youth, width=width, dark=dark)
    for address in (HOME, payment_page(site), NOTICES):
        page.goto(address)
        assert violations(page) == []
        assert too_wide(page) == []
        assert small_targets(page) == []
        assert out_of_reach(page) == []
