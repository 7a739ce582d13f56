"""Every page for everybody: what axe sees, the keyboard alone, 320 px, 200 % zoom, no scripts.

With `--screenshots DIR` each page is also photographed, at each width, light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.portals import axe
from tests.portals.belongings import make_two_sides
from tests.portals.browsers import DESKTOP, PHONE, on_every_screen
from tests.portals.conftest import PageOf
from tests.portals.matrix import Asked, asked
from tests.portals.people import ROLES
from tests.portals.site import PREFIX, Site

Album = Callable[[Page, str], None]
Open = Callable[..., Iterator[tuple[str, Page]]]

pytestmark = pytest.mark.usefixtures("browser")


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    """Writes a picture when `--screenshots` says where to."""
    folder = request.config.getoption("--screenshots", None)

    def keep(page: Page, name: str) -> None:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return keep


@pytest.fixture
def opened(site: Site, page_of: PageOf) -> Iterator[Open]:
    """Goes through every page, as one role or as whoever may first."""
    broken = []

    def walk(role: str | None = None, **options: Any) -> Iterator[tuple[str, Page]]:
        ours, _ = make_two_sides(site.office)
        pages: dict[str | None, Page] = {}
        for route in _html_pages():
            who = _reader(route, role)
            if who == "nobody":
                continue
            if who not in pages:
                person = None if who is None else ours.team.people[who]
                pages[who] = page_of(person, at=ours.team.partner.outlet_id, **options)
            answer = pages[who].goto(route.address(ours))
            assert answer is not None
            if answer.status >= 500:
                broken.append(f"{route.key} as {who}: {answer.status}")
            elif "text/html" in answer.headers.get("content-type", ""):
                yield f"{_slug(route)}-{who or 'visitor'}", pages[who]

    yield walk
    assert not broken, "\n".join(broken)


def _html_pages() -> list[Asked]:
    return [route for route in asked("GET") if not route.row.downloads]


def _reader(route: Asked, role: str | None) -> str | None:
    """Who looks at the page: `role` if it may, else "nobody"; by default the lead if he may."""
    if route.roles is None:
        return None if role is None else "nobody"
    if role is not None:
        return role if role in route.roles else "nobody"
    return "lead" if "lead" in route.roles else sorted(route.roles)[0]


def _slug(route: Asked) -> str:
    words = route.path.removeprefix(PREFIX).strip("/").replace("{", "").replace("}", "")
    return words.replace("/", "-").replace(":", "-") or "accueil"


@on_every_screen
def test_axe_finds_nothing_on_any_page(opened: Open, album: Album, width: int, dark: bool) -> None:
    found = []
    for name, page in opened(width=width, dark=dark):
        album(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        found += axe.violations(page) + axe.too_wide(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "lead"])
def test_axe_finds_nothing_on_the_pages_of_each_role(opened: Open, album: Album, role: str) -> None:
    found = []
    for name, page in opened(role, width=PHONE):
        album(page, f"{name}-{PHONE}-light")
        found += axe.violations(page)
    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, PHONE, 768, DESKTOP])
@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_whoever_looks_at_whatever_size(
    opened: Open, role: str, width: int, dark: bool
) -> None:
    found = []
    for _, page in opened(role, width=width, dark=dark):
        found += axe.violations(page) + axe.too_wide(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [pytest.param(PHONE, marks=pytest.mark.soak), DESKTOP])
def test_tab_comes_to_every_control_in_order_and_is_seen(opened: Open, width: int) -> None:
    found = []
    for _, page in opened(width=width):
        found += axe.out_of_reach(page)
    assert not found, "\n".join(found)


def test_nobody_scrolls_sideways_at_320_px(opened: Open, album: Album) -> None:
    found = []
    for name, page in opened(width=320):
        album(page, f"{name}-320-light")
        found += axe.too_wide(page) + axe.small_targets(page)
    assert not found, "\n".join(found)


def test_nobody_scrolls_sideways_at_twice_the_size(opened: Open) -> None:
    found = []
    for _, page in opened(width=DESKTOP // 2, device_scale_factor=2):
        found += axe.too_wide(page)
    assert not found, "\n".join(found)


def test_without_scripts_every_page_says_the_same(opened: Open) -> None:
    found = []
    for name, page in opened(width=PHONE, scripts=False):
        if not page.locator("h1").is_visible():
            found.append(f"{name}: no heading")
        for form in page.locator("main form").all():
            # A filter that is folded away has its button behind the summary.
            buttons = form.locator("button:visible, input[type=submit]:visible, summary:visible")
            if form.is_visible() and buttons.count() == 0:
                found.append(f"{name}: a form without a button")
    assert not found, "\n".join(found)


def test_an_error_is_tied_to_its_field_and_the_page_stays_accessible(
    opened: Open, album: Album
) -> None:
    """Every form that asks for text is sent empty."""
    found = []
    for name, page in opened(width=PHONE):
        address = page.url
        count = page.locator("main form[method=post]").count()
        for number in range(count):
            page.goto(address)
            form = page.locator("main form[method=post]").nth(number)
            texts = form.locator("input:not([type=hidden]):not([type=checkbox]):not([type=radio])")
            if texts.count() == 0:
                continue
            with page.expect_navigation() as navigation:
                # Past the browser's own checks and past our scripts.
                form.evaluate("f => HTMLFormElement.prototype.submit.call(f)")
            if navigation.value.status != 422:
                continue
            album(page, f"{name}-wrong-{number}-{PHONE}-light")
            found += axe.violations(page)
            for field in page.locator("[aria-invalid=true]").all():
                ids = (field.get_attribute("aria-describedby") or "").split()
                told = [page.locator(f"#{one}").inner_text() for one in ids if one.startswith("e-")]
                if not "".join(told).strip():
                    found.append(f"{name}: {field.get_attribute('name')} has no sentence")
    assert not found, "\n".join(found)
