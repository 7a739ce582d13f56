"""Slows guessing down: passwords, codes, proofs (C31; research, abuse cases 10 and 24).

The law: a try is counted before it is judged, so that parallel or killed tries win nothing; a right
one takes its count back. The first few wrong tries cost nothing, then each doubles a wait, then
everything is closed for a quarter of an hour. What is guarded is kept as a keyed digest, in the
database, for every process; an address that exists and one that does not are guarded alike.

A network is guarded more loosely, since a town hall or a school shares one address, and a right
password of one person takes only its own try back; no wait is longer than the quarter of an hour.
What is no wrong try but may be done so often in a time is counted by `limited` (mail_guard.py).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused

CLOSED_FOR: Final = timedelta(minutes=15)
# Wrong tries that are forgotten when none has followed for a day.
FORGOTTEN_AFTER: Final = timedelta(days=1)
_SECONDS_IN_WORDS: Final = 90
# 2^10 seconds are more than CLOSED_FOR; no power of two is too long for the database's interval.
_MOST_DOUBLED: Final = 10


@dataclass(frozen=True, slots=True)
class Guarded:
    """Something that is guessed at: free tries, the try that closes, whether a right one clears.

    With `within`, all tries up to `most` are free, and counted anew when that time is over.
    """

    digest: bytes
    free: int
    most: int
    cleared_by_a_right_one: bool = True
    within: timedelta | None = None


def person_guarded(keys: Keys, email: str, *, known: bool = False) -> Guarded:
    """Sign-ins with one typed address, whether anybody has it or not; those from browsers that have
    signed it in before (`known`) are counted apart from strangers'."""
    return _guarded(keys, f"{'known ' if known else ''}person {email}")


def agent_person_guarded(keys: Keys, email: str, *, known: bool = False) -> Guarded:
    """The same at the Département's desk."""
    return _guarded(keys, f"{'known ' if known else ''}agent person {email}")


def network_guarded(keys: Keys, address: str, *, realm: str) -> Guarded:
    """Sign-ins of one realm from one network: an IPv4 address, or the /64 of an IPv6 one."""
    digest = _guarded(keys, f"network {realm} {_network_of(address)}").digest
    return Guarded(digest, free=40, most=200, cleared_by_a_right_one=False)


def asks_guarded(keys: Keys, address: str) -> Guarded:
    """Links by mail that one network asks the partners' portal for, whoever they are for."""
    digest = _guarded(keys, f"asks {_network_of(address)}").digest
    return Guarded(digest, free=40, most=100, cleared_by_a_right_one=False)


def limited(keys: Keys, what: str, *, most: int, within: timedelta, network: str = "") -> Guarded:
    """Anything that may be done so often in a time, by one `network` if that is given."""
    digest = _guarded(keys, f"{what} {_network_of(network)}" if network else what).digest
    return Guarded(digest, most, most, cleared_by_a_right_one=False, within=within)


def code_guarded(keys: Keys, credential_id: int) -> Guarded:
    """Second factors and recovery codes of one person at sign-in."""
    return _guarded(keys, f"code {credential_id}")


def proof_guarded(keys: Keys, credential_id: int) -> Guarded:
    """Passwords and codes that an open session gives again."""
    return _guarded(keys, f"proof {credential_id}")


def agent_guarded(keys: Keys, agent_id: int) -> Guarded:
    """Second factors of one agent."""
    return _guarded(keys, f"agent {agent_id}")


def member_person_guarded(keys: Keys, email: str, *, known: bool = False) -> Guarded:
    """Sign-ins of youths with one typed address, whether anybody has it or not."""
    return _guarded(keys, f"{'known ' if known else ''}member person {email}")


def member_proof_guarded(keys: Keys, member_id: int) -> Guarded:
    """Passwords that a youth's open session gives again."""
    return _guarded(keys, f"member proof {member_id}")


def linking_guarded(keys: Keys, member_id: int) -> Guarded:
    """Codes and numbers with which one member says that a card is theirs."""
    return _guarded(keys, f"linking {member_id}")


def linking_network_guarded(keys: Keys, address: str) -> Guarded:
    """The same from one network, whoever is signed in: a school's classes share one address."""
    digest = _guarded(keys, f"linking network {_network_of(address)}").digest
    return Guarded(digest, free=40, most=200, cleared_by_a_right_one=False)


def count_try(connection: Connection, guarded: Guarded) -> Refused | None:
    """Counts a try as wrong until `settle_try` says otherwise.

    Refused: sign_in_delayed, and then nothing may be compared. What the caller's transaction does
    with a refused try, it must commit: a rolled back count is a free try.
    """
    counted = (
        _count_doubling(connection, guarded)
        if guarded.within is None
        else _count_within(connection, guarded, guarded.within)
    )
    if counted:
        return None
    return Refused("sign_in_delayed", {"wait": _wait_of(connection, guarded)})


def _count_doubling(connection: Connection, guarded: Guarded) -> bool:
    counted = connection.execute(
        text(
            "INSERT INTO sign_in_guard AS g (guarded, failures, last_failed_at)"
            " SELECT :guarded, 1, at FROM ledger_now() AS at"
            " ON CONFLICT (guarded) DO UPDATE SET (failures, last_failed_at, closed_until) ="
            " (SELECT n, at, CASE WHEN n >= :most THEN at + :closed_for"
            "   WHEN n >= :free THEN at + least(CAST(:closed_for AS interval),"
            "    interval '1 second' * power(2, least(n - :free, :most_doubled))) END"
            "  FROM (SELECT CASE WHEN g.last_failed_at < excluded.last_failed_at - :forgotten"
            "    THEN 1 ELSE least(g.failures + 1, :most) END AS n,"
            "   excluded.last_failed_at AS at) AS next)"
            " WHERE g.closed_until IS NULL OR g.closed_until <= excluded.last_failed_at"
            " RETURNING failures"
        ),
        {
            "guarded": guarded.digest,
            "free": guarded.free,
            "most": guarded.most,
            "closed_for": CLOSED_FOR,
            "most_doubled": _MOST_DOUBLED,
            "forgotten": FORGOTTEN_AFTER,
        },
    ).one_or_none()
    return counted is not None


def _count_within(connection: Connection, guarded: Guarded, within: timedelta) -> bool:
    """Here `last_failed_at` is the first try of the time that is counted."""
    counted = connection.execute(
        text(
            "INSERT INTO sign_in_guard AS g (guarded, failures, last_failed_at)"
            " SELECT :guarded, 1, at FROM ledger_now() AS at"
            " ON CONFLICT (guarded) DO UPDATE SET (failures, last_failed_at, closed_until) ="
            " (SELECT n, first, CASE WHEN n >= :most THEN first + :within END"
            "  FROM (SELECT CASE WHEN over THEN 1 ELSE g.failures + 1 END AS n,"
            "   CASE WHEN over THEN excluded.last_failed_at ELSE g.last_failed_at END AS first"
            "   FROM (SELECT g.last_failed_at <= excluded.last_failed_at - :within AS over) AS was)"
            "  AS next)"
            " WHERE g.closed_until IS NULL OR g.closed_until <= excluded.last_failed_at"
            " RETURNING failures"
        ),
        {"guarded": guarded.digest, "most": guarded.most, "within": within},
    ).one_or_none()
    return counted is not None


def settle_try(connection: Connection, guarded: Guarded, refused: Refused | None) -> None:
    """Ends a counted try: a right one clears the count, a code that has served costs nothing.

    A second click sends the same code twice; whoever has it knew it, but it clears nothing either.
    """
    if refused is None and guarded.cleared_by_a_right_one:
        forget_tries(connection, guarded)
    elif refused is None or refused.code == "totp_used":
        _take_back(connection, guarded)


def forget_tries(connection: Connection, guarded: Guarded) -> None:
    """Starts anew, after a right try or another proof of who it is."""
    connection.execute(
        text("DELETE FROM sign_in_guard WHERE guarded = :guarded"), {"guarded": guarded.digest}
    )


def _take_back(connection: Connection, guarded: Guarded) -> None:
    connection.execute(
        text(
            "UPDATE sign_in_guard SET failures = greatest(failures - 1, 0),"
            " closed_until = CASE WHEN failures > :free THEN closed_until END"
            " WHERE guarded = :guarded"
        ),
        {"guarded": guarded.digest, "free": guarded.free},
    )


def _guarded(keys: Keys, what: str) -> Guarded:
    digest = hmac.digest(keys.derive("sign-in guard"), what.encode(), hashlib.sha256)
    return Guarded(digest, free=3, most=10)


def _network_of(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        # A Unix socket or a test client: one network of its own.
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _wait_of(connection: Connection, guarded: Guarded) -> str:
    """`4 s`, `15 min`: at least a second, rounded up."""
    left = connection.execute(
        text("SELECT closed_until - ledger_now() FROM sign_in_guard WHERE guarded = :guarded"),
        {"guarded": guarded.digest},
    ).scalar_one_or_none()
    seconds = 1 if left is None else max(1, math.ceil(left.total_seconds()))
    if seconds <= _SECONDS_IN_WORDS:
        return f"{seconds}\u00a0s"
    return f"{math.ceil(seconds / 60)}\u00a0min"
