"""Regularisation files: for a debit of a past day, one per debit, the hotline decides (C62)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.regularisation_files import count_of_files, files_of
from cardservice.db.queries.transactions import Scope
from cardservice.domain.refusal import Refused
from cardservice.services.open_regularisation import (
    RegularisationAsked,
    RegularisationFile,
    open_regularisation,
)
from cardservice.wiring import Office
from tests.conftest import A_MORNING, Clock
from tests.services.street_of_delegates import Street, make_street
from tests.services.test_cancel_from_portal import _cancel


@pytest.fixture
def street(office: Office) -> Street:
    Clock(office).set(A_MORNING - timedelta(days=1))
    return make_street(office)


def _ask(
    street: Street, debit: UUID, *, at: int = 0, **members: Any
) -> RegularisationFile | Refused | None:
    asked: dict[str, Any] = {
        "reason": "wrong_amount",
        "right_amount_cents": 400,
        "explanation": "Tarif réduit oublié.",
    }
    return open_regularisation(
        street.office.engine,
        street.acting("cashier", at),
        Scope(street.teams[at].partner.partner_id),
        asked=RegularisationAsked(debit, **(asked | members)),
    )


def _on_the_next_day(street: Street) -> None:
    Clock(street.office).set(A_MORNING)


def test_a_debit_of_yesterday_gets_a_file_that_the_journal_tells_of(street: Street) -> None:
    debit = street.sell(1055)
    _on_the_next_day(street)
    file = _ask(street, debit)
    assert isinstance(file, RegularisationFile) and file.is_new
    assert (file.state, file.right_amount_cents) == ("open", 400)
    assert street.count("SELECT count(*) FROM journal WHERE action = 'regularisation.open'") == 1
    with unit_of_work(street.office.engine) as connection:
        (listed,) = files_of(
            connection, Scope(street.teams[0].partner.partner_id), limit=5, offset=0
        )
    assert (listed.operation_id, listed.amount_cents) == (debit, 1055)


def test_asking_twice_or_from_eight_screens_finds_the_file_that_is_there(street: Street) -> None:
    debit = street.sell(1055)
    _on_the_next_day(street)
    with ThreadPoolExecutor(8) as screens:
        files = list(screens.map(lambda n: _ask(street, debit, right_amount_cents=n), range(8)))
    again = _ask(street, debit, right_amount_cents=999, reason="other")
    found = [file for file in [*files, again] if isinstance(file, RegularisationFile)]
    assert len(found) == 9 and len({file.file_id for file in found}) == 1
    assert sum(file.is_new for file in found) == 1
    assert len({file.right_amount_cents for file in found}) == 1
    assert street.count("SELECT count(*) FROM journal WHERE action = 'regularisation.open'") == 1


def test_todays_debit_is_cancelled_and_not_corrected(street: Street) -> None:
    assert _ask(street, street.sell(1055)) == Refused("debit_still_cancellable")


def test_a_refused_or_cancelled_debit_has_nothing_to_correct(street: Street) -> None:
    refused, cancelled = street.sell(500, refused="wallet_not_accepted"), street.sell(600)
    assert _cancel(street, cancelled) is not None
    _on_the_next_day(street)
    assert _ask(street, refused) == Refused("debit_not_correctable")
    assert _ask(street, cancelled) == Refused("debit_not_correctable")


@pytest.mark.parametrize("right_amount_cents", [1055, 1056, -1])
def test_the_right_amount_is_lower_than_the_debit(street: Street, right_amount_cents: int) -> None:
    debit = street.sell(1055)
    _on_the_next_day(street)
    refused = _ask(street, debit, right_amount_cents=right_amount_cents)
    assert refused == Refused("right_amount_not_lower", {"amount_cents": 1055})
    assert isinstance(_ask(street, debit, right_amount_cents=1054), RegularisationFile)


def test_an_explanation_has_five_hundred_characters_at_most(street: Street) -> None:
    debit = street.sell(1055)
    _on_the_next_day(street)
    assert _ask(street, debit, explanation="é" * 501) == Refused("explanation_too_long")
    assert isinstance(_ask(street, debit, explanation="é" * 500), RegularisationFile)


def test_a_foreign_debit_is_not_there(street: Street) -> None:
    theirs = street.sell(900, at=1)
    _on_the_next_day(street)
    assert _ask(street, theirs) is None
    assert _ask(street, uuid4()) is None
    with unit_of_work(street.office.engine) as connection:
        assert count_of_files(connection, Scope(street.teams[1].partner.partner_id)) == 0
