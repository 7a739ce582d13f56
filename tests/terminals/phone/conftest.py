"""What every test of the phone terminal needs: the service, a browser, a phone that is activated.

The law: a phone is a browser profile of its own, and becomes a till as in life, by an activation
code typed into its screen. The body of a test runs in the browser's thread (tests/portals).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import makers
from tests.makers import HeldCard, Shop
from tests.portals.browsers import PHONE, BrowserThread, screen
from tests.portals.conftest import (  # noqa: F401  (fixtures and a hook, by their names)
    browser,
    complaints,
    page_of,
    pytest_pyfunc_call,
    quick_passwords,
    shared_site,
    site,
    team,
)
from tests.portals.site import Site
from tests.terminals.phone.hands import Phone, Watch

PhoneOf = Callable[..., Phone]
Album = Callable[[Phone, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--phone-screenshots", metavar="DIR", help="write a picture of every screen")


@pytest.fixture
def shop(site: Site) -> Shop:  # noqa: F811
    """A partner whose agreement covers both wallets."""
    return makers.make_partner(site.office)


@pytest.fixture
def card(site: Site) -> HeldCard:  # noqa: F811
    """60 € for sport, culture and leisure, PIN `makers.PIN`."""
    return makers.make_card(site.office)


@pytest.fixture
def phone_of(site: Site, browser: BrowserThread, shop: Shop) -> Iterator[PhoneOf]:  # noqa: F811
    """A browser profile at `/tpe/`, and what its page complained of, judged at the end.

    `active` makes it a till first; `pin_required`, `above_cents` and `limit_cents` are its policy.
    """
    watches: list[Watch] = []
    with ExitStack() as closing:

        def make(
            *,
            width: int = PHONE,
            dark: bool = False,
            active: bool = True,
            workers: str = "block",
            policy: dict[str, Any] | None = None,
            **options: Any,
        ) -> Phone:
            context = browser.context(
                site.base_url,
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                service_workers=workers,
                **(screen(width) | options),
            )
            closing.callback(browser.run, context.close)
            watches.append(Watch(context, site.base_url))
            waiting = makers.make_terminal_waiting(site.office, shop, **(policy or {}))
            phone = Phone(context.new_page(), watches[-1], waiting)
            if active:
                phone.activate()
            return phone

        yield make
    for watch in watches:
        assert not watch.complaints, "\n".join(watch.complaints)


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    """Writes a picture when `--phone-screenshots` says where to."""
    folder = request.config.getoption("--phone-screenshots", None)

    def keep(phone: Phone, name: str) -> None:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            phone.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return keep
