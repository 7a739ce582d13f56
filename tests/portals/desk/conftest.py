"""What the desk's tests need beside those of the partners: agents, their browsers, a fortnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page

from cardservice.wiring import Office
from tests import makers
from tests.clearing.story import Fortnight
from tests.portals.browsers import DESKTOP, BrowserThread, Complaints, screen
from tests.portals.desk.agents import (
    COOKIE,
    PREFIX,
    Bureau,
    Officer,
    make_bureau,
    open_desk_session,
)
from tests.portals.desk.dossier import Dossier, make_dossier
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.told_once import ToldOnce

AtDesk = Callable[..., Visitor]
DeskPage = Callable[..., Page]


@pytest.fixture
def dossier(site: Site, told_once: ToldOnce) -> Dossier:
    """Two fortnights behind the bureau, as make_dossier tells."""

    def tell() -> Dossier:
        bureau = make_bureau(site.office)
        return make_dossier(_story(site.office, bureau), bureau)

    return told_once("dossier", tell)


@pytest.fixture
def bureau(request: pytest.FixtureRequest, site: Site) -> Bureau:
    """Agents of every role; the dossier's own where there is one."""
    if "dossier" in request.fixturenames:
        dossier: Dossier = request.getfixturevalue("dossier")
        return dossier.bureau
    return make_bureau(site.office)


@pytest.fixture
def story(request: pytest.FixtureRequest, site: Site, bureau: Bureau) -> Fortnight:
    """A fortnight whose officers are those of the bureau; the dossier's own where there is one."""
    if "dossier" in request.fixturenames:
        dossier: Dossier = request.getfixturevalue("dossier")
        return dossier.story
    return _story(site.office, bureau)


def _story(office: Office, bureau: Bureau) -> Fortnight:
    return Fortnight(
        office,
        bureau["finance_preparer"],  # type: ignore[arg-type]
        bureau["finance_approver"],  # type: ignore[arg-type]
        makers.make_card(office),
    )


@pytest.fixture
def at_desk(site: Site) -> Iterator[AtDesk]:
    """Gives an agent's browser, without a screen; that of a visitor for None."""
    with ExitStack() as closing:

        def make(officer: Officer | None) -> Visitor:
            secret = None if officer is None else open_desk_session(site.office, officer)
            visitor = Visitor(site, secret=secret, prefix=PREFIX, cookie=COOKIE)
            closing.callback(visitor.close)
            return visitor

        yield make


@pytest.fixture
def desk_page(site: Site, browser: BrowserThread, complaints: Complaints) -> Iterator[DeskPage]:
    """Opens a profile with one page, of an agent or of a visitor (None)."""
    with ExitStack() as closing:

        def make(
            officer: Officer | None = None,
            *,
            width: int = DESKTOP,
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
            if officer is not None:
                secret = open_desk_session(site.office, officer)
                context.add_cookies([
                    {"name": COOKIE, "value": secret, "url": site.base_url,
                     "httpOnly": True, "sameSite": "Lax"}
                ])  # fmt: skip
            return context.new_page()

        yield make
    assert not complaints.found, "\n".join(complaints.found)
