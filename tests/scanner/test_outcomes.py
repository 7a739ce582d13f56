"""Words and facts of every outcome: « refusé » for a refusal alone, and the exact code."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from api_client.answers import Approved, Cancelled, Declined, NoAnswer, Problem, Unknown
from scanner.amounts import cents_in, euros
from scanner.commands.outcomes import Outcome, cancellation_line, outcome_facts, sale_line

ID = UUID("01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88")
AT = datetime(2026, 11, 22, 13, 32, tzinfo=UTC)
REVOKED = Problem(401, "terminal_revoked", "Revoked.")
APPROVED = Approved(
    ID, "D00004NZ", "tutoring", 1055, 4500, AT, date(2026, 11, 22), "7QXR", replayed=False
)
DECLINED = Declined("pin_wrong", False, "Code PIN faux.", "Recommencez.", {"tries_left": 2}, ID)
OUTCOMES: list[tuple[Outcome, str, str]] = [
    (APPROVED, "approved", "ACCEPTÉ"),
    (DECLINED, "declined", "REFUSÉ"),
    (Cancelled(ID, "D00004P0", None, AT), "cancelled", "ANNULÉ"),
    (Problem(403, "partner_suspended", "Suspendu."), "problem", "NON DÉBITÉ"),
    (NoAnswer("offline"), "no_answer", "Pas de réponse"),
    (Unknown("T7K2M9QXR", ID), "unknown", "INCONNU"),
    (Unknown("T7K2M9QXR", ID, REVOKED), "unknown", "INCONNU"),
]


@pytest.mark.parametrize(("outcome", "word", "first"), OUTCOMES)
def test_every_outcome_has_its_word(outcome: Outcome, word: str, first: str) -> None:
    assert outcome_facts(outcome)["outcome"] == word
    assert sale_line(outcome).startswith(first)


@pytest.mark.parametrize(("outcome", "word", "first"), OUTCOMES)
def test_only_a_refusal_is_called_one(outcome: Outcome, word: str, first: str) -> None:
    line = sale_line(outcome).lower()
    assert ("refus" in line) == (word == "declined")
    assert "invalide" not in line


def test_a_wallet_is_called_as_the_service_calls_it() -> None:
    assert ", Aide aux devoirs. " in sale_line(APPROVED, label="Aide aux devoirs")
    assert ", Soutien scolaire. " in sale_line(APPROVED)


def test_an_unknown_outcome_names_the_reference_and_the_assistance() -> None:
    line = sale_line(Unknown("T7K2M9QXR", ID))
    assert "T7K2M9QXR" in line and "04 86 68 80 07" in line
    assert outcome_facts(Unknown("T7K2M9QXR", ID))["local_reference"] == "T7K2M9QXR"


def test_a_refusal_carries_its_code_and_its_facts() -> None:
    facts = outcome_facts(DECLINED)
    assert (facts["code"], facts["tries_left"], facts["final"]) == ("pin_wrong", 2, False)


def test_a_cancellation_tells_what_became_of_the_debit() -> None:
    assert "recréditée" in cancellation_line(Cancelled(ID, "D00004P0", 4500, AT))
    assert "n’arrivera plus" in cancellation_line(Cancelled(ID, None, None, AT))
    assert cancellation_line(DECLINED).startswith("NON ANNULÉ")
    assert cancellation_line(Unknown("T7K2M9QXR", ID)).startswith("INCONNU")
    assert cancellation_line(Unknown("T7K2M9QXR", ID, REVOKED)).startswith("NON ANNULÉ")


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("10,55", 1055), ("10.5", 1050), ("10", 1000), ("0,01", 1), (" 1 234,5 € ", 123450),
        ("10,55\u00a0€", 1055), ("", None), ("0", None), ("0,00", None), ("-1", None),
        ("10,555", None), ("1,2,3", None), ("١٠", None), ("1e3", None), ("10 euros", None),
    ],
)  # fmt: skip
def test_euros_are_read_as_people_write_them(text: str, cents: int | None) -> None:
    assert cents_in(text) == cents


def test_euros_are_written_with_no_break_spaces() -> None:
    assert [euros(cents) for cents in (1055, 5, 123456789, -50)] == [
        "10,55\u00a0€",
        "0,05\u00a0€",
        "1\u00a0234\u00a0567,89\u00a0€",
        "-0,50\u00a0€",
    ]
