"""One row for each route of the portal: how it is asked, with whose things, with which form.

The law: a route without a row fails (test_matrix.py), and so does a row without its route. What a
row does not say follows from the route itself: who may pass is `route.roles`, and no row can say
otherwise.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cardservice.domain.short_code import make_short_code, operation_reference
from partner_portal.routes import ROUTES
from tests.portals.belongings import Belongings
from tests.portals.site import PREFIX
from tests.portals.visitor import Fields


@dataclass(frozen=True)
class Row:
    """How a route is asked.

    `place` gives the values that stand in the address (the braces of its path), `query` what
    follows it, `form` the fields of a post that is taken. `names` are the fields of the form that
    name a thing: a foreign one is refused exactly like one that does not exist.
    `statuses` are those of an answer to somebody who may; `downloads` where it is no page;
    `again` says why posting twice may do it twice.
    """

    place: Callable[[Belongings], Mapping[str, Any]] = lambda _: {}
    query: str = ""
    form: Callable[[Belongings], Fields] = lambda _: {}
    names: tuple[str, ...] = ()
    statuses: frozenset[int] = frozenset((200, 303))
    downloads: bool = False
    again: str = ""


ROWS: Final[dict[str, Row]] = {
    "GET /{rest:path}": Row(place=lambda _: {"rest": "nulle-part"}, statuses=frozenset((404,))),
}


@dataclass(frozen=True)
class Asked:
    """A route with its row."""

    key: str
    method: str
    path: str
    roles: frozenset[str] | None
    row: Row = field(repr=False)

    def address(self, belongings: Belongings) -> str:
        return self._filled({k: str(v) for k, v in self.row.place(belongings).items()})

    def unknown_address(self, belongings: Belongings) -> str:
        """The same address of a thing that does not exist."""
        place = self.row.place(belongings)
        return self._filled({name: unlike(str(value)) for name, value in place.items()})

    @property
    def of_a_thing(self) -> bool:
        return "{" in self.path and self.roles is not None

    def _filled(self, place: Mapping[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda m: place[m[1]], self.path) + self.row.query


def key_of(method: str, path: str) -> str:
    """`POST /delegues/{delegate_id:int}`; the home page is `GET /`."""
    return f"{method} {path.removeprefix(PREFIX) or '/'}"


def unlike(name: str) -> str:
    """A name of the same shape that nothing has."""
    if name.isdigit():
        return "999999999"
    if re.fullmatch(r"[0-9a-f-]{36}", name):
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    if re.fullmatch(r"BR-\d{4}-\d{6}", name):
        return name[:-6] + "999999"
    if name == _reference_like(name):
        return operation_reference(987_654)
    if re.fullmatch(r"[0-9A-Z]{8}", name):
        return make_short_code(7, lambda bound: 0)
    return name[::-1]


def _reference_like(name: str) -> str:
    return name if re.fullmatch(r"D[0-9A-Z]{7}", name) else ""


def asked(*methods: str) -> list[Asked]:
    """Every route of these methods that has its row."""
    return [
        Asked(key, route.method, route.path, route.roles, ROWS[key])
        for route in ROUTES
        if route.method in (methods or ("GET", "POST"))
        and (key := key_of(route.method, route.path)) in ROWS
    ]
