"""The card on the screen: in a browser, without a network, without scripts; read back by a camera's
own decoder and taken by a till."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from cardservice.domain.screen_code import ScreenCode, read_screen_payload, screen_payload, step_at
from cardservice.services.pause_card import pause_card_of
from cardservice.services.show_screen_card import show_screen_card
from cardservice.webkit.qr_drawing import qr_svg
from tests.conftest import A_MORNING, Clock
from tests.portals.axe import out_of_reach, small_targets, too_wide, violations
from tests.portals.browsers import PHONE
from tests.portals.site import Site
from tests.portals.youth.conftest import AsYouth, YouthPage
from tests.portals.youth.people import Youth, make_member

CARD = "/jeune/carte"
# The portal's service worker complains in the console when it is fetched without a network.
NO_WORKER = "navigator.serviceWorker.register = () => new Promise(() => {})"


def seen(page: Page) -> str:
    """What a scanner reads off the phone."""
    picture = Image.open(io.BytesIO(page.locator("#screen svg").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)
    return found.text


def step_of(site: Site, payload: str) -> int:
    code = read_screen_payload(site.office.keys, payload)
    assert code is not None
    return code.step


def pause(site: Site, youth: Youth, paused_by: str = "holder") -> None:
    pause_card_of(
        site.office.engine,
        beneficiary_id=youth.held.holder.beneficiary_id,
        actor="test",
        paused_by=paused_by,
    )


def test_what_the_phone_shows_is_read_off_it(site: Site, youth_page: YouthPage) -> None:
    page = youth_page(make_member(site.office))
    page.goto(CARD)
    assert step_of(site, seen(page)) == step_at(A_MORNING)


def test_the_code_changes_every_thirty_seconds_and_lasts_ten_minutes_without_a_network(
    site: Site, youth_page: YouthPage
) -> None:
    page = youth_page(make_member(site.office))
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto(CARD)
    first = step_of(site, seen(page))
    page.context.set_offline(True)
    for minutes in (1, 5, 9):
        page.clock.fast_forward(minutes * 60_000 + 5_000 - int(now(page)))
        assert step_of(site, seen(page)) == first + 2 * minutes
    expect(page.locator("[data-when=alone]")).to_contain_text("1 minute")
    page.clock.fast_forward("01:40")
    expect(page.get_by_text("Ce code ne marche plus.")).to_be_visible()
    expect(page.locator("#screen")).to_be_hidden()


def test_with_a_network_again_there_is_a_code_again(
    site: Site, youth_page: YouthPage, clock: Clock
) -> None:
    page = youth_page(make_member(site.office))
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto(CARD)
    page.context.set_offline(True)
    page.clock.fast_forward("11:00")
    expect(page.locator("#screen")).to_be_hidden()
    clock.set(A_MORNING + timedelta(minutes=11))
    page.context.set_offline(False)
    page.clock.fast_forward("00:06")
    expect(page.locator("#screen")).to_be_visible()
    assert step_of(site, seen(page)) == step_at(A_MORNING + timedelta(minutes=11))
    expect(page.locator("[data-when=now]")).to_be_visible()


def test_a_card_that_is_paused_elsewhere_leaves_the_screen(
    site: Site, youth_page: YouthPage
) -> None:
    youth = make_member(site.office)
    page = youth_page(youth)
    page.clock.install()
    page.goto(CARD)
    pause(site, youth)
    page.clock.fast_forward("03:30")
    expect(page.get_by_role("heading", name="Ta carte est en pause")).to_be_visible()


def test_without_scripts_there_is_the_code_of_now_and_a_link_to_the_next(
    site: Site, youth_page: YouthPage, clock: Clock
) -> None:
    page = youth_page(make_member(site.office), scripts=False)
    page.goto(CARD)
    first = step_of(site, seen(page))
    clock.set(A_MORNING + timedelta(seconds=30))
    page.get_by_role("link", name="Un nouveau code").click()
    assert step_of(site, seen(page)) == first + 1


def test_the_page_has_no_finding_and_fits_a_small_phone(site: Site, youth_page: YouthPage) -> None:
    for width, dark in ((PHONE, False), (PHONE, True), (320, False)):
        page = youth_page(make_member(site.office), width=width, dark=dark)
        page.goto(CARD)
        found = violations(page) + too_wide(page) + small_targets(page) + out_of_reach(page)
        assert found == []


def test_a_page_holds_twenty_one_codes_and_no_more(site: Site, as_youth: AsYouth) -> None:
    answer = as_youth(make_member(site.office)).get(CARD)
    assert answer.text.count("<svg role") == 21
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < 100_000


def test_no_screen_is_shown_of_a_card_that_could_not_pay(site: Site, as_youth: AsYouth) -> None:
    youth = make_member(site.office)
    pause(site, youth, "parent")
    page = as_youth(youth).get(CARD).text
    assert "Ta carte est en pause" in page
    assert "<svg role" not in page


def test_who_is_not_linked_has_no_screen(site: Site, as_youth: AsYouth) -> None:
    assert as_youth(make_member(site.office, linked=False)).get(CARD).status_code == 403
    assert as_youth(None).get(CARD).status_code == 303


def test_two_holders_have_two_screens(site: Site) -> None:
    def payloads(youth: Youth) -> tuple[str, ...]:
        shown = show_screen_card(
            site.office.engine,
            site.office.keys,
            beneficiary_id=youth.held.holder.beneficiary_id,
        )
        return shown.payloads

    assert not set(payloads(make_member(site.office))) & set(payloads(make_member(site.office)))


def test_the_one_mask_of_all_codes_is_read_by_the_decoder(office, tmp_path) -> None:
    for step in range(300):
        payload = screen_payload(office.keys, ScreenCode("7K3M9QXWTB4H", 59_000_000 + 7919 * step))
        (found,) = zxingcpp.read_barcodes(drawn(qr_svg(payload, label="x", mask=3)))
        assert found.text == payload


def drawn(svg: str) -> Image.Image:
    """The modules of an SVG of ours, ten pixels each."""
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    small = Image.new("L", (side, side), 255)
    for column, line, length in re.findall(r"M(\d+) (\d+)h(\d+)", svg):
        for place in range(int(length)):
            small.putpixel((int(column) + place, int(line)), 0)
    return small.resize((side * 10, side * 10), Image.Resampling.NEAREST)


def now(page: Page) -> float:
    return float(page.evaluate("performance.now()"))
