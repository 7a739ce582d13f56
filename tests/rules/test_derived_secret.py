"""Secrets of an address: the same nonce gives the same secret, and nothing else does."""

from __future__ import annotations

import re

import pytest

from cardservice.domain.derived_secret import NONCE_BYTES, PURPOSES, derived_secret
from cardservice.domain.keys import Keys

KEYS = Keys(b"k" * 32)
NONCE = b"n" * NONCE_BYTES


def test_the_same_nonce_gives_the_same_secret_again() -> None:
    assert derived_secret(KEYS, "till pass", NONCE) == derived_secret(KEYS, "till pass", NONCE)


def test_another_nonce_another_purpose_or_another_key_gives_another_secret() -> None:
    secrets = {
        derived_secret(keys, purpose, nonce)
        for keys in (KEYS, Keys(b"x" * 32))
        for purpose in PURPOSES
        for nonce in (NONCE, b"m" * NONCE_BYTES)
    }
    assert len(secrets) == 2 * len(PURPOSES) * 2


def test_a_secret_fits_an_address_as_it_is() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", derived_secret(KEYS, "sign-in link", NONCE))


def test_nothing_is_derived_for_a_purpose_nobody_listed() -> None:
    with pytest.raises(AssertionError):
        derived_secret(KEYS, "anything", NONCE)
