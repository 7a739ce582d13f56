"""Judges address and password at the door of a portal: one road for partners, agents and youths.

The law: an address that nobody has, one that may not enter and a wrong password get one answer for
the same work. A try is counted, and committed, before it is judged; it is taken back only when the
person is in. What a portal does with somebody who was right (`enter`) commits with that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, TextClause

from cardservice.db.engine import unit_of_work
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import Guarded, count_try, network_guarded, settle_try
from cardservice.services.known_browser import is_known
from cardservice.services.password_hash import hash_password, is_outdated, password_holds

T = TypeVar("T")


class _GuardOf(Protocol):
    def __call__(self, keys: Keys, email: str, *, known: bool) -> Guarded: ...


@dataclass(frozen=True, slots=True)
class Door:
    """Whose door it is.

    `find` gives the surrogate id and the password's hash of :email, if they may enter; `keep`
    stores the hash :fresh of :id while :judged still stands and they still may.
    """

    realm: str
    guard_of: _GuardOf
    find: TextClause
    keep: TextClause


@dataclass(frozen=True, slots=True)
class Knock:
    """Who says they are whom: `network` is the caller's network address, `token` what its browser
    shows of earlier sign-ins (known_browser.py)."""

    email: str
    password: str
    network: str
    token: str | None


def pass_door(
    engine: Engine,
    keys: Keys,
    door: Door,
    knock: Knock,
    enter: Callable[[Connection, int], T | Refused],
) -> T | Refused:
    """What `enter` made of the person. Refused: sign_in_delayed, sign_in_failed, or its own."""
    address = knock.email.strip().lower()
    known = is_known(keys, door.realm, address, knock.token)
    guards = (
        network_guarded(keys, knock.network, realm=door.realm),
        door.guard_of(keys, address, known=known),
    )
    with unit_of_work(engine) as connection:
        for guarded in guards:
            delayed = count_try(connection, guarded)
            if delayed is not None:
                return delayed
        row = connection.execute(door.find, {"email": address}).one_or_none()
    # Outside any transaction: the work takes a tenth of a second and 64 MiB.
    if not password_holds(None if row is None else row.password_hash, knock.password):
        return Refused("sign_in_failed")
    assert row is not None, "nobody has no password that holds"
    judged = row.password_hash
    fresh = hash_password(knock.password) if is_outdated(judged) else judged
    with unit_of_work(engine) as connection:
        kept = connection.execute(door.keep, {"id": row.id, "judged": judged, "fresh": fresh})
        if kept.rowcount == 0:
            # Another password was chosen, or access ended, while this one was judged.
            return Refused("sign_in_failed")
        entered = enter(connection, row.id)
        if not isinstance(entered, Refused):
            for guarded in guards:
                settle_try(connection, guarded, None)
        return entered
