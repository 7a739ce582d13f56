"""What every test of the portal needs: the site, its people's browsers, a real Chromium.

The law: shared are only the server and the browser, because starting them takes seconds; database,
sessions and profiles are each test's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page

from cardservice.services import password_hash
from cardservice.wiring import Office
from tests.portals.belongings import Belongings, make_two_sides
from tests.portals.browsers import DESKTOP, BrowserThread, Complaints, screen
from tests.portals.people import HASHER, Person, Team, make_team, open_session
from tests.portals.site import Site, opened_site, posting
from tests.portals.visitor import SESSION_COOKIE, Visitor
from tests.told_once import ToldOnce

SignedIn = Callable[..., Visitor]
PageOf = Callable[..., Page]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", help="write a picture of every page here")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that drives the browser runs in the browser's thread (browsers.py)."""
    browser = pyfuncitem.funcargs.get("browser")
    if not isinstance(browser, BrowserThread):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    browser.run(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in wanted})
    return True


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged here is never how long guessing takes (tests/services does)."""
    monkeypatch.setattr(password_hash, "_hasher", HASHER)


@pytest.fixture(scope="session")
def shared_site(instance: Office) -> Iterator[Site]:
    with opened_site(instance) as site:
        yield site


@pytest.fixture
def site(shared_site: Site, office: Office) -> Iterator[Site]:
    """The portal, its database as empty as `office`, its postman on his rounds."""
    assert shared_site.office is office
    shared_site.letterbox.empty()
    with posting(shared_site):
        yield shared_site


@pytest.fixture
def sides(site: Site, told_once: ToldOnce) -> tuple[Belongings, Belongings]:
    """What is ours, and the same of somebody else."""
    return told_once("two sides", lambda: make_two_sides(site.office))


@pytest.fixture
def ours(sides: tuple[Belongings, Belongings]) -> Belongings:
    return sides[0]


@pytest.fixture
def theirs(sides: tuple[Belongings, Belongings]) -> Belongings:
    return sides[1]


@pytest.fixture
def team(site: Site) -> Team:
    """A partner of two outlets with delegates of every role."""
    return make_team(site.office)


@pytest.fixture
def stranger_team(site: Site) -> Team:
    """Another partner, with everything that `team` has."""
    return make_team(site.office)


@pytest.fixture
def signed_in(site: Site) -> Iterator[SignedIn]:
    """Gives a person's browser, without a screen; that of a visitor for None.

    `at` is the outlet whose till the session stands at.
    """
    with ExitStack() as closing:

        def make(person: Person | None, *, at: int | None = None) -> Visitor:
            secret = None if person is None else open_session(site.office, person, at=at)
            visitor = Visitor(site, secret=secret)
            closing.callback(visitor.close)
            return visitor

        yield make


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserThread]:
    """Chromium; whoever asks for it has its test run in the browser's thread."""
    browser = BrowserThread()
    try:
        browser.start()
        yield browser
    finally:
        browser.stop()


@pytest.fixture
def complaints(site: Site) -> Complaints:
    """What the pages of this test complained of. Judged, then emptied, at its end."""
    return Complaints(site.base_url)


@pytest.fixture
def page_of(site: Site, browser: BrowserThread, complaints: Complaints) -> Iterator[PageOf]:
    """Opens a profile with one page, of a person or of a visitor (None).

    `width` in px, `dark`, `scripts`, `at` the outlet whose till the session stands at; other
    options are those of Playwright's `new_context`.
    """
    with ExitStack() as closing:

        def make(
            person: Person | None = None,
            *,
            width: int = DESKTOP,
            dark: bool = False,
            scripts: bool = True,
            at: int | None = None,
            **options: Any,
        ) -> Page:
            context = browser.context(
                site.base_url,
                scripts=scripts,
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                **(screen(width) | options),
            )
            closing.callback(browser.run, context.close)
            complaints.watch(context)
            if person is not None:
                secret = open_session(site.office, person, at=at)
                context.add_cookies([
                    {"name": SESSION_COOKIE, "value": secret, "url": site.base_url,
                     "httpOnly": True, "sameSite": "Lax"}
                ])  # fmt: skip
            return context.new_page()

        yield make
    assert not complaints.found, "\n".join(complaints.found)
