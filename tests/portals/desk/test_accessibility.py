"""Every page of the desk: what axe sees, the keyboard alone, 320 px, 200 % zoom, no scripts.

With `--screenshots DIR` each page is also photographed, at each width, light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.portals import axe
from tests.portals.browsers import DESKTOP, PHONE, on_every_screen
from tests.portals.desk.agents import PREFIX, ROLES
from tests.portals.desk.conftest import DeskPage
from tests.portals.desk.dossier import Dossier
from tests.portals.desk.matrix import Asked, asked

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
            page.screenshot(path=str(Path(folder) / f"desk-{name}.png"), full_page=True)

    return keep


@pytest.fixture
def opened(dossier: Dossier, desk_page: DeskPage) -> Iterator[Open]:
    """Goes through every page, as one role or as whoever may first."""
    broken = []

    def walk(role: str | None = None, **options: Any) -> Iterator[tuple[str, Page]]:
        pages: dict[str | None, Page] = {}
        for route in asked("GET"):
            who = _reader(route, role)
            if who == "nobody" or route.row.downloads:
                continue
            if who not in pages:
                pages[who] = desk_page(None if who is None else dossier.bureau[who], **options)
            answer = pages[who].goto(route.address(dossier))
            assert answer is not None
            if answer.status >= 500:
                broken.append(f"{route.key} as {who}: {answer.status}")
            elif "text/html" in answer.headers.get("content-type", ""):
                yield f"{_slug(route)}-{who or 'visitor'}", pages[who]

    yield walk
    assert not broken, "\n".join(broken)


def _reader(route: Asked, role: str | None) -> str | None:
    """Who looks: `role` if it may, else "nobody"; by default an approver if they may."""
    if route.roles is None:
        return None if role is None else "nobody"
    if role is not None:
        return role if role in route.roles else "nobody"
    return "finance_approver" if "finance_approver" in route.roles else sorted(route.roles)[0]


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


@pytest.mark.parametrize("role", [role for role in ROLES if role != "finance_approver"])
def test_axe_finds_nothing_on_the_pages_of_each_role(opened: Open, album: Album, role: str) -> None:
    found = []
    for name, page in opened(role, width=PHONE, dark=True):
        album(page, f"{name}-{PHONE}-dark")
        found += axe.violations(page)
    assert not found, "\n".join(found)


def test_tab_comes_to_every_control_in_order_and_is_seen(opened: Open) -> None:
    found = []
    for _, page in opened(width=DESKTOP):
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
            texts = form.locator("input:not([type=hidden]):not([type=radio]), textarea")
            if texts.count() == 0:
                continue
            with page.expect_navigation() as navigation:
                # Past the browser's own checks and past our scripts.
                form.evaluate("f => HTMLFormElement.prototype.submit.call(f)")
            assert navigation.value is not None
            if navigation.value.status != 422:
                continue
            found += axe.violations(page)
            for field in page.locator("[aria-invalid=true]").all():
                ids = (field.get_attribute("aria-describedby") or "").split()
                told = [page.locator(f"#{one}").inner_text() for one in ids if one.startswith("e-")]
                if not "".join(told).strip():
                    found.append(f"{name}: {field.get_attribute('name')} has no sentence")
    assert not found, "\n".join(found)
