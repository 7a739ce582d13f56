"""Regularisations, accounts and budgets as they are seen: axe, 320 px, keyboard, unbreakable names.

With `--screenshots DIR` each page is photographed, at each width, light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.clearing.story import Fortnight
from tests.portals import axe
from tests.portals.browsers import on_every_screen
from tests.portals.desk.agents import PREFIX, Bureau
from tests.portals.desk.conftest import DeskPage
from tests.portals.desk.inbox import Inbox, make_inbox

Album = Callable[[Page, str], None]
UNBREAKABLE = "Anticonstitutionnellement" * 2


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
def inbox(story: Fortnight, bureau: Bureau) -> Inbox:
    return make_inbox(story, bureau)


def pages_of(inbox: Inbox) -> dict[str, tuple[str, str]]:
    """Name -> who looks, and the address."""
    case = f"/regularisations/{inbox.reference}"
    return {
        "regularisations": ("hotline", "/regularisations"),
        "regularisation-open": ("hotline", f"/regularisations/{inbox.open_reference}"),
        "regularisation": ("administrator", case),
        "decide": ("administrator", f"{case}/{inbox.waiting}/decider"),
        "reverse": ("administrator", f"{case}/{inbox.booked}/annuler"),
        "accounts": ("finance_approver", "/coordonnees-bancaires"),
        "account": ("finance_approver", f"/coordonnees-bancaires/{inbox.account_id}"),
        "account-refuse": (
            "finance_approver",
            f"/coordonnees-bancaires/{inbox.account_id}/refuser",
        ),
        "budgets": ("finance_approver", "/budgets"),
        "budget-set": ("finance_approver", "/budgets/2026/tutoring"),
    }


def walk(
    inbox: Inbox, desk_page: DeskPage, *, width: int, dark: bool = False
) -> Iterator[tuple[str, Page]]:
    seats: dict[str, Page] = {}
    for name, (role, path) in pages_of(inbox).items():
        if role not in seats:
            seats[role] = desk_page(inbox.bureau[role], width=width, dark=dark)
        answer = seats[role].goto(PREFIX + path)
        assert answer is not None and answer.status == 200, f"{name}: {answer}"
        yield name, seats[role]


@on_every_screen
def test_axe_finds_nothing_on_these_pages(
    inbox: Inbox, desk_page: DeskPage, album: Album, width: int, dark: bool
) -> None:
    found = []
    for name, page in walk(inbox, desk_page, width=width, dark=dark):
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        album(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        found += axe.violations(page) + axe.too_wide(page) + axe.out_of_reach(page)
    assert not found, "\n".join(found)


def test_nobody_scrolls_sideways_at_320_px_whatever_names_there_are(
    inbox: Inbox, desk_page: DeskPage, album: Album
) -> None:
    for table, columns in {
        "partner": ("trade_name", "legal_name"),
        "outlet": ("name",),
        "bank_account": ("holder_name",),
        "regularisation_file": ("explanation",),
        "regularisation": ("evidence",),
        "wallet_budget": ("reason",),
    }.items():
        for column in columns:
            inbox.story.meddle(f"UPDATE {table} SET {column} = %s", UNBREAKABLE)
    found = []
    for name, page in walk(inbox, desk_page, width=320):
        album(page, f"{name}-320-light")
        found += axe.too_wide(page) + axe.small_targets(page)
    assert not found, "\n".join(found)
