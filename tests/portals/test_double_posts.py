"""Every form posted twice acts once: one after the other, and both at the same instant.

What acted is counted in rows of every table, journal and mail among them: the second post of a form
leaves none.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.portals.belongings import Belongings, footprint
from tests.portals.conftest import SignedIn
from tests.portals.matrix import Asked, asked
from tests.portals.site import Site
from tests.portals.visitor import Visitor

POSTS = [route for route in asked("POST") if not route.row.again]


@pytest.mark.parametrize("route", POSTS, ids=[route.key for route in POSTS])
def test_a_form_posted_twice_acts_once(
    site: Site, sides: tuple[Belongings, Belongings], signed_in: SignedIn, route: Asked
) -> None:
    """Ours posts it one after the other, theirs twice at once; each must act as often as once."""
    ours, theirs = sides
    office = site.office
    first, second = (_browser(signed_in, side, route) for side in (ours, theirs))

    start = footprint(office)
    form, address = dict(route.row.form(ours)), route.address(ours)
    once = first.post(address, form)
    assert once.status_code < 500, once.status_code
    after_one = footprint(office)
    again = first.post(address, form)
    assert again.status_code < 500, again.status_code
    after_two = footprint(office)
    acted = {name: after_one[name] - start[name] for name in start}
    assert after_two == after_one

    form, address = dict(route.row.form(theirs)), route.address(theirs)
    answers = _at_once(second, address, form)
    assert all(answer.status_code < 500 for answer in answers), answers
    at_once = footprint(office)
    assert {name: at_once[name] - after_two[name] for name in start} == acted


def _browser(signed_in: SignedIn, side: Belongings, route: Asked) -> Visitor:
    role = None
    if route.roles is not None:
        role = "lead" if "lead" in route.roles else sorted(route.roles)[0]
    person = None if role is None else side.team.people[role]
    visitor = signed_in(person, at=side.team.partner.outlet_id)
    visitor.get("/partenaire/caisse")
    assert visitor.token
    return visitor


def _at_once(
    visitor: Visitor, address: str, form: dict[str, str | list[str]]
) -> list[httpx.Response]:
    start = Barrier(2)

    def post() -> httpx.Response:
        start.wait(20)
        return visitor.post(address, form)

    with ThreadPoolExecutor(2) as pool:
        posts = [pool.submit(post) for _ in range(2)]
        return [one.result(60) for one in posts]
