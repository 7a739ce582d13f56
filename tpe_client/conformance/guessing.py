"""Checks of the look-up budgets; they block a terminal for minutes and come last, on request."""

from __future__ import annotations

from typing import Final

from tpe_client.conformance.bench import Bench
from tpe_client.conformance.check import check
from tpe_client.conformance.endings import Broken
from tpe_client.conformance.expect import is_declined, is_problem, status_is, true
from tpe_client.conformance.readings import UNKNOWN_CODE

_MOST_MISSES: Final = 30


@check(
    "guessing-has-a-budget",
    "After at most 30 readings that find no card the terminal waits: 429 too_many_lookups with "
    "Retry-After; debits go on, and other partners read on. (Blocks one terminal for minutes.)",
    section="§4 Look-up budgets",
    needs="--with-budgets",
)
def guessing_has_a_budget(bench: Bench) -> None:
    # The last terminal of the list: the first ones are the other checks'.
    till, card = bench.tills()[-1], bench.card()
    order = till.order(card)
    for _ in range(_MOST_MISSES + 1):
        answer = till.read(UNKNOWN_CODE)
        if answer.status == 429:
            break
        is_declined(answer, "card_unknown", 200)
    else:
        raise Broken(f"{_MOST_MISSES + 1} misses in a row, and no 429")
    is_problem(answer, 429, "too_many_lookups")
    wait = answer.headers.get("retry-after", "")
    true(wait.isdigit() and 1 <= int(wait) <= 3600, f"Retry-After is {wait or 'missing'}")
    is_problem(till.read(card.code), 429, "too_many_lookups")
    status_is(till.debit(order), 201)
    stranger = bench.till(not_partner=till.terminal.partner)
    status_is(stranger.read(card.code), 200)


CHECKS = (guessing_has_a_budget,)
