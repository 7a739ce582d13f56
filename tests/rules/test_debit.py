"""The stable facts of a debit, in the order of the contract."""

from datetime import date
from itertools import combinations

import pytest

from cardservice.domain.codes import DECLINE_ORDER
from cardservice.domain.debit import (
    PIN_POLICIES,
    DebitFacts,
    agreement_in_force,
    first_verdict,
    pin_is_due,
)

ALL_WELL: dict[str, bool | int] = {
    "holder_has_wallets": True,
    "agreement_in_force": True,
    "wallet_accepted": True,
    "identity_checked": True,
    "amount_cents": 5000,
    "terminal_limit_cents": 5000,
}
WHAT_GOES_WRONG: dict[str, dict[str, bool | int]] = {
    "holder_has_no_wallets": {"holder_has_wallets": False},
    "agreement_not_in_force": {"agreement_in_force": False},
    "wallet_not_accepted": {"wallet_accepted": False},
    "identity_not_checked": {"identity_checked": False},
    "amount_above_terminal_limit": {"amount_cents": 5001},
}


def facts(*wrong: str) -> DebitFacts:
    merged = dict(ALL_WELL)
    for code in wrong:
        merged |= WHAT_GOES_WRONG[code]
    return DebitFacts(**merged)  # type: ignore[arg-type]


def test_nothing_stands_against_a_debit_of_exactly_the_terminals_limit() -> None:
    assert first_verdict(facts()) is None


@pytest.mark.parametrize("code", WHAT_GOES_WRONG)
def test_each_stable_fact_refuses_with_its_own_code(code: str) -> None:
    assert first_verdict(facts(code)) == code


@pytest.mark.parametrize(("one", "other"), list(combinations(WHAT_GOES_WRONG, 2)))
def test_of_two_reasons_the_first_of_the_contract_wins(one: str, other: str) -> None:
    assert first_verdict(facts(one, other)) == min(one, other, key=DECLINE_ORDER.index)


@pytest.mark.parametrize(
    ("policy", "above_cents", "amount_cents", "due"),
    [
        ("always", None, 1, True),
        ("always", 2000, 1, True),
        ("never", None, 100_000, False),
        ("never", 0, 100_000, False),
        ("above", 2000, 1999, False),
        ("above", 2000, 2000, False),
        ("above", 2000, 2001, True),
        ("above", 0, 1, True),
    ],
)
def test_the_pin_is_asked_as_the_terminals_policy_says(
    policy: str, above_cents: int | None, amount_cents: int, due: bool
) -> None:
    assert policy in PIN_POLICIES
    assert pin_is_due(policy, above_cents, amount_cents) is due


@pytest.mark.parametrize(("policy", "above_cents"), [("above", None), ("sometimes", 5), ("", None)])
def test_a_policy_that_cannot_be_read_is_a_defect_and_never_means_no_pin(
    policy: str, above_cents: int | None
) -> None:
    with pytest.raises(ValueError, match="policy"):
        pin_is_due(policy, above_cents, 100)


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2027, 8, 31), True),
        (date(2027, 9, 1), False),
    ],
)
def test_an_agreement_covers_its_first_day_and_not_its_end(day: date, in_force: bool) -> None:
    assert agreement_in_force(date(2026, 9, 1), date(2027, 9, 1), day) is in_force


def test_an_agreement_without_an_end_renews_itself() -> None:
    assert agreement_in_force(date(2023, 9, 1), None, date(2099, 1, 1))
    assert not agreement_in_force(date(2023, 9, 1), None, date(2023, 8, 31))
