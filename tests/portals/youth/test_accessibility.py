"""Every page of the youths' portal: axe, the keyboard alone, 320 px, 200 % zoom, no scripts, FALC.

With `--screenshots DIR` each page is also photographed, at each width, light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE, on_every_screen
from tests.portals.site import Site
from tests.portals.youth.conftest import YouthPage
from tests.portals.youth.household import Household, make_household
from tests.portals.youth.matrix import Asked, asked
from tests.portals.youth.people import PREFIX, Youth

Album = Callable[[Page, str], None]
Open = Callable[..., Iterator[tuple[str, Page]]]

pytestmark = pytest.mark.usefixtures("browser")


@pytest.fixture
def house(site: Site) -> Household:
    return make_household(site.office)


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    """Writes a picture when `--screenshots` says where to."""
    folder = request.config.getoption("--screenshots", None)

    def keep(page: Page, name: str) -> None:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"youth-{name}.png"), full_page=True)

    return keep


@pytest.fixture
def opened(house: Household, youth_page: YouthPage) -> Iterator[Open]:
    """Goes through every page: as visitor, as somebody on the way, as whoever waits for a parent,
    as somebody whose card is linked."""
    broken = []

    def walk(**options: Any) -> Iterator[tuple[str, Page]]:
        people: dict[str, Youth | None] = {
            "visitor": None, "known": house.known, "young": house.young, "linked": house.linked,
        }  # fmt: skip
        for name, youth in people.items():
            page = youth_page(youth, **options)
            seen: set[str] = set()
            for route in asked("GET"):
                row = route.row
                if not _is_for(route, youth) or row.downloads or row.part or row.stream:
                    continue
                answer = page.goto(route.address(house))
                assert answer is not None
                if answer.status >= 500:
                    broken.append(f"{route.key} as {name}: {answer.status}")
                elif "text/html" in answer.headers.get("content-type", "") and page.url not in seen:
                    # Many addresses lead to the step that is due: it is judged once.
                    seen.add(page.url)
                    yield f"{_slug(route)}-{name}", page

    yield walk
    assert not broken, "\n".join(broken)


def _is_for(route: Asked, youth: Youth | None) -> bool:
    if youth is None or route.roles is None:
        return youth is None and route.roles is None
    return youth.role in route.roles


def _slug(route: Asked) -> str:
    words = route.path.removeprefix(PREFIX).strip("/").replace("{", "").replace("}", "")
    return words.replace("/", "-").replace(":", "-") or "accueil"


@on_every_screen
def test_axe_finds_nothing_on_any_page(opened: Open, album: Album, width: int, dark: bool) -> None:
    found = []
    for name, page in opened(width=width, dark=dark):
        album(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        found += [f"{name}: {one}" for one in axe.violations(page) + axe.too_wide(page)]
    assert not found, "\n".join(found)


def test_the_easy_to_read_pages_are_as_sound(
    site: Site, house: Household, opened: Open, album: Album
) -> None:
    with unit_of_work(site.office.engine) as connection:
        connection.execute(text("UPDATE member SET easy_reading = true"))
    found = []
    for name, page in opened(width=PHONE):
        album(page, f"{name}-{PHONE}-easy")
        found += [f"{name}: {one}" for one in axe.violations(page) + axe.too_wide(page)]
    assert not found, "\n".join(found)


def test_tab_comes_to_every_control_in_order_and_is_seen(opened: Open) -> None:
    found = []
    for name, page in opened(width=DESKTOP):
        found += [f"{name}: {one}" for one in axe.out_of_reach(page)]
    assert not found, "\n".join(found)


def test_nobody_scrolls_sideways_at_320_px(opened: Open, album: Album) -> None:
    found = []
    for name, page in opened(width=320):
        album(page, f"{name}-320-light")
        found += [f"{name}: {one}" for one in axe.too_wide(page) + axe.small_targets(page)]
    assert not found, "\n".join(found)


def test_nobody_scrolls_sideways_at_twice_the_size(opened: Open) -> None:
    found = []
    for name, page in opened(width=DESKTOP // 2, device_scale_factor=2):
        found += [f"{name}: {one}" for one in axe.too_wide(page)]
    assert not found, "\n".join(found)


def test_without_scripts_every_page_says_the_same(opened: Open) -> None:
    found = []
    for name, page in opened(width=PHONE, scripts=False):
        if not page.locator("h1").first.is_visible():
            found.append(f"{name}: no heading")
        for form in page.locator("main form").all():
            if form.is_visible() and form.locator("button:visible").count() == 0:
                found.append(f"{name}: a form without a button")
    assert not found, "\n".join(found)


def test_an_error_is_tied_to_its_field_and_the_page_stays_accessible(opened: Open) -> None:
    """Every form that asks for something is sent empty."""
    found = []
    for name, page in opened(width=PHONE):
        address = page.url
        for number in range(page.locator("main form[method=post]").count()):
            page.goto(address)
            form = page.locator("main form[method=post]").nth(number)
            texts = form.locator("input:not([type=hidden]):not([type=file]), textarea")
            if texts.count() == 0:
                continue
            with page.expect_navigation() as navigation:
                # Past the browser's own checks and past our scripts.
                form.evaluate("f => HTMLFormElement.prototype.submit.call(f)")
            assert navigation.value is not None
            if navigation.value.status != 422:
                continue
            found += [f"{name}: {one}" for one in axe.violations(page)]
            for field in page.locator("[aria-invalid=true]").all():
                ids = (field.get_attribute("aria-describedby") or "").split()
                told = [page.locator(f"#{one}").inner_text() for one in ids if one.startswith("e-")]
                if not "".join(told).strip():
                    found.append(f"{name}: {field.get_attribute('name')} has no sentence")
    assert not found, "\n".join(found)
