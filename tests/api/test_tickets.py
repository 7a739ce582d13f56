"""A ticket by mail: of an approved debit of today, to whom the holder says, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.money import format_euros
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import Stranger
from tests.conftest import A_MORNING, Clock

ADDRESS = "ines@example.org"


@pytest.fixture
def till(office: Office, stranger: Callable[..., Stranger]) -> Stranger:
    return stranger(makers.make_terminal(office))


def sold(office: Office, till: Stranger) -> str:
    """The operation id of a sale of 10 €."""
    ticket = till.identify(makers.make_card(office).code)
    operation_id = str(uuid4())
    assert till.debit_answer(ticket, operation_id=operation_id).status_code == 201
    return operation_id


def ask(till: Stranger, operation_id: str, **body: object) -> httpx.Response:
    return till.http.post(f"/debits/{operation_id}/ticket", json={"email": ADDRESS} | body)


def letters(office: Office) -> list[tuple[str, str, dict[str, object]]]:
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(text("SELECT recipient, kind, facts FROM waiting_mail")).all()
    return [(row.recipient, row.kind, row.facts) for row in rows if row.kind == "ticket"]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_ticket_is_written_to_the_address_that_was_given(office: Office, till: Stranger) -> None:
    operation_id = sold(office, till)
    answer = ask(till, operation_id)
    assert (answer.status_code, answer.json()) == (202, {"sent": True})
    [(recipient, _, facts)] = letters(office)
    assert recipient == ADDRESS
    assert (facts["act"], facts["amount"], facts["balance"]) == (
        "debit",
        format_euros(1000),
        format_euros(9000),
    )


def test_after_a_cancellation_the_ticket_says_so(office: Office, till: Stranger) -> None:
    operation_id = sold(office, till)
    till.http.put(f"/debits/{operation_id}/cancellation", json={})
    ask(till, operation_id)
    [(_, _, facts)] = letters(office)
    assert (facts["act"], facts["balance"]) == ("cancellation", format_euros(10_000))
    assert facts["reference"] != facts["debit_reference"]


def test_nothing_in_a_ticket_names_its_holder(office: Office, till: Stranger) -> None:
    ask(till, sold(office, till))
    [(_, _, facts)] = letters(office)
    with unit_of_work(office.engine) as connection:
        holder = connection.execute(text("SELECT first_name, last_name FROM beneficiary")).one()
    said = " ".join(str(value) for value in facts.values())
    assert holder.first_name not in said
    assert holder.last_name not in said


def test_only_what_was_approved_today_by_this_partner_has_a_ticket(
    office: Office, till: Stranger, stranger: Callable[..., Stranger], clock: Clock
) -> None:
    unknown = (404, "operation_unknown")
    assert code_of(ask(till, str(uuid4()))) == unknown
    refused = str(uuid4())
    ticket = till.identify(makers.make_card(office).code)
    till.debit_answer(ticket, 99_900, operation_id=refused)
    assert code_of(ask(till, refused)) == unknown
    operation_id = sold(office, till)
    assert code_of(ask(stranger(makers.make_terminal(office)), operation_id)) == unknown
    clock.set(A_MORNING + timedelta(days=1))
    assert code_of(ask(till, operation_id)) == unknown
    assert letters(office) == []


@pytest.mark.parametrize(
    "body",
    [{"email": "nobody"}, {"email": ""}, {"email": 7}, {"email": "a@b.fr\nBcc: c@d.fr"}, {"x": 1}],
)
def test_an_address_that_is_none_is_malformed(
    office: Office, till: Stranger, body: dict[str, object]
) -> None:
    assert code_of(ask(till, sold(office, till), **body)) == (422, "malformed_request")
    assert letters(office) == []


def test_a_debit_has_three_tickets_and_then_waits(office: Office, till: Stranger) -> None:
    operation_id = sold(office, till)
    assert [ask(till, operation_id).status_code for _ in range(3)] == [202, 202, 202]
    answer = ask(till, operation_id)
    assert code_of(answer) == (429, "too_many_tickets")
    assert int(answer.headers["retry-after"]) > 0
    assert len(letters(office)) == 3


def test_a_terminal_is_no_machine_for_sending_mail(office: Office, till: Stranger) -> None:
    ids = [sold(office, till) for _ in range(7)]
    answers = [ask(till, operation_id) for operation_id in ids for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
