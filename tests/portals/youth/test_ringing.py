"""The telephone rings: the button of « Mes avis », and pushes that the service worker shows.

The law: Chromium and the portal's own worker, asked by the browser's own protocol; only the push
service is missing here, so what `PushManager.subscribe` would give is the test's. What is delivered
is what the pusher sealed and a browser's secret opened.
"""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from playwright.sync_api import expect

from cardservice.adapters.push.vapid import push_key
from tests.counter import opened_counter
from tests.faults.site import until
from tests.portals.browsers import WHOLE_BROWSER, BrowserThread
from tests.portals.youth.people import make_member
from tests.services.at_the_door import rows
from tests.services.push_service import Browser, opened_push_service
from tests.services.told import make_payer, push, subscribe, tell

NOTICES = "/jeune/avis"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"

# What a browser with a push service would answer; the key it is asked with is kept.
GIVES = """
window.PushManager.prototype.subscribe = async (options) => {
  sessionStorage.setItem("asked", JSON.stringify(options));
  return { toJSON: () => (%s) };
};
"""
REFUSES = """
window.PushManager.prototype.subscribe = async () => {
  throw new DOMException("no", "AbortError");
};
"""
# No test can click what the system shows. What a click does goes by the same listener.
CLICK = """async (tag) => {
  const [shown] = await self.registration.getNotifications({ tag });
  const opened = [];
  self.clients.openWindow = async (address) => { opened.push(address); return null; };
  WindowClient.prototype.focus = async function () {
    opened.push("focus " + this.url);
    return this;
  };
  const click = new NotificationEvent("notificationclick", { notification: shown });
  const done = new Promise((told) => {
    click.waitUntil = (work) => told(work);
  });
  self.dispatchEvent(click);
  await done;
  return opened;
}"""
SHOWN = """async () => (await self.registration.getNotifications()).map(
  (one) => ({ title: one.title, body: one.body, tag: one.tag, data: one.data }))"""


@pytest.fixture(scope="module")
def browser():
    """The whole browser: the shell of the other tests shows no notification."""
    browser = BrowserThread(program=WHOLE_BROWSER)
    try:
        browser.start()
        yield browser
    finally:
        browser.stop()


@pytest.fixture
def ringing(site, youth_page):
    """Gives a youth's page that may ring, what delivers a push to its worker, and the worker."""

    def open_page(youth):
        page = youth_page(youth)
        page.context.grant_permissions(["notifications"])
        protocol = page.context.new_cdp_session(page)
        known = []
        protocol.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: known.extend(told["registrations"]),
        )
        protocol.send("ServiceWorker.enable")
        page.goto(NOTICES)
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        (worker,) = page.context.service_workers
        (number,) = {one["registrationId"] for one in known}

        def deliver(told):
            protocol.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": site.base_url, "registrationId": number, "data": json.dumps(told)},
            )

        return page, worker, deliver

    return open_page


def sealed_pushes(office, youth, payer_pays, *, is_discreet):
    """What the pusher sent to one browser, as that browser reads it."""
    with opened_push_service() as service:
        browser = subscribe(office, youth, f"{service.origin}/a", is_discreet=is_discreet)
        payer_pays()
        tell(office)
        push(office)
        return [browser.read(body) for _, _, body in service.taken]


@pytest.fixture
def payer(site):
    with opened_counter(site.office) as counter:
        yield make_payer(site.office, counter)


def until_shown(worker, deliver, last, count):
    """What is shown, once so many are; the worker shows in its own time.

    A push service delivers at least once. `last` comes again every two seconds: now and then a
    Chromium that is watched begins to load the picture of a notification and never asks for it.
    """

    def enough():
        shown = worker.evaluate(SHOWN)
        return shown if len(shown) >= count else None

    for _ in range(4):
        deliver(last)
        with contextlib.suppress(AssertionError):
            return until(enough, within=2.0)
    raise AssertionError(f"not {count} are shown, though they came four times")


def test_a_push_is_shown_once_however_often_it_comes_and_a_click_opens_its_page(
    site, payer, ringing
):
    (told,) = sealed_pushes(site.office, payer.youth, payer.pay, is_discreet=False)
    page, worker, deliver = ringing(payer.youth)
    for _ in range(3):
        until_shown(worker, deliver, told, 1)
    # Comes behind the three: when it is there, whatever they bring has been.
    last = told | {"etiquette": "avis-0", "titre": "Dernier"}
    shown = {one["tag"]: one for one in until_shown(worker, deliver, last, 2)}
    assert set(shown) == {told["etiquette"], "avis-0"}
    mine = shown[told["etiquette"]]
    assert mine["title"] == "Tu as payé 10,55\u00a0€" and mine["body"] == told["texte"]
    page.goto("/jeune/ma-carte")
    wanted = site.url(told["adresse"])
    assert worker.evaluate(CLICK, told["etiquette"]) == [wanted]
    assert told["etiquette"] not in {one["tag"] for one in worker.evaluate(SHOWN)}


def test_a_click_goes_to_the_page_that_is_open_already(site, payer, ringing):
    (told,) = sealed_pushes(site.office, payer.youth, payer.pay, is_discreet=False)
    page, worker, deliver = ringing(payer.youth)
    until_shown(worker, deliver, told, 1)
    page.goto(told["adresse"])
    assert worker.evaluate(CLICK, told["etiquette"]) == [f"focus {page.url}"]


def test_a_discreet_subscription_shows_no_amount(site, payer, ringing):
    (told,) = sealed_pushes(site.office, payer.youth, payer.pay, is_discreet=True)
    _page, worker, deliver = ringing(payer.youth)
    (shown,) = until_shown(worker, deliver, told, 1)
    written = json.dumps(shown, ensure_ascii=False)
    assert "Ta carte a bougé" in written
    assert "10,55" not in written and "€" not in written


@pytest.mark.parametrize("is_discreet", [False, True])
def test_the_button_subscribes_this_browser_and_the_other_one_forgets_it(
    site, youth_page, is_discreet
):
    youth, browser = make_member(site.office), Browser()
    page = youth_page(youth)
    page.context.grant_permissions(["notifications"])
    given = {"endpoint": ENDPOINT, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
    page.add_init_script(GIVES % json.dumps(given))
    page.goto(NOTICES)
    expect(page.get_by_text("Ce navigateur ne sait pas")).to_be_hidden()
    if is_discreet:
        page.get_by_label("Sans le montant").check()
    page.get_by_role("button", name="Recevoir sur cet appareil").click()
    remove = page.get_by_role("button", name=re.compile("^Retirer"))
    expect(remove).to_be_visible()
    asked = json.loads(page.evaluate("() => sessionStorage.getItem('asked')"))
    key = push_key(site.office.keys).public
    assert asked == {"userVisibleOnly": True, "applicationServerKey": key}
    stored = rows(site.office, "SELECT member_id, endpoint, p256dh, auth, is_discreet"
                  " FROM push_subscription")  # fmt: skip
    assert stored == [(youth.member_id, ENDPOINT, browser.p256dh, browser.auth, is_discreet)]
    assert page.get_by_text("· sans le montant").count() == is_discreet
    remove.click()
    expect(page.get_by_text("Aucun pour le moment.")).to_be_visible()
    assert rows(site.office, "SELECT 1 FROM push_subscription") == []


@pytest.mark.parametrize("may_ring", [True, False])
def test_a_browser_that_says_no_is_told_what_to_do_and_nothing_is_stored(
    site, youth_page, may_ring
):
    page = youth_page(make_member(site.office))
    if may_ring:
        page.context.grant_permissions(["notifications"])
    page.add_init_script(REFUSES)
    page.goto(NOTICES)
    page.get_by_role("button", name="Recevoir sur cet appareil").click()
    expect(page.get_by_role("alert")).to_contain_text("n’a pas donné son accord")
    assert rows(site.office, "SELECT 1 FROM push_subscription") == []
