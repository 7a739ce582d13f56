"""Checks of the day: its list, its pages, its totals, its close and the comparison."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tpe_client.conformance.bench import SMALL_CENTS, Bench, Till
from tpe_client.conformance.check import check
from tpe_client.conformance.endings import NotRun
from tpe_client.conformance.expect import equal, has_shape, is_problem, status_is, true
from tpe_client.conformance.shapes import APPROVED, COMPARED, DAY_CLOSE, DAY_LIST


def _page(till: Till, query: str = "") -> dict[str, Any]:
    return has_shape(till.call("GET", f"/debits{query}"), DAY_LIST)


def _three_sales(till: Till, bench: Bench) -> list[str]:
    card = bench.card()
    return [
        has_shape(till.debit(till.order(card)), APPROVED, 201)["operation_id"] for _ in range(3)
    ]


def _today(till: Till, bench: Bench) -> date:
    sale = has_shape(till.debit(till.order(bench.card())), APPROVED, 201)
    return date.fromisoformat(sale["business_day"])


@check(
    "day-list-is-newest-first",
    "The day's debits come newest first, refused ones too, without balances.",
    section="§4 GET /debits",
)
def day_list_is_newest_first(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    sold = _three_sales(till, bench)
    refused = till.debit(till.order(card, identity_checked=False)).json["operation_id"]
    page = _page(till)
    first = [item["operation_id"] for item in page["items"][:4]]
    equal(first, [refused, *reversed(sold)], "the newest debits")
    times = [item["accepted_at"] for item in page["items"]]
    true(times == sorted(times, reverse=True), "the list is not ordered by time")
    for item in page["items"]:
        true("balance_after_cents" not in item, "a list shows a balance")
        true("balance_cents" not in item, "a list shows a balance")
        equal(item["replayed"], True, "replayed")


@check(
    "pages-join-without-gaps",
    "Pages of a list follow each other by next_cursor, nothing twice, nothing left out.",
    section="§4 GET /debits",
)
def pages_join_without_gaps(bench: Bench) -> None:
    till = bench.till()
    day = _today(till, bench).isoformat()
    _three_sales(till, bench)
    found: list[str] = []
    query = f"?business_day={day}&limit=2"
    cursor = ""
    for _ in range(4):
        page = _page(till, query + cursor)
        true(len(page["items"]) <= 2, "a page is longer than its limit")
        found += [item["operation_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        # A sale made meanwhile shifts nothing.
        status_is(till.debit(till.order(bench.card())), 201)
    true(len(found) > 3, "the pages end before the day's debits do")
    equal(len(set(found)), len(found), "the number of different debits")
    whole = [item["operation_id"] for item in _page(till, "?limit=200")["items"]]
    true(found[0] in whole, "the first page's debit is not in the day's list")
    start = whole.index(found[0])
    equal(found, whole[start : start + len(found)], "the pages in a row")


@check(
    "totals-count-what-stands",
    "Totals count approved and not cancelled debits of the whole day, whatever the page.",
    section="§4 GET /debits",
)
def totals_count_what_stands(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = _total(_page(till, "?limit=1"), till.wallet)
    sold = _three_sales(till, bench)
    status_is(till.debit(till.order(card, identity_checked=False)), 201)
    count, amount_cents = _total(_page(till, "?limit=1"), till.wallet)
    equal((count, amount_cents), (before[0] + 3, before[1] + 3 * SMALL_CENTS), "the totals")
    status_is(till.cancel(sold[0]), 201)
    after = _total(_page(till, "?limit=1"), till.wallet)
    equal(after, (before[0] + 2, before[1] + 2 * SMALL_CENTS), "the totals of what stands")
    cancelled = next(item for item in _page(till)["items"] if item["operation_id"] == sold[0])
    true(cancelled["cancellation"] is not None, "the list does not name the cancellation")


@check(
    "day-list-is-the-partners",
    "A list holds the debits of all the partner's terminals and of no other partner.",
    section="§4 GET /debits",
)
def day_list_is_the_partners(bench: Bench) -> None:
    till = bench.till()
    stranger = bench.till(not_partner=till.terminal.partner)
    (sale, *_) = _three_sales(till, bench)
    theirs = [item["operation_id"] for item in _page(stranger, "?limit=200")["items"]]
    true(sale not in theirs, "another partner's list shows the sale")
    neighbours = bench.tills(partner=till.terminal.partner, not_terminal=till.terminal.terminal_id)
    for neighbour in neighbours[:1]:
        shared = [item["operation_id"] for item in _page(neighbour, "?limit=10")["items"]]
        true(sale in shared, "the partner's other terminal does not see the sale")


@check(
    "list-questions-are-strict",
    "Bad days, limits, cursors, unknown and doubled parameters are 422.",
    section="§4 Errors",
)
def list_questions_are_strict(bench: Bench) -> None:
    till = bench.till()
    stranger = bench.till(not_partner=till.terminal.partner)
    for query in (
        "?limit=0",
        "?limit=201",
        "?limit=ten",
        "?limit=-1",
        "?business_day=2026-02-30",
        "?business_day=22/11/2026",
        "?business_day=20261122",
        "?cursor=forged",
        "?page=2",
        "?limit=1&limit=2",
    ):
        is_problem(till.call("GET", f"/debits{query}"), 422, "malformed_request")
    _three_sales(till, bench)
    cursor = _page(till, "?limit=1")["next_cursor"]
    true(cursor is not None, "two debits on pages of one, and no next_cursor")
    foreign = stranger.call("GET", f"/debits?cursor={cursor}")
    is_problem(foreign, 422, "malformed_request")
    other_day = till.call("GET", f"/debits?business_day=2001-01-01&cursor={cursor}")
    is_problem(other_day, 422, "malformed_request")


@check(
    "open-days-have-no-close",
    "An open, a future and an unknown day are 404 day_not_closed, also to a comparison.",
    section="§4 day-closes",
)
def open_days_have_no_close(bench: Bench) -> None:
    till = bench.till()
    today = _today(till, bench)
    for day in (today, today + timedelta(days=1), date(2001, 1, 1)):
        is_problem(till.call("GET", f"/day-closes/{day}"), 404, "day_not_closed")
        figures = {"count": 0, "amount_cents": 0}
        answer = till.call("POST", f"/day-closes/{day}", body=figures)
        is_problem(answer, 404, "day_not_closed")
    for wrong in ("today", "2026-13-01", "2026-1-1"):
        is_problem(till.call("GET", f"/day-closes/{wrong}"), 422, "malformed_request")


@check(
    "closed-days-are-sealed",
    "A closed day tells its figures per wallet, their sum and a seal, the same each time.",
    section="§4 day-closes",
)
def closed_days_are_sealed(bench: Bench) -> None:
    till, day = _closed_day(bench)
    body = has_shape(till.call("GET", f"/day-closes/{day}"), DAY_CLOSE)
    equal(body["business_day"], day, "business_day")
    for name in ("count", "amount_cents"):
        equal(body[name], sum(wallet[name] for wallet in body["wallets"]), f"the sum of {name}")
    equal(till.call("GET", f"/day-closes/{day}").json, body, "the close asked for again")
    listed = _page(till, f"?business_day={day}&limit=1")["totals"]
    equal(sum(total["count"] for total in listed), body["count"], "count of list and close")


@check(
    "comparisons-name-what-differs",
    "A terminal's own figures match, or each that differs is named with both values.",
    section="§4 day-closes",
)
def comparisons_name_what_differs(bench: Bench) -> None:
    till, day = _closed_day(bench)
    path = f"/day-closes/{day}"
    wild = {"count": 987_654, "amount_cents": 987_654_321}
    found = has_shape(till.call("POST", path, body=wild), COMPARED)
    equal(found["matches"], False, "matches")
    ours = {one["field"]: one["server"] for one in found["differences"]}
    equal(sorted(ours), ["amount_cents", "count"], "the fields that differ")
    for one in found["differences"]:
        equal(one["terminal"], wild[one["field"]], "the terminal's own figure")
    right = has_shape(till.call("POST", path, body=ours), COMPARED)
    equal(right, {"matches": True, "differences": []}, "the comparison of right figures")
    nearly = {**ours, "amount_cents": ours["amount_cents"] + 1}
    one_off = has_shape(till.call("POST", path, body=nearly), COMPARED)
    fields = [one["field"] for one in one_off["differences"]]
    equal(fields, ["amount_cents"], "the fields that differ by one cent")
    for body in ({}, {"count": -1, "amount_cents": 0}, {"count": 1}, {**wild, "day": day}):
        is_problem(till.call("POST", path, body=body), 422, "malformed_request")


def _closed_day(bench: Bench) -> tuple[Till, str]:
    for till in bench.tills()[:6]:
        today = _today(till, bench)
        for back in range(1, 5):
            day = (today - timedelta(days=back)).isoformat()
            if till.call("GET", f"/day-closes/{day}").status == 200:
                return till, day
    raise NotRun("no day of the last four is closed")


def _total(page: dict[str, Any], wallet: str) -> tuple[int, int]:
    for total in page["totals"]:
        if total["wallet"] == wallet:
            return total["count"], total["amount_cents"]
    return 0, 0


CHECKS = (
    day_list_is_newest_first,
    pages_join_without_gaps,
    totals_count_what_stands,
    day_list_is_the_partners,
    list_questions_are_strict,
    open_days_have_no_close,
    closed_days_are_sealed,
    comparisons_name_what_differs,
)
