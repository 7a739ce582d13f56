"""The seal of a day moves when anything in the day moves."""

import tracemalloc
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.merkle import (
    DEPARTMENT,
    EMPTY_ROOT,
    FIRST_SEAL,
    day_leaf,
    day_seal,
    merkle_root,
)

# The published test inputs of Certificate Transparency (RFC 6962) and their roots.
CT_INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

DAY = date(2026, 11, 22)
SOME_ROOT = sha256(b"root").digest()
leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def by_definition(items: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two below the count."""
    if not items:
        return sha256(b"").digest()
    if len(items) == 1:
        return sha256(b"\0" + items[0]).digest()
    split = 1
    while split * 2 < len(items):
        split *= 2
    return sha256(b"\1" + by_definition(items[:split]) + by_definition(items[split:])).digest()


@pytest.mark.parametrize(("count", "root"), CT_ROOTS.items())
def test_the_tree_is_the_published_one(count: int, root: str) -> None:
    assert merkle_root(CT_INPUTS[:count]).hex() == root


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_streaming_gives_the_root_of_the_definition(items: list[bytes]) -> None:
    assert merkle_root(iter(items)) == by_definition(items)


@given(leaves, st.data())
def test_changing_dropping_doubling_or_moving_a_leaf_moves_the_root(
    items: list[bytes], data: st.DataObject
) -> None:
    root = merkle_root(items)
    at = data.draw(st.integers(0, len(items) - 1))
    changed = [*items[:at], bytes(31) + b"\1" + items[at], *items[at + 1 :]]
    assert merkle_root(changed) != root
    assert merkle_root(items[:at] + items[at + 1 :]) != root
    assert merkle_root([*items, items[-1]]) != root
    if items[0] != items[at]:
        moved = [items[at], *items[1:at], items[0], *items[at + 1 :]]
        assert merkle_root(moved) != root


def test_two_leaves_cannot_be_passed_off_as_one() -> None:
    left, right = b"\1" * 32, b"\2" * 32
    children = sha256(b"\0" + left).digest() + sha256(b"\0" + right).digest()
    assert merkle_root([children]) != merkle_root([left, right])


def test_an_empty_day_has_the_root_of_nothing() -> None:
    assert merkle_root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_memory_does_not_grow_with_the_leaves() -> None:
    tracemalloc.start()
    merkle_root(number.to_bytes(32, "big") for number in range(20_000))
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Kept leaves alone would take 20,000 times 65 bytes.
    assert most_bytes < 100_000


def a_leaf(**changes: object) -> bytes:
    facts: dict[str, object] = {
        "business_day": DAY,
        "partner_id": 17,
        "operation_count": 5,
        "net_debit_count": 3,
        "net_amount_cents": 4210,
        "root": SOME_ROOT,
    }
    return day_leaf(**(facts | changes))  # type: ignore[arg-type]


def test_a_day_leaf_is_the_hash_of_fixed_width_integers() -> None:
    numbers = (20_779).to_bytes(4, "big")
    for number in (17, 5, 3, -4210):
        numbers += number.to_bytes(8, "big", signed=True)
    assert a_leaf(net_amount_cents=-4210) == sha256(numbers + SOME_ROOT).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"business_day": date(2026, 11, 23)},
        {"partner_id": DEPARTMENT},
        {"operation_count": 6},
        {"net_debit_count": 2},
        {"net_amount_cents": 4211},
        {"root": EMPTY_ROOT},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_figure_of_a_partners_day_is_in_its_leaf(change: dict[str, object]) -> None:
    assert a_leaf(**change) != a_leaf()


def test_a_seal_takes_in_the_seal_before_the_day_and_the_root() -> None:
    expected = sha256(bytes(32) + (20_779).to_bytes(4, "big") + SOME_ROOT).digest()
    assert day_seal(FIRST_SEAL, DAY, SOME_ROOT) == expected


def test_a_digest_of_another_length_is_a_defect_and_not_padded() -> None:
    for short in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            a_leaf(root=short)
        with pytest.raises(ValueError, match="32 bytes"):
            day_seal(short, DAY, SOME_ROOT)
        with pytest.raises(ValueError, match="32 bytes"):
            day_seal(FIRST_SEAL, DAY, short)
