"""A portal: its realm, its addresses, its pages, and who the person of a session is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from cardservice.services.web_sessions import Session
from cardservice.webkit.pages import Pages


class Person(Protocol):
    """Whoever is signed in."""

    @property
    def role(self) -> str:
        """What decides which pages are open."""
        ...


P = TypeVar("P", bound=Person)


@dataclass(frozen=True)
class Portal(Generic[P]):
    """One portal. `person_of` gives the person of an open session, or None for one who may no
    longer act; `sign_in` is where a visitor is sent; `role_refusal` is the code of the page that a
    role does not open; `kept_for` is how long a browser keeps the session, None until it is
    closed."""

    realm: str
    prefix: str
    sign_in: str
    pages: Pages
    person_of: Callable[[Connection, Session], P | None]
    role_refusal: str = "role_may_not"
    kept_for: timedelta | None = None
