"""What a sign-in costs: the real Argon2id, the same for everybody, a few at a time."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher

from cardservice.domain.refusal import Refused
from cardservice.ledger.group_commit import Unavailable
from cardservice.services import password_hash
from cardservice.services.password_door import Knock
from cardservice.services.sign_in import sign_in
from tests.services.at_the_door import BROWSER, PASSWORD, cashier, invited_lead, rows

FAILED = Refused("sign_in_failed")


def come_as(office, email, password=PASSWORD):
    return sign_in(
        office.engine,
        office.keys,
        Knock(email, password, "192.0.2.1", None),
        browser=BROWSER,
    )


def test_an_unknown_address_costs_as_much_work_as_a_known_one(office, monkeypatch):
    comer = cashier(office)
    worked = []
    hasher = password_hash._hasher

    class Counting:
        hash = staticmethod(hasher.hash)
        check_needs_rehash = staticmethod(hasher.check_needs_rehash)

        @staticmethod
        def verify(stored, typed):
            worked.append(stored.split("$")[1:4])
            return hasher.verify(stored, typed)

    monkeypatch.setattr(password_hash, "_hasher", Counting)
    comer.come("wrong"), come_as(office, "personne@librairie.example")
    come_as(office, invited_lead(office).email)
    assert len(worked) == 3 and worked[0] == worked[1] == worked[2]


def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(office, superuser):
    comer = cashier(office)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    superuser(
        f"UPDATE credential SET password_hash = '{old}' WHERE credential_id = {comer.credential_id}"
    )
    assert comer.come().stage == "open"
    ((kept,),) = rows(
        office,
        "SELECT password_hash FROM credential WHERE credential_id = :who",
        who=comer.credential_id,
    )
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$") and kept != old


def test_a_password_longer_than_any_is_wrong_and_cheap(office):
    assert cashier(office).come(PASSWORD + "x" * 100_000) == FAILED


def test_a_rush_of_sign_ins_is_told_to_come_again_and_takes_no_more_memory(office, monkeypatch):
    monkeypatch.setattr(password_hash, "_WAIT_SECONDS", 0.01)
    comer = cashier(office)
    rush = [password_hash._a_place() for _ in range(password_hash._AT_ONCE)]
    with ExitStack() as taken:
        for place in rush:
            taken.enter_context(place)
        with pytest.raises(Unavailable):
            comer.come()
    assert comer.come().stage == "open"
