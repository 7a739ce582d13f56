"""A card code reaches the browser once, and nobody else (issue 4: no code in process arguments)."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from scanner.handover import hand_over

TILL = "https://carte.example/partenaire/caisse#code=10AZQWM01SXK8N"


def asked(address: str) -> tuple[int, str | None]:
    """Status and next address, as a browser would see them."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.netloc, timeout=30)
    line.request("GET", parts.path)
    answer = line.getresponse()
    line.close()
    return answer.status, answer.getheader("Location")


def visited(*visits: Callable[[str], str]) -> tuple[bool, list[tuple[int, str | None]], str]:
    """Whether it was handed over to these visits, what each of them saw, and where."""
    seen: list[tuple[int, str | None]] = []
    here: list[str] = []

    def browser(address: str) -> bool:
        here.append(address)
        seen.extend(asked(visit(address)) for visit in visits)
        return True

    return hand_over(TILL, open_browser=browser, seconds=0.01), seen, here[0]


def same(address: str) -> str:
    return address


def another(address: str) -> str:
    return address[:-1] + ("A" if address[-1] != "A" else "B")


def test_the_first_visitor_is_sent_on_and_the_second_is_not() -> None:
    taken, seen, here = visited(same, same)
    assert (taken, seen) == (True, [(303, TILL), (404, None)])
    assert here.startswith("http://127.0.0.1:") and "10AZ" not in here


def test_a_wrong_name_gets_nothing_and_takes_nothing_away() -> None:
    taken, seen, _ = visited(another, same)
    assert (taken, seen) == (True, [(404, None), (303, TILL)])


def test_another_users_program_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: ours + 1)
    taken, seen, _ = visited(same)
    assert (taken, seen) == (False, [(404, None)])


def test_a_browser_that_never_comes_is_told_and_the_door_is_shut() -> None:
    taken, seen, here = visited()
    assert (taken, seen) == (False, [])
    with pytest.raises(ConnectionRefusedError):
        asked(here)


def test_no_browser_at_all_is_told() -> None:
    assert hand_over(TILL, open_browser=lambda _: False) is False
