"""Lost answers, reloads, a killed page: the phone finds the truth and says no other (C51)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page, Route, expect

from tests import makers
from tests.makers import HeldCard
from tests.portals.browsers import intercept
from tests.portals.site import Site
from tests.terminals.phone.conftest import PhoneOf
from tests.terminals.phone.hands import APP, Phone
from tests.terminals.phone.ledger import debits_approved, operations

DEBITS = "**/api/v1/debits/**"
ALWAYS = {"pin_required": "always"}
# Where the other half is walked by the tests beside it.
SOAK_HEARD, SOAK_UNHEARD = (
    pytest.mark.parametrize(
        "arrives",
        [pytest.param(one, marks=[pytest.mark.soak] * (one is rare)) for one in (True, False)],
        ids=["heard", "unheard"],
    )
    for rare in (True, False)
)


def losing(count: int, *, arrives: bool) -> Callable[[Route], None]:
    """Loses the answers of the first `count` calls; with `arrives` the service has heard them."""
    left = [count]

    def handle(route: Route) -> None:
        if left[0] == 0:
            route.continue_()
            return
        left[0] -= 1
        if arrives:
            route.fetch()
        route.abort()

    return handle


def test_a_lost_answer_is_found_and_nothing_is_taken_twice(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.hurry()
    for number, (count, arrives) in enumerate(product((1, 2, 4), (True, False)), 1):
        intercept(phone.page, DEBITS, losing(count, arrives=arrives))
        phone.sell(card, f"1,0{number}")
        phone.reads("Débit accepté")
        phone.page.unroute(DEBITS)
        phone.press("Accueil")
    assert debits_approved(site) == [101, 102, 103, 104, 105, 106]


def test_a_pin_sale_is_sent_again_with_its_pin(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.hurry()
    intercept(phone.page, DEBITS, losing(1, arrives=False))
    phone.sell(card, "10,55")
    phone.enter_pin(makers.PIN)
    phone.reads("Débit accepté")
    assert debits_approved(site) == [1055]


def test_a_refusal_whose_answer_was_lost_is_still_a_refusal(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of(policy=ALWAYS)
    phone.hurry()
    intercept(phone.page, DEBITS, losing(2, arrives=True))
    phone.sell(card, "10,55")
    phone.enter_pin("0000")
    phone.reads("Débit refusé")
    phone.sees("Il reste deux essais")
    assert len(operations(site)) == 1


def cut_for_good(phone: Phone, card: HeldCard, *, arrives: bool) -> None:
    """A sale whose answers are all lost, up to the unknown screen."""
    phone.hurry()
    intercept(phone.page, DEBITS, losing(1_000, arrives=arrives))
    phone.sell(card, "10,55")
    phone.reads("Le résultat n’est pas connu")
    text = phone.page.locator("main").inner_text()
    assert "refus" not in text.lower()
    assert phone.page.locator(".unknown-reference").inner_text().startswith("T")


@SOAK_HEARD
def test_an_unknown_sale_is_asked_for_until_it_is_known(
    phone_of: PhoneOf, site: Site, card: HeldCard, arrives: bool
) -> None:
    phone = phone_of()
    cut_for_good(phone, card, arrives=arrives)
    phone.page.unroute(DEBITS)
    phone.press("Demander ce qu’il en est")
    phone.reads("Débit accepté")
    assert debits_approved(site) == [1055]


@SOAK_UNHEARD
def test_an_unknown_sale_can_be_given_up(
    phone_of: PhoneOf, site: Site, card: HeldCard, arrives: bool
) -> None:
    phone = phone_of()
    cut_for_good(phone, card, arrives=arrives)
    phone.page.unroute(DEBITS)
    phone.press("Annuler cette vente")
    phone.reads("Vente annulée" if arrives else "Rien n’a été débité")
    kinds = [one.kind for one in operations(site)]
    assert kinds == (["debit", "cancellation"] if arrives else ["cancellation"])


@pytest.mark.parametrize("arrives", [True, False], ids=["heard", "unheard"])
def test_after_a_restart_the_till_asks_first(
    phone_of: PhoneOf, site: Site, card: HeldCard, arrives: bool
) -> None:
    phone = phone_of()
    cut_for_good(phone, card, arrives=arrives)
    phone.page.unroute(DEBITS)
    phone.reload()
    phone.on("home")
    last = phone.page.locator(".home-last")
    expect(last).to_contain_text("Acceptée" if arrives else "Non enregistrée")
    expect(last).to_contain_text("10,55 €")
    assert debits_approved(site) == ([1055] if arrives else [])


@SOAK_UNHEARD
def test_a_page_that_is_killed_at_sending_tells_the_truth_when_it_comes_back(
    phone_of: PhoneOf, site: Site, card: HeldCard, arrives: bool
) -> None:
    phone = phone_of()

    def hold(route: Route) -> None:
        # What is only held would be let go when its page closes, and arrive after all.
        if arrives:
            route.fetch()
        else:
            route.abort()
        phone.page.evaluate("console.log('heard')")

    intercept(phone.page, DEBITS, hold)
    with phone.page.expect_console_message(lambda said: said.text == "heard"):
        phone.sell(card, "10,55")
        phone.on("sending")
    context = phone.page.context
    phone.page.close()
    again = Phone(context.new_page(), phone.watch, phone.waiting)
    again.page.goto(APP)
    again.unlock()
    again.on("home")
    expect(again.page.locator(".home-last")).to_contain_text(
        "Acceptée" if arrives else "Non enregistrée"
    )
    assert debits_approved(site) == ([1055] if arrives else [])


def test_a_sale_that_arrives_after_it_was_given_up_is_refused(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    """The request was under way all the time: the tombstone stands before it."""
    phone = phone_of()
    late: list[tuple[str, str, dict[str, str]]] = []

    def keep(route: Route) -> None:
        asked = route.request
        if asked.method == "PUT" and not asked.url.endswith("/cancellation"):
            late.append((asked.url, asked.post_data or "", asked.headers))
        route.abort()

    phone.hurry()
    intercept(phone.page, DEBITS, keep)
    phone.sell(card, "10,55")
    phone.reads("Le résultat n’est pas connu")
    phone.page.unroute(DEBITS)
    phone.reload()
    phone.on("home")
    url, body, headers = late[0]
    answer = phone.page.context.request.put(
        url, data=body, headers={name: headers[name] for name in ("authorization", "content-type")}
    )
    assert answer.json()["code"] == "operation_cancelled"
    assert debits_approved(site) == []


def test_a_reload_at_any_step_shows_what_is_true(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of(policy=ALWAYS)
    last = phone.page.locator(".home-last")

    def start_again(*, sold: list[int]) -> None:
        phone.reload()
        phone.on("home")
        expect(last).to_have_count(1 if sold else 0)
        assert debits_approved(site) == sold

    phone.read(card.code)
    phone.on("identity")
    start_again(sold=[])
    phone.to_amount(card)
    phone.enter("10,55")
    start_again(sold=[])
    phone.sell(card, "10,55")
    phone.on("pin")
    start_again(sold=[])
    phone.sell(card, "10,55")
    phone.enter_pin(makers.PIN)
    phone.reads("Débit accepté")
    start_again(sold=[1055])
    expect(last).to_contain_text("Acceptée")
    phone.press("Voir, annuler ou ticket")
    phone.press("Ticket")
    phone.on("ticket")
    start_again(sold=[1055])
    phone.press("Ventes de la journée")
    phone.on("day")
    start_again(sold=[1055])


def test_an_answer_about_another_sale_is_no_answer(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.hurry()
    tricked: list[bool] = []

    def swap(route: Route) -> None:
        answer = route.fetch()
        if route.request.method == "PUT" and not tricked:
            tricked.append(True)
            route.fulfill(response=answer, json={**answer.json(), "amount_cents": 99})
        else:
            route.fulfill(response=answer)

    intercept(phone.page, DEBITS, swap)
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    phone.sees("10,55 €")
    assert debits_approved(site) == [1055]


def test_a_cancellation_whose_answer_was_lost_is_asked_for_again(
    phone_of: PhoneOf, site: Site, card: HeldCard
) -> None:
    phone = phone_of()
    phone.sell(card, "10,55")
    phone.press("Annuler ce débit")
    phone.on("operation")
    phone.hurry()
    intercept(phone.page, "**/cancellation", losing(2, arrives=True))
    phone.press("Annuler ce débit de")
    phone.reads("Débit annulé")
    assert [one.kind for one in operations(site)] == ["debit", "cancellation"]


def test_a_service_that_is_down_sells_nothing_and_says_so(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    phone = phone_of()
    gone = "**/api/v1/**"
    intercept(phone.page, gone, lambda route: route.abort())
    phone.read(card.code)
    phone.reads("La connexion est coupée")
    expect(phone.page.locator("#cut")).to_contain_text("Pas de réseau : aucune vente possible.")
    phone.page.unroute(gone)
    phone.press("Réessayer")
    phone.reads("Est-ce bien cette personne")
    expect(phone.page.locator("#cut span")).to_be_hidden()


def test_the_journal_stands_before_the_request_is_sent(phone_of: PhoneOf, card: HeldCard) -> None:
    phone = phone_of()
    seen: list[str] = []

    def look(route: Route) -> None:
        page: Page = phone.page
        seen.append("".join(page.evaluate("() => globalThis.kept()")))
        route.continue_()

    phone.page.evaluate(
        """globalThis.kept = async () => {
          const base = await new Promise((done) => {
            const asked = indexedDB.open("cjeune-tpe");
            asked.onsuccess = () => done(asked.result);
          });
          const rows = await new Promise((done) => {
            const asked = base.transaction("operations").objectStore("operations").getAll();
            asked.onsuccess = () => done(asked.result);
          });
          return rows.map((row) => `${row.state} ${row.operation_id} ${row.amount_cents}`);
        }; 0"""
    )
    intercept(phone.page, DEBITS, look)
    phone.sell(card, "10,55")
    phone.reads("Débit accepté")
    assert seen[0].startswith("written ") and seen[0].endswith(" 1055")


def test_news_does_not_take_the_button_from_under_a_finger(
    phone_of: PhoneOf, card: HeldCard
) -> None:
    """The totals of a sale just made arrive while the next one is begun."""
    phone = phone_of()
    phone.sell(card, "1,00")
    phone.reads("Débit accepté")
    held: list[Route] = []
    intercept(phone.page, "**/api/v1/me", lambda route: held.append(route))
    phone.press("Accueil")
    phone.on("home")
    expect(phone.page.locator("main")).to_contain_text("0,00")
    button = phone.page.get_by_role("button", name="Taper le code").first.bounding_box()
    assert button is not None
    phone.page.mouse.move(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    phone.page.mouse.down()
    with phone.page.expect_response("**/api/v1/me"):
        for route in held:
            route.continue_()
    # Behind the reads of the app, which come first.
    phone.page.evaluate(
        "import('/tpe/js/journal.js').then(({ journal }) => journal.last())"
        ".then(() => new Promise((done) => requestAnimationFrame(done)))"
    )
    phone.page.mouse.up()
    expect(phone.page.get_by_label("Code de la carte")).to_be_visible()
