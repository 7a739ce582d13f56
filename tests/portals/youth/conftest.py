"""What the tests of the youths' portal need beside those of the partners: members' browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.portals.browsers import PHONE, BrowserThread, Complaints, screen
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.portals.youth.people import COOKIE, Youth, browser_of, open_member_session

AsYouth = Callable[[Youth | None], Visitor]
YouthPage = Callable[..., Page]


@pytest.fixture
def as_youth(site: Site) -> Iterator[AsYouth]:
    """Gives a member's browser, without a screen; that of a visitor for None."""
    with ExitStack() as closing:

        def make(youth: Youth | None) -> Visitor:
            visitor = browser_of(site, youth)
            closing.callback(visitor.close)
            return visitor

        yield make


@pytest.fixture
def youth_page(site: Site, browser: BrowserThread, complaints: Complaints) -> Iterator[YouthPage]:
    """Opens a profile with one page, of a member or of a visitor (None); a phone by default."""
    with ExitStack() as closing:

        def make(
            youth: Youth | None = None,
            *,
            width: int = PHONE,
            dark: bool = False,
            scripts: bool = True,
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
            if youth is not None:
                secret = open_member_session(site.office, youth)
                context.add_cookies([
                    {"name": COOKIE, "value": secret, "url": site.base_url,
                     "httpOnly": True, "sameSite": "Lax"}
                ])  # fmt: skip
            return context.new_page()

        yield make
    assert not complaints.found, "\n".join(complaints.found)
