"""Faults on demand: each school card fails a terminal as it says, and never takes money twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.terminals.training_site import TrainingSite, opened_training

BALANCE = 10_000


class Pauses:
    """The server's waiting, held until the test lets it go on."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.over = threading.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.to_thread(self.over.wait, 20)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def site(pauses: Pauses) -> Iterator[TrainingSite]:
    with opened_training(pause=pauses) as opened:
        yield opened
        pauses.over.set()


class Counter:
    """A terminal that asks for no PIN, and one school card."""

    def __init__(self, site: TrainingSite, card: str) -> None:
        self.site = site
        self.card = site.books.school.card_named(card)
        key = next(one["key"] for one in site.facts["terminals"] if one["pin_required"] == "never")
        self.http = httpx.Client(
            base_url=f"{site.base_url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=20,
        )
        self.path = f"/debits/{uuid4()}"

    def read(self) -> httpx.Response:
        return self.http.post("/identifications", json={"reading": self.card.code})

    def debit(self) -> httpx.Response:
        return self.http.put(
            self.path,
            json={
                "identification": self.read().json()["identification"],
                "wallet": "sport_culture_leisure",
                "amount_cents": 1000,
                "identity_checked": True,
            },
        )

    def ask(self) -> httpx.Response:
        return self.http.get(self.path)

    def cancel(self) -> httpx.Response:
        return self.http.put(f"{self.path}/cancellation", json={"reason": "mistake"})

    @property
    def balance(self) -> int:
        return self.site.books.balances[self.card.name, "sport_culture_leisure"]


def test_a_lost_answer_is_found_by_asking_and_costs_once(site: TrainingSite) -> None:
    till = Counter(site, "fault_lost_answer")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        till.debit()
    assert till.balance == BALANCE - 1000
    assert till.ask().json()["outcome"] == "approved"
    again = till.debit()
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    assert till.balance == BALANCE - 1000


def test_a_lost_request_was_never_taken(site: TrainingSite) -> None:
    till = Counter(site, "fault_lost_request")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        till.debit()
    assert till.balance == BALANCE
    assert till.ask().status_code == 404
    assert till.debit().status_code == 201


def test_a_cut_answer_ends_in_its_middle(site: TrainingSite) -> None:
    till = Counter(site, "fault_cut_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        till.debit()
    assert till.debit().json()["replayed"] is True
    assert till.balance == BALANCE - 1000


def test_unavailable_twice_then_taken(site: TrainingSite) -> None:
    till = Counter(site, "fault_unavailable")
    for _ in range(2):
        answer = till.debit()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["operation_id"] == till.path.removeprefix("/debits/")
    assert till.balance == BALANCE
    assert till.debit().status_code == 201


def test_unavailable_may_hide_a_sale(site: TrainingSite) -> None:
    till = Counter(site, "fault_unavailable_but_taken")
    assert till.debit().status_code == 503
    assert till.ask().json()["outcome"] == "approved"


def test_what_is_never_known_stays_unknown_to_every_question(site: TrainingSite) -> None:
    till = Counter(site, "fault_never_known")
    for answer in (till.debit(), till.debit(), till.ask(), till.cancel()):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert till.balance == BALANCE


def test_a_defect_decides_nothing(site: TrainingSite) -> None:
    till = Counter(site, "fault_defect")
    assert till.debit().json()["code"] == "internal_error"
    assert till.ask().status_code == 404


def test_a_duplicated_request_answers_as_the_replay(site: TrainingSite) -> None:
    till = Counter(site, "fault_duplicated")
    answer = till.debit()
    assert (answer.status_code, answer.json()["replayed"]) == (200, True)
    assert till.balance == BALANCE - 1000


def test_somebody_elses_page_is_no_answer(site: TrainingSite) -> None:
    till = Counter(site, "fault_other_page")
    answer = till.debit()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert till.ask().status_code == 404


def test_new_members_come_beside_the_known_ones(site: TrainingSite) -> None:
    body = Counter(site, "fault_new_members").debit().json()
    assert body["outcome"] == "approved" and body["news"] == {"title": "…", "lines": []}


def test_a_terminal_can_be_revoked_or_suspended_in_the_middle_of_a_sale(
    site: TrainingSite,
) -> None:
    revoked = Counter(site, "fault_revoked_meanwhile").debit()
    suspended = Counter(site, "fault_suspended_meanwhile").debit()
    assert (revoked.status_code, revoked.json()["code"]) == (401, "terminal_revoked")
    assert revoked.headers["www-authenticate"] == "Bearer"
    assert (suspended.status_code, suspended.json()["code"]) == (403, "partner_suspended")


def test_a_late_answer_is_taken_at_once_and_told_late(site: TrainingSite, pauses: Pauses) -> None:
    till = Counter(site, "fault_late_answer")
    with pytest.raises(httpx.ReadTimeout):
        till.http.timeout = httpx.Timeout(20, read=0.3)
        till.debit()
    assert pauses.asked == [25]
    assert till.balance == BALANCE - 1000
    assert till.ask().json()["outcome"] == "approved"


def test_a_reading_can_be_late_or_refused_for_the_budget(
    site: TrainingSite, pauses: Pauses
) -> None:
    pauses.over.set()
    assert Counter(site, "fault_late_reading").read().json()["outcome"] == "identified"
    assert pauses.asked == [12]
    refused = Counter(site, "fault_lookups_used_up").read()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.json()["code"] == "too_many_lookups"


def test_a_lost_cancellation_is_found_by_cancelling_again(site: TrainingSite) -> None:
    till = Counter(site, "fault_lost_cancellation")
    assert till.debit().status_code == 201
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        till.cancel()
    assert till.cancel().json()["outcome"] == "cancelled"
    assert till.balance == BALANCE


def test_every_fault_of_the_school_is_tried_here(site: TrainingSite) -> None:
    told = {card.name for card in site.books.school.cards.values() if card.fault is not None}
    here = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in told if f'"{name}"' not in here} == set()
