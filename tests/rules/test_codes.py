"""The catalogue of refusals is a contract: names, order, numbers, finality."""

import pytest

from cardservice.domain import codes

# name, number, final: as published in the terminal API. Numbers are in stored hashes.
PUBLISHED_DECLINES = [
    ("operation_cancelled", 1, True),
    ("identification_expired", 2, False),
    ("card_unknown", 3, False),
    ("card_not_activated", 4, False),
    ("card_blocked", 5, True),
    ("card_paused", 6, False),
    ("screen_code_expired", 7, False),
    ("card_replaced", 8, True),
    ("card_obsolete", 9, True),
    ("school_year_not_started", 10, True),
    ("school_year_over", 11, True),
    ("holder_has_no_wallets", 12, True),
    ("agreement_not_in_force", 13, True),
    ("wallet_not_accepted", 14, True),
    ("identity_not_checked", 15, False),
    ("amount_above_terminal_limit", 16, False),
    ("insufficient_balance", 17, False),
    ("pin_blocked", 18, False),
    ("pin_required", 19, False),
    ("pin_wrong", 20, False),
]
PUBLISHED_CANCELLATION_DECLINES = [
    ("cancellation_day_over", 31, True),
    ("debit_was_declined", 32, True),
]


def as_published(names: tuple[str, ...]) -> list[tuple[str, int, bool]]:
    return [(name, codes.by_name[name].number, codes.by_name[name].final) for name in names]


def test_declines_stand_in_the_published_order_with_their_numbers() -> None:
    assert as_published(codes.DECLINE_ORDER) == PUBLISHED_DECLINES


def test_cancellations_have_two_declines_of_their_own() -> None:
    assert as_published(codes.CANCELLATION_DECLINES) == PUBLISHED_CANCELLATION_DECLINES


def test_every_problem_of_the_terminal_api_has_a_code() -> None:
    assert set(codes.PROBLEMS) == {
        "terminal_unknown",
        "too_many_tickets",
        "terminal_revoked",
        "partner_suspended",
        "activation_unknown",
        "operation_unknown",
        "operation_id_reused",
        "day_not_closed",
        "malformed_request",
        "request_too_large",
        "too_many_lookups",
        "unavailable",
        "internal_error",
        "not_found",
        "method_not_allowed",
    }


def test_the_rules_refuse_with_codes_of_the_catalogue() -> None:
    assert {
        "pin_too_simple",
        "pin_is_birth_date",
        "lives_elsewhere",
        "too_young",
        "too_old",
        "not_schooled_here",
    } <= set(codes.VERB_REFUSALS)


def test_the_index_holds_every_code_once_under_its_own_name() -> None:
    listed = (
        codes.DECLINE_ORDER
        + codes.CANCELLATION_DECLINES
        + codes.PROBLEMS
        + codes.VERB_REFUSALS
        + codes.PORTAL_REFUSALS
        + codes.YOUTH_REFUSALS
    )
    assert sorted(listed) == sorted(codes.by_name)
    assert all(name == code.name for name, code in codes.by_name.items())


def test_no_two_codes_share_a_number_and_all_fit_the_hash() -> None:
    numbers = [code.number for code in codes.by_name.values()]
    assert len(set(numbers)) == len(numbers)
    # Zero means "no code" in the hash, where the number is an int2.
    assert all(0 < number < 2**15 for number in numbers)


def test_every_code_says_what_it_is_for() -> None:
    assert [code.name for code in codes.by_name.values() if len(code.since) < 10] == []


def test_a_code_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(AttributeError):
        codes.by_name["card_blocked"].number = 7  # type: ignore[misc]
