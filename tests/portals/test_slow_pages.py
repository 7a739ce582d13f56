"""Pages that judge a password wait for each other, and never make the till's pages wait."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import anyio
import pytest

from cardservice.services import password_hash
from cardservice.webkit import csrf, doors
from tests.portals.conftest import SignedIn
from tests.portals.people import PASSWORD, Team
from tests.portals.site import Site, fresh_address
from tests.portals.visitor import Visitor

# More than the threads a server has.
RUSH = 48


def test_a_rush_of_sign_ins_takes_no_thread_that_the_till_needs(
    site: Site, team: Team, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier, stranger = signed_in(team.people["cashier"]), signed_in(None)
    token, is_ours = stranger.token, csrf.is_ours
    arrived = threading.Semaphore(0)

    def counted(*arguments: object, **options: object) -> bool:
        arrived.release()
        return is_ours(*arguments, **options)

    def come(number: int) -> int:
        fields = {"courriel": f"n{number}@librairie.example", "mot_de_passe": PASSWORD}
        headers = {"X-Forwarded-For": fresh_address()}
        return stranger.post(
            "/partenaire/connexion", fields, token=token, headers=headers
        ).status_code

    monkeypatch.setattr(csrf, "is_ours", counted)
    # Nobody's password can be judged while this test holds every place.
    monkeypatch.setattr(password_hash, "_WAIT_SECONDS", 60.0)
    monkeypatch.setattr(doors, "_SLOW_WAIT_SECONDS", 60.0, raising=False)
    with ThreadPoolExecutor(RUSH) as people, ExitStack() as held:
        for _ in range(password_hash._AT_ONCE):
            held.enter_context(password_hash._places)
        answers = [people.submit(come, number) for number in range(RUSH)]
        for _ in range(RUSH):
            assert arrived.acquire(timeout=20)
        assert cashier.get("/partenaire/caisse", timeout=10).status_code == 200
        held.close()
        assert {answer.result(30) for answer in answers} == {422}


@pytest.mark.parametrize(
    "path",
    [
        "/connexion",
        "/lien/" + "A" * 43,
        "/compte/mot-de-passe",
        "/compte/application",
        "/compte/secours",
        "/coordonnees-bancaires/changer",
        "/coordonnees-bancaires/annuler",
        "/delegues/1/principal",
    ],
)
def test_a_page_that_asks_for_a_password_says_come_again_in_a_rush(
    site: Site, team: Team, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    lead: Visitor = signed_in(team.people["lead"])
    monkeypatch.setattr(site.app.state, "slow_pages", asyncio.run(_taken()), raising=False)
    monkeypatch.setattr(doors, "_SLOW_WAIT_SECONDS", 0.01)
    assert lead.post(f"/partenaire{path}").status_code == 503
    assert lead.get("/partenaire/compte").status_code == 200
    site.app.state.slow_pages = anyio.CapacityLimiter(1)
    monkeypatch.setattr(doors, "_SLOW_WAIT_SECONDS", 20.0)
    assert lead.post(f"/partenaire{path}").status_code != 503


async def _taken() -> anyio.CapacityLimiter:
    """The places of a server whose every place is taken."""
    places = anyio.CapacityLimiter(1)
    await places.acquire_on_behalf_of(object())
    return places
