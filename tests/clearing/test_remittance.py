"""The arithmetic of a remittance: what is owed, paid and carried, always to the cent.

The story's numbers are those of the finance notes (§8, fixture A).
"""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.remittance import DEBIT, REGULARISATION, Remittance, RemittanceLine

SPORT = "sport_culture_leisure"
TUTORING = "tutoring"
FIRST = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def debit(
    reference: str, amount_cents: int, *, wallet: str = SPORT, minutes: int = 0
) -> RemittanceLine:
    return RemittanceLine(
        reference=reference,
        accepted_at=FIRST + timedelta(minutes=minutes),
        outlet="Piscine des Calanques",
        terminal="Caisse 1",
        delegate=None,
        card_last4="7K2X",
        wallet=wallet,
        nature=DEBIT,
        amount_cents=amount_cents,
        origin_reference=None,
    )


def regularisation(reference: str, amount_cents: int, *, of: str) -> RemittanceLine:
    return RemittanceLine(
        reference=reference,
        accepted_at=FIRST,
        outlet="Piscine des Calanques",
        terminal="Caisse 1",
        delegate=None,
        card_last4="7K2X",
        wallet=SPORT,
        nature=REGULARISATION,
        amount_cents=amount_cents,
        origin_reference=of,
    )


def remittance(
    *lines: RemittanceLine, carried_in_cents: int = 0, re_presented_cents: int = 0
) -> Remittance:
    return Remittance(
        number="2026-00012",
        period_key="2026-11-A",
        starts_on=date(2026, 11, 1),
        last_day=date(2026, 11, 15),
        partner_name="Club Été & Sœurs n°1",
        partner_siret="73282932000074",
        partner_address="12 rue de la République, 13001 Marseille",
        holder_name="ASSOCIATION CLUB ETE",
        iban="FR7630004000031234567890143",
        lines=lines,
        carried_in_cents=carried_in_cents,
        re_presented_cents=re_presented_cents,
        seals=(),
        paid_on=None,
    )


def test_every_debit_is_reimbursed_in_full() -> None:
    run_1 = remittance(
        debit("D0000001", 1000), debit("D0000002", 1550), debit("D0000003", 2450, wallet=TUTORING)
    )
    assert run_1.gross_cents == 5000
    assert run_1.transfer_cents == 5000
    assert run_1.carried_out_cents == 0


def test_wallet_totals_count_and_sum_the_debits_of_each_wallet() -> None:
    run_1 = remittance(
        debit("D0000001", 1000), debit("D0000003", 2450, wallet=TUTORING), debit("D0000002", 1550)
    )
    assert run_1.wallet_totals() == {SPORT: (2, 2550), TUTORING: (1, 2450)}


def test_a_correction_is_no_part_of_a_wallet_total() -> None:
    run_2 = remittance(debit("D0000004", 500), regularisation("D0000005", -1550, of="D0000002"))
    assert run_2.wallet_totals() == {SPORT: (1, 500)}
    assert run_2.corrections_cents == -1550


def test_a_negative_net_pays_nothing_and_is_carried_over() -> None:
    run_2 = remittance(debit("D0000004", 500), regularisation("D0000005", -1550, of="D0000002"))
    assert run_2.net_cents == -1050
    assert run_2.transfer_cents == 0
    assert run_2.carried_out_cents == -1050


def test_what_was_carried_in_is_taken_from_the_next_transfer() -> None:
    run_3 = remittance(debit("D0000006", 3000), carried_in_cents=-1050)
    assert run_3.transfer_cents == 1950
    assert run_3.carried_out_cents == 0


def test_a_returned_transfer_is_owed_again_without_any_debit() -> None:
    run_4 = remittance(re_presented_cents=5000)
    assert run_4.gross_cents == 0
    assert run_4.transfer_cents == 5000


def test_a_net_of_exactly_zero_pays_nothing_and_carries_nothing() -> None:
    level = remittance(debit("D0000007", 1550), regularisation("D0000008", -1550, of="D0000007"))
    assert (level.transfer_cents, level.carried_out_cents) == (0, 0)


def test_lines_stand_oldest_first_and_a_tie_is_settled_by_reference() -> None:
    lines = remittance(
        debit("D0000003", 100, minutes=5), debit("D0000002", 100), debit("D0000001", 100)
    ).lines_of(SPORT)
    assert [line.reference for line in lines] == ["D0000001", "D0000002", "D0000003"]


@given(
    debits=st.lists(st.integers(1, 100_000), max_size=20),
    corrections=st.lists(st.integers(-100_000, 0), max_size=10),
    carried_in_cents=st.integers(-10_000_000, 0),
    re_presented_cents=st.integers(0, 10_000_000),
)
def test_what_comes_in_is_what_goes_out_for_any_remittance(
    debits: list[int], corrections: list[int], carried_in_cents: int, re_presented_cents: int
) -> None:
    any_remittance = remittance(
        *(debit(f"D{number:07}", cents) for number, cents in enumerate(debits)),
        *(
            regularisation(f"R{number:07}", cents, of="D")
            for number, cents in enumerate(corrections)
        ),
        carried_in_cents=carried_in_cents,
        re_presented_cents=re_presented_cents,
    )
    owed = sum(debits) + sum(corrections) + carried_in_cents + re_presented_cents
    assert any_remittance.transfer_cents + any_remittance.carried_out_cents == owed
    assert any_remittance.transfer_cents >= 0 >= any_remittance.carried_out_cents
    assert any_remittance.transfer_cents == 0 or any_remittance.carried_out_cents == 0
    totals = any_remittance.wallet_totals().values()
    assert sum(cents for _, cents in totals) == any_remittance.gross_cents


@pytest.mark.parametrize("amount_cents", [0, -1, 10.0, True])
def test_a_debit_that_is_not_a_positive_number_of_cents_is_our_defect(amount_cents: Any) -> None:
    with pytest.raises(AssertionError):
        debit("D0000001", amount_cents)


def test_a_regularisation_that_pays_is_our_defect() -> None:
    with pytest.raises(AssertionError):
        regularisation("D0000001", 1, of="D0000002")


def test_the_same_reference_twice_is_our_defect() -> None:
    with pytest.raises(AssertionError):
        remittance(debit("D0000001", 100), debit("D0000001", 100))


def test_a_whole_card_code_cannot_enter_a_line() -> None:
    with pytest.raises(AssertionError):
        RemittanceLine("D1", FIRST, "o", "t", None, "84G7ZWYRD6Z1VG", SPORT, DEBIT, 100, None)


def test_a_line_has_no_place_for_a_person_or_a_balance() -> None:
    known = {field.name for field in fields(RemittanceLine)}
    assert known == {
        "reference",
        "accepted_at",
        "outlet",
        "terminal",
        "delegate",
        "card_last4",
        "wallet",
        "nature",
        "amount_cents",
        "origin_reference",
    }
