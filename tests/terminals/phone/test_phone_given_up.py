"""A sale that was given up stays so; a late answer takes nobody else's screen (C51).

The law: a cancellation is on the disk before it leaves; from then on its own answer alone decides.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Request, Route, expect

from tests import makers
from tests.makers import HeldCard
from tests.portals.browsers import intercept
from tests.portals.site import Site
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import Phone
from tests.terminals.phone.ledger import debits_approved, operations
from tests.terminals.phone.test_phone_truth import ALWAYS, DEBITS, cut_for_good

CANCELLATION = "/cancellation"


def heard_by(phone: Phone) -> list[str]:
    """What the phone sends about debits from now on: GET, PUT, or PUT …/cancellation."""
    heard: list[str] = []

    def hear(asked: Request) -> None:
        if "/api/v1/debits/" in asked.url:
            heard.append(asked.method + (CANCELLATION if CANCELLATION in asked.url else ""))

    phone.page.on("request", hear)
    return heard


def give_up_in_vain(phone: Phone) -> None:
    """« Annuler cette vente » while the line is cut."""
    with phone.page.expect_event(
        "requestfailed", predicate=lambda asked: CANCELLATION in asked.url
    ):
        phone.press("Annuler cette vente")
    phone.on("unknown")


def come_back(phone: Phone) -> None:
    """The line is there again, and the browser says so."""
    phone.page.unroute(DEBITS)
    phone.page.evaluate("dispatchEvent(new Event('online')); 0")


def test_a_sale_that_was_given_up_is_never_sent_again(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.hurry()
    intercept(phone.page, DEBITS, lambda route: route.abort())
    phone.sell(card, "10,55")
    phone.enter_pin(makers.PIN)
    phone.reads("Le résultat n’est pas connu")
    give_up_in_vain(phone)
    heard = heard_by(phone)
    come_back(phone)
    phone.reads("Rien n’a été débité")
    assert set(heard) == {"PUT/cancellation"}
    assert debits_approved(site) == []


def test_an_approval_that_nobody_saw_is_not_told_while_its_cancellation_is_under_way(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    """Over two restarts: only the answer to the cancellation ends it."""
    phone = phone_of()
    written: list[str] = []

    def service(route: Route) -> None:
        if CANCELLATION in route.request.url:
            written.append("".join(phone.stored()))
        elif route.request.method == "PUT":
            route.fetch()
        route.abort()

    phone.hurry()
    intercept(phone.page, DEBITS, service)
    phone.sell(card, "10,55")
    phone.reads("Le résultat n’est pas connu")
    give_up_in_vain(phone)
    phone.reads("L’annulation est sans réponse")
    (operation,) = {str(one.operation_id) for one in operations(site)}
    assert f'{{"operation_id":"{operation}","reason":"other","asked_at":' in written[0]

    heard = heard_by(phone)
    phone.page.reload()
    phone.page.wait_for_load_state()
    phone.hurry()
    phone.unlock()
    phone.sees("Annulation d’une vente de 10,55 €")
    assert set(heard) == {"PUT/cancellation"}

    phone.page.unroute(DEBITS)
    phone.reload()
    expect(phone.page.locator(".home-last")).to_contain_text("Annulée")
    assert [one.kind for one in operations(site)] == ["debit", "cancellation"]


def test_a_cancellation_of_the_day_that_nobody_answered_is_resumed_when_it_is_looked_at(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.sell(card, "10,55")
    phone.press("Annuler ce débit")
    phone.on("operation")
    phone.hurry()
    intercept(phone.page, "**/cancellation", lambda route: route.abort())
    phone.press("Annuler ce débit de")
    phone.sees("Le service n’a pas répondu.")
    phone.page.unroute("**/cancellation")
    phone.press("Journée")
    phone.page.locator(".sale").first.click()
    phone.reads("Débit annulé")
    assert [one.kind for one in operations(site)] == ["debit", "cancellation"]


def test_an_expired_identification_does_not_refuse_the_copy_that_was_lost(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    """The first copy is still on its way when the second comes too late: it must find a tombstone
    before anybody is told that nothing was debited."""
    phone = phone_of()
    copies: list[tuple[str, str, dict[str, str]]] = []

    def service(route: Route) -> None:
        asked = route.request
        if asked.method != "PUT" or CANCELLATION in asked.url:
            route.continue_()
        elif not copies:
            copies.append((asked.url, asked.post_data or "", asked.headers))
            route.abort()
        else:
            body = re.sub('"identification":"[^"]+"', '"identification":"x"', asked.post_data or "")
            route.continue_(post_data=body)

    phone.hurry()
    intercept(phone.page, DEBITS, service)
    phone.sell(card, "10,55")
    phone.reads("Débit refusé")
    phone.sees("La lecture de la carte est trop ancienne.")
    url, body, headers = copies[0]
    named = {name: headers[name] for name in ("authorization", "content-type")}
    answer = phone.page.context.request.put(url, data=body, headers=named)
    assert answer.json()["code"] == "operation_cancelled"
    assert debits_approved(site) == []


def test_a_slow_card_does_not_take_the_next_ones_screen(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    other = makers.make_card(site.office)
    held: list[Route] = []
    reading = "**/api/v1/identifications"

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    intercept(phone.page, reading, hold_the_first)
    phone.read(card.code)
    phone.on("reading")
    phone.press("Accueil")
    phone.to_amount(other)
    with phone.page.expect_response(reading) as answer:
        held[0].continue_()
    answer.value.finished()
    phone.enter("3")
    phone.page.locator("[data-do]").click()
    phone.reads("Débit accepté")
    phone.sees(f"•••• {other.code[-4:]}")


def test_a_slow_verification_does_not_leave_the_sale_that_began_meanwhile(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    cut_for_good(phone, card, arrives=True)
    phone.page.unroute(DEBITS)
    phone.press("Accueil")
    asked: list[Route] = []

    def hold_two(route: Route) -> None:
        if len(asked) < 2:
            asked.append(route)
        else:
            route.abort()

    intercept(phone.page, DEBITS, hold_two)
    phone.press("Vérifier maintenant")
    phone.on("starting")
    phone.press("Accueil")
    phone.on("home")
    phone.sell(card, "3")
    phone.on("sending")
    with phone.page.expect_response(DEBITS) as answer:
        asked[0].continue_()
    answer.value.finished()
    asked[1].abort()
    phone.reads("Le résultat n’est pas connu")
    phone.sees("3,00 €")
    assert debits_approved(site) == [1055]


@pytest.mark.parametrize("status", [pytest.param(408, marks=pytest.mark.soak), 403])
def test_a_stranger_that_says_no_has_refused_nothing(
    phone_of: PhoneOf, site: Site, card: HeldCard, status: int
) -> None:
    """A hotel's login page, a proxy: the debit may have arrived."""
    phone = phone_of()
    said: list[int] = []

    def stranger(route: Route) -> None:
        if said:
            route.continue_()
            return
        said.append(status)
        route.fetch()
        route.fulfill(status=status, json={"title": "no", "detail": "no", "status": status})

    phone.hurry()
    intercept(phone.page, DEBITS, stranger)
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    assert debits_approved(site) == [1055]
