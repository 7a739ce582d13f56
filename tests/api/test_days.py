"""A partner's day: its list, its totals, its close, and a terminal's own figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from cardservice.api.traffic import registry
from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office
from clearing.day_close import close_days
from tests import makers
from tests.api.stranger import SPORT, TUTORING, Stranger
from tests.conftest import A_MORNING, Clock

Strangers = Callable[..., Stranger]
TODAY, TOMORROW = date(2026, 11, 22), A_MORNING + timedelta(days=1)


@pytest.fixture
def shop(office: Office) -> makers.Shop:
    return makers.make_partner(office)


@pytest.fixture
def till(office: Office, stranger: Strangers, shop: makers.Shop) -> Stranger:
    return stranger(makers.make_terminal(office, shop))


@pytest.fixture
def identification(office: Office, till: Stranger) -> str:
    return till.identify(makers.make_card(office).code)


def test_a_day_lists_sales_and_refusals_newest_first_without_balances(
    till: Stranger, identification: str
) -> None:
    sale = till.debit(identification, 1000)
    undone = till.debit(identification, 200, wallet=TUTORING)
    refused = till.debit(identification, 9500)
    done = till.cancel(undone["operation_id"]).json()
    day = till.day()
    assert [item["operation_id"] for item in day["items"]] == [
        refused["operation_id"],
        undone["operation_id"],
        sale["operation_id"],
    ]
    assert [item["cancellation"] for item in day["items"]] == [
        None,
        {"reference": done["reference"], "cancelled_at": done["cancelled_at"]},
        None,
    ]
    assert day["totals"] == [{"wallet": SPORT, "count": 1, "amount_cents": 1000}]
    assert day["next_cursor"] is None
    assert not [name for item in day["items"] for name in item if name.startswith("balance")]
    assert "90,00" not in str(day)


def test_pages_join_without_gap_or_twin_while_sales_go_on(
    till: Stranger, identification: str
) -> None:
    made = [till.debit(identification, 10)["operation_id"] for _ in range(7)]
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = till.day(**query)
        seen += [item["operation_id"] for item in page["items"]]
        assert page["totals"][0]["count"] >= 7
        till.debit(identification, 10)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_a_page_that_ends_with_the_last_debit_has_no_next(
    till: Stranger, identification: str
) -> None:
    for _ in range(2):
        till.debit(identification, 10)
    assert till.day(limit=2)["next_cursor"] is None
    assert till.day(limit=1)["next_cursor"] is not None


def test_a_cursor_belongs_to_its_partner_and_its_day(
    till: Stranger, identification: str, office: Office, stranger: Strangers
) -> None:
    for _ in range(2):
        till.debit(identification, 10)
    cursor = till.day(limit=1)["next_cursor"]
    other = stranger(makers.make_terminal(office))
    assert other.http.get("/debits", params={"cursor": cursor}).status_code == 422
    query = {"cursor": cursor, "business_day": "2026-11-21"}
    assert till.http.get("/debits", params=query).status_code == 422


def test_a_partner_lists_its_own_debits_only_and_any_day(
    till: Stranger, identification: str, office: Office, stranger: Strangers, clock: Clock
) -> None:
    till.debit(identification)
    assert stranger(makers.make_terminal(office)).day()["items"] == []
    clock.set(TOMORROW)
    assert till.day()["items"] == []
    assert len(till.day(business_day="2026-11-22")["items"]) == 1
    assert till.day(business_day="1999-01-01") == {
        "items": [],
        "totals": [],
        "next_cursor": None,
    }


def test_a_terminal_sees_its_own_totals_of_the_day(
    till: Stranger, identification: str, office: Office, stranger: Strangers, shop: makers.Shop
) -> None:
    till.debit(identification, 1000)
    till.debit(identification, 300, wallet=TUTORING)
    till.cancel(till.debit(identification, 77)["operation_id"])
    me = till.http.get("/me").json()
    assert me["today"] == {
        "count": 2,
        "amount_cents": 1300,
        "wallets": [
            {"wallet": SPORT, "count": 1, "amount_cents": 1000},
            {"wallet": TUTORING, "count": 1, "amount_cents": 300},
        ],
    }
    assert me["partner"] == {"name": shop.trade_name}
    assert set(me) == {"terminal", "partner", "outlet", "settings", "today"}
    assert me["settings"] == {
        "pin": {"required": "never", "above_cents": None},
        "limit_cents": 10000,
        "ticket": False,
    }
    beside = stranger(makers.make_terminal(office, shop)).http.get("/me").json()
    assert beside["today"]["count"] == 0


def test_an_open_or_unknown_day_is_not_closed(till: Stranger, clock: Clock) -> None:
    for day in ("2026-11-22", "2026-11-23", "1999-01-01", "9999-12-31"):
        for answer in (
            till.http.get(f"/day-closes/{day}"),
            till.http.post(f"/day-closes/{day}", json={"count": 0, "amount_cents": 0}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "day_not_closed")


def test_a_closed_day_shows_the_partners_figures_and_the_days_seal(
    till: Stranger, identification: str, office: Office, stranger: Strangers, clock: Clock
) -> None:
    till.debit(identification, 1000)
    till.debit(identification, 300, wallet=TUTORING)
    till.cancel(till.debit(identification, 77)["operation_id"])
    clock.set(TOMORROW)
    close_days(office.engine, TODAY)
    closed = till.http.get("/day-closes/2026-11-22").json()
    with unit_of_work(office.engine) as connection:
        seal = connection.execute(
            text("SELECT encode(seal, 'hex') FROM day_block WHERE business_day = '2026-11-22'")
        ).scalar_one()
    assert closed == {
        "business_day": "2026-11-22",
        "count": 2,
        "amount_cents": 1300,
        "wallets": [
            {"wallet": SPORT, "count": 1, "amount_cents": 1000},
            {"wallet": TUTORING, "count": 1, "amount_cents": 300},
        ],
        "seal": seal,
    }
    idle = stranger(makers.make_terminal(office))
    assert idle.http.get("/day-closes/2026-11-22").status_code == 404


def test_a_terminal_compares_its_own_figures_net_of_cancellations(
    till: Stranger,
    identification: str,
    office: Office,
    stranger: Strangers,
    shop: makers.Shop,
    clock: Clock,
) -> None:
    till.debit(identification, 1000)
    till.cancel(till.debit(identification, 77)["operation_id"])
    beside = stranger(makers.make_terminal(office, shop))
    clock.set(TOMORROW)
    close_days(office.engine, TODAY)

    def compared(client: Stranger, count: int, amount_cents: int) -> object:
        figures = {"count": count, "amount_cents": amount_cents}
        answer = client.http.post("/day-closes/2026-11-22", json=figures)
        assert answer.status_code == 200
        return answer.json()

    assert compared(till, 1, 1000) == {"matches": True, "differences": []}
    assert compared(beside, 0, 0) == {"matches": True, "differences": []}
    assert compared(till, 2, 1077) == {
        "matches": False,
        "differences": [
            {"field": "count", "terminal": 2, "server": 1},
            {"field": "amount_cents", "terminal": 1077, "server": 1000},
        ],
    }


def test_metrics_name_routes_by_template_and_answers_by_code(
    till: Stranger, identification: str
) -> None:
    till.debit(identification, 9999)
    till.debit(identification, 9999)
    till.ask(str(uuid4()))
    labels = {"route": "/api/v1/debits/{operation_id}", "method": "PUT", "status": "201"}
    for code in ("", "insufficient_balance"):
        counted = registry().get_sample_value(
            "cjeune_http_requests_total", {**labels, "code": code}
        )
        assert counted
