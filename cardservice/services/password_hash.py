"""Keeps and checks passwords: Argon2id, the same work for everybody (design §8).

The law: a person who does not exist costs as much as one who does, so that time tells nothing. A
hash takes 64 MiB: only a few are computed at once, whoever comes after waits a little and is then
told to come again, because a rush of sign-ins must not take the till's memory.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from cardservice.domain.password import LONGEST, normalised
from cardservice.ledger.group_commit import Unavailable

_AT_ONCE: Final = 3
_WAIT_SECONDS: Final = 4.0

_hasher: Final = PasswordHasher()
_places: Final = threading.BoundedSemaphore(_AT_ONCE)


def hash_password(password: str) -> str:
    """What is stored of a password. Raises Unavailable in a rush."""
    with _a_place():
        return _hasher.hash(normalised(password))


def password_holds(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; without a hash the work is done all the same.

    Raises Unavailable in a rush.
    """
    # Nobody has a longer one, and the work must not grow with what a stranger sends.
    typed = normalised(password[: 4 * LONGEST])
    with _a_place():
        try:
            holds = _hasher.verify(password_hash or _nobodys_hash(_hasher), typed)
        except VerificationError:
            return False
    return holds and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("")


@contextlib.contextmanager
def _a_place() -> Iterator[None]:
    if not _places.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable
    try:
        yield
    finally:
        _places.release()
