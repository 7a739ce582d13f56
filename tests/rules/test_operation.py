"""Kinds, legs and the hash that must come out the same in Python, in SQL and in ten years."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from struct import error as DoesNotFit
from typing import Any
from uuid import UUID

import pytest

from cardservice.domain import operation
from cardservice.domain.operation import (
    EMPTY_HEAD,
    KIND_NUMBERS,
    OPERATION_KINDS,
    OUTCOME_NUMBERS,
    WALLET_NUMBERS,
    WALLETS,
    Operation,
    chain,
    legs,
    operation_hash,
)

DEBIT = Operation(
    operation_no=987654,
    operation_id=UUID("01934f2a-7b6c-7def-8123-456789abcdef"),
    kind="debit",
    outcome="approved",
    code=None,
    partner_id=17,
    outlet_id=23,
    terminal_id=4242,
    actor_id=5,
    card_id=900001,
    beneficiary_id=800001,
    school_year=2026,
    wallet="tutoring",
    amount_cents=1055,
    balance_after_cents=3945,
    wallet_seq=3,
    tries_left=2,
    pin_checked=True,
    target_id=UUID("01934f2a-0000-7000-8000-000000000001"),
    accepted_at=datetime(2026, 11, 22, 13, 32, 5, 123456, UTC),
    business_day=date(2026, 11, 22),
    hash=b"",
)
BARE = Operation(
    operation_no=1,
    operation_id=UUID("01934f2a-7b6c-7def-8123-000000000000"),
    kind="debit",
    outcome="declined",
    code="card_unknown",
    partner_id=None,
    outlet_id=None,
    terminal_id=None,
    actor_id=None,
    card_id=None,
    beneficiary_id=None,
    school_year=None,
    wallet=None,
    amount_cents=None,
    balance_after_cents=None,
    wallet_seq=None,
    tries_left=None,
    pin_checked=False,
    target_id=None,
    accepted_at=datetime(1970, 1, 1, tzinfo=UTC),
    business_day=date(1970, 1, 1),
    hash=b"",
)


# Of the 18 columns behind the two ids: the number of the type and its width.
TYPES = (
    *[(23, 4)] * 3,
    *[(20, 8)] * 6,
    *((21, 2), (23, 4)),
    *[(20, 8)] * 2,
    *((23, 4), (21, 2), (16, 1)),
    *((1184, 8), (1082, 4)),
)


def as_record(ids: tuple[str, str], *integers: int) -> bytes:
    """What PostgreSQL's record_send writes: 20 columns, each behind its type and its width."""
    columns = [(2950, 16, bytes.fromhex(one)) for one in ids]
    columns += [
        (kind, width, integer.to_bytes(width, "big", signed=True))
        for (kind, width), integer in zip(TYPES, integers, strict=True)
    ]
    return (20).to_bytes(4, "big") + b"".join(
        kind.to_bytes(4, "big") + width.to_bytes(4, "big") + written
        for kind, width, written in columns
    )


def test_the_canonical_bytes_of_a_debit_are_these() -> None:
    canonical = as_record(
        ("01934f2a7b6c7def8123456789abcdef", "01934f2a000070008000000000000001"),
        *(2, 1, 0, 17, 23, 4242, 5, 900001, 800001, 2026, 2, 1055, 3945, 3, 2, 1),
        *(1_795_354_325_123_456 - 946_684_800_000_000, 20_779 - 10_957),
    )
    assert operation_hash(DEBIT) == sha256(canonical).digest()


def test_the_canonical_bytes_of_a_bare_refusal_are_these() -> None:
    canonical = as_record(
        ("01934f2a7b6c7def8123000000000000", "00" * 16),
        *(2, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, -1, 0),
        *(-946_684_800_000_000, -10_957),
    )
    assert operation_hash(BARE) == sha256(canonical).digest()


def test_a_stored_hash_never_changes() -> None:
    # Two literals for whoever writes the same bytes in SQL.
    assert (
        operation_hash(DEBIT).hex()
        == "83a23dc8d34fda0d3b43b36b1812d98dedfe2670be927176da116ca674c0ae6f"
    )
    assert (
        operation_hash(BARE).hex()
        == "1615da2690810931331a94a599974d362ae95db001f7ebd632dd0c942acfb49b"
    )


CHANGES: dict[str, Any] = {
    "operation_id": UUID(int=1),
    "kind": "cancellation",
    "outcome": "cancelled",
    "code": "pin_wrong",
    "partner_id": 18,
    "outlet_id": 24,
    "terminal_id": 4243,
    "actor_id": 6,
    "card_id": 900002,
    "beneficiary_id": 800002,
    "school_year": 2027,
    "wallet": "sport_culture_leisure",
    "amount_cents": 1056,
    "balance_after_cents": 3944,
    "wallet_seq": 4,
    "tries_left": 1,
    "pin_checked": False,
    "target_id": None,
    "accepted_at": DEBIT.accepted_at + timedelta(microseconds=1),
    "business_day": date(2026, 11, 23),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_stored_fact_is_in_the_hash(name: str) -> None:
    changed = replace(DEBIT, **{name: CHANGES[name]})
    assert operation_hash(changed) != operation_hash(DEBIT)


def test_only_the_number_and_the_hash_itself_stay_outside() -> None:
    assert {field.name for field in fields(Operation)} - set(CHANGES) == {"operation_no", "hash"}
    elsewhere = replace(DEBIT, operation_no=1, hash=b"x")
    assert operation_hash(elsewhere) == operation_hash(DEBIT)


@pytest.mark.parametrize("name", ["amount_cents", "balance_after_cents", "tries_left"])
def test_nothing_and_zero_are_two_different_facts(name: str) -> None:
    nothing: dict[str, Any] = {name: None}
    zero: dict[str, Any] = {name: 0}
    assert operation_hash(replace(DEBIT, **nothing)) != operation_hash(replace(DEBIT, **zero))


def test_the_zone_in_which_an_instant_is_told_does_not_matter() -> None:
    local = DEBIT.accepted_at.astimezone(timezone(timedelta(hours=1)))
    assert operation_hash(replace(DEBIT, accepted_at=local)) == operation_hash(DEBIT)


def test_a_row_that_cannot_be_written_down_is_a_defect() -> None:
    with pytest.raises(TypeError):
        naive = DEBIT.accepted_at.replace(tzinfo=None)
        operation_hash(replace(DEBIT, accepted_at=naive))
    with pytest.raises(KeyError):
        operation_hash(replace(DEBIT, code="no_such_code"))
    with pytest.raises(DoesNotFit):
        operation_hash(replace(DEBIT, amount_cents=2**63))


def test_heads_are_chained_from_32_zero_bytes() -> None:
    first = operation_hash(DEBIT)
    assert bytes(32) == EMPTY_HEAD
    assert chain(EMPTY_HEAD, first) == sha256(bytes(32) + first).digest()
    assert chain(chain(EMPTY_HEAD, first), b"\1" * 32) != chain(
        chain(EMPTY_HEAD, b"\1" * 32), first
    )


@pytest.mark.parametrize(("head", "link"), [(b"", bytes(32)), (bytes(32), bytes(31))])
def test_a_head_or_hash_of_another_length_is_a_defect(head: bytes, link: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        chain(head, link)


def test_kinds_wallets_and_outcomes_keep_their_numbers() -> None:
    assert KIND_NUMBERS == {
        "grant": 1,
        "debit": 2,
        "cancellation": 3,
        "regularisation": 4,
        "lapse": 5,
        "reimbursement": 6,
        "payment_confirmed": 7,
        "transfer_return": 8,
        "late_regularisation": 9,
        "regularisation_reversal": 10,
        "late_regularisation_reversal": 11,
        "paid_transfer_return": 12,
    }
    assert WALLETS == ("sport_culture_leisure", "tutoring")
    assert WALLET_NUMBERS == {"sport_culture_leisure": 1, "tutoring": 2}
    assert OUTCOME_NUMBERS == {"approved": 1, "declined": 2, "cancelled": 3}


@pytest.mark.parametrize(
    ("kind", "from_account", "to_account"),
    [
        ("grant", "department_fund", "beneficiary_wallet"),
        ("debit", "beneficiary_wallet", "partner_payable"),
        ("cancellation", "partner_payable", "beneficiary_wallet"),
        ("regularisation", "partner_payable", "beneficiary_wallet"),
        ("lapse", "beneficiary_wallet", "lapsed"),
        ("reimbursement", "partner_payable", "in_transit"),
        ("payment_confirmed", "in_transit", "paid"),
        ("transfer_return", "in_transit", "partner_payable"),
        ("paid_transfer_return", "paid", "partner_payable"),
    ],
)
def test_the_kind_alone_fixes_both_legs(kind: str, from_account: str, to_account: str) -> None:
    assert legs(kind) == (from_account, to_account)


def test_a_cancellation_undoes_the_legs_of_a_debit() -> None:
    assert legs("cancellation") == legs("debit")[::-1]


def test_every_kind_has_one_sentence_of_meaning() -> None:
    for name, kind in OPERATION_KINDS.items():
        assert kind.name == name
        assert kind.meaning.endswith(".")
        assert kind.meaning.count(". ") == 0


def test_an_unknown_kind_has_no_legs() -> None:
    with pytest.raises(KeyError):
        legs("refund")


def test_the_accounts_are_six() -> None:
    named = {leg for kind in OPERATION_KINDS for leg in legs(kind)}
    assert named == {
        operation.DEPARTMENT_FUND,
        operation.BENEFICIARY_WALLET,
        operation.PARTNER_PAYABLE,
        operation.LAPSED,
        operation.IN_TRANSIT,
        operation.PAID,
    }
    assert len(named) == 6
