"""From a terminal's debit to the open page: over HTTP on one side, in a real Chromium on the other.

The law: that every debit shows is judged always; how soon is judged by the long version alone, by
the page's own clock, from before the terminal asks.
"""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import expect

from tests import makers
from tests.api.stranger import Stranger
from tests.portals.youth.people import make_member

HOME = "/jeune"
CENTS = 100
AT_MOST_SECONDS = 2.0

# Writes down when the first balance is another one.
WATCH = """() => {
  window.seen = new Map();
  const note = () => {
    const balance = document.querySelector("#live .money-large")?.textContent.trim();
    if (balance && !window.seen.has(balance)) window.seen.set(balance, performance.now());
  };
  note();
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.mark.parametrize(
    ("debits", "is_timed"), [(5, False), pytest.param(50, True, marks=pytest.mark.soak)]
)
def test_each_debit_of_a_terminal_shows_on_the_open_page(site, youth_page, debits, is_timed):
    youth = make_member(site.office)
    till = makers.make_terminal(site.office)
    stranger = Stranger(site.base_url, till.key, address="127.0.0.1")
    page = youth_page(youth)
    with page.expect_response("**/jeune/flux*"):
        page.goto(HOME)
    page.evaluate(WATCH)
    took = []
    try:
        for number in range(1, debits + 1):
            identification = stranger.identify(youth.held.code)
            asked_at = page.evaluate("() => performance.now()")
            stranger.debit(identification, CENTS)
            left = f"{100 - number},00\u00a0€"
            expect(page.locator("#live .money-large").first).to_have_text(left)
            shown_at = page.evaluate("(left) => window.seen.get(left)", left)
            took.append((shown_at - asked_at) / 1_000)
    finally:
        stranger.close()
    assert len(took) == debits
    expect(page.locator("#live a.movement").first).to_contain_text("1,00\u00a0€")
    if is_timed:
        assert median(took) < AT_MOST_SECONDS, sorted(took)
