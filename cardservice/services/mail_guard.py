"""Bounds the mails that the youths' portal sends because somebody typed an address (abuse case 24).

The law: one address gets a few an hour and a day, whoever asks, and the asker of a stranger's
address is not told. A network, which may be a whole school or a phone operator, is bounded loosely,
for a quarter of an hour at most, and told so: that depends on the network alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import CLOSED_FOR, Guarded, count_try, limited

# Of one network in a quarter of an hour.
MOST_ASKED: Final = 150
# To one address.
MOST_AN_HOUR: Final = 4
MOST_A_DAY: Final = 10


def count_ask(connection: Connection, keys: Keys, network: str) -> Refused | None:
    """Counts a mail that is asked for from `network`. Refused: mails_delayed."""
    asks = limited(keys, "youth asks", most=MOST_ASKED, within=CLOSED_FOR, network=network)
    return _delayed(count_try(connection, asks))


def may_mail(connection: Connection, keys: Keys, address: str) -> bool:
    """Counts a mail to a typed address, whether anybody has it or not; False when it has had
    enough. Nothing is mailed then."""
    return _count_all(connection, _few(keys, f"mails to {address}")) is None


def count_change(connection: Connection, keys: Keys, member_id: int) -> Refused | None:
    """Counts another address that one member asks for: each is told to the address they have.

    Refused: mails_delayed.
    """
    return _delayed(_count_all(connection, _few(keys, f"changes of {member_id}")))


def _few(keys: Keys, what: str) -> tuple[Guarded, ...]:
    return (
        limited(keys, f"hour: {what}", most=MOST_AN_HOUR, within=timedelta(hours=1)),
        limited(keys, f"day: {what}", most=MOST_A_DAY, within=timedelta(days=1)),
    )


def _count_all(connection: Connection, guards: tuple[Guarded, ...]) -> Refused | None:
    for guarded in guards:
        delayed = count_try(connection, guarded)
        if delayed is not None:
            return delayed
    return None


def _delayed(refused: Refused | None) -> Refused | None:
    return None if refused is None else Refused("mails_delayed", refused.facts)
