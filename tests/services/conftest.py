"""What tests of services share."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from cardservice.services import password_hash


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at no cost, for tests that judge anything but the cost of guessing."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(password_hash, "_hasher", cheap)
