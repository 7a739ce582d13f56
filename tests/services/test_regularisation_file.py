"""A partner's question answered with no, at the same time as somebody else gives back (C62)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.open_regularisation import file_of
from cardservice.services.refuse_regularisation_file import refuse_regularisation_file
from cardservice.services.regularise import Correction, ask_regularisation
from cardservice.wiring import Office
from tests import makers
from tests.clearing.story import Fortnight, make_fortnight
from tests.conftest import Clock
from tests.portals.desk.inbox import LATER, open_file, reference_of

REASON = "Le tarif affiché en caisse était le bon"


@pytest.fixture
def asked(office: Office) -> tuple[Fortnight, str, int]:
    """A partner asks about a debit of 90,00: its reference, and the question's number."""
    story = make_fortnight(office)
    debit = story.sell(9000)
    Clock(office).set(LATER)
    open_file(story, debit, right_cents=1000)
    [file] = story.rows("SELECT file_id FROM regularisation_file")
    return story, reference_of(debit), file.file_id


def refuse(story: Fortnight, file_id: int, *, role: str = "hotline") -> int | Refused:
    agent = makers.make_agent(story.office, role)
    return refuse_regularisation_file(story.office.engine, file_id, by=agent.email, reason=REASON)


def test_it_is_answered_once_and_in_the_journal(asked: tuple[Fortnight, str, int]) -> None:
    story, _, file_id = asked
    assert refuse(story, file_id, role="moderator") == Refused("agent_may_not")
    assert refuse(story, 4711) == Refused("regularisation_file_unknown")
    assert refuse(story, file_id) == file_id
    assert refuse(story, file_id) == Refused("regularisation_file_answered")
    with unit_of_work(story.office.engine) as connection:
        noted = connection.execute(
            text("SELECT partner_id FROM journal WHERE action = 'regularisation.answer'")
        ).scalars()
        assert list(noted) == [story.partners[0].partner_id], "the partner reads it too"
        [(debit_id,)] = story.rows("SELECT operation_id FROM regularisation_file")
        told = file_of(connection, partner_id=story.partners[0].partner_id, operation_id=debit_id)
    assert told is not None and (told.state, told.refusal_reason) == ("refused", REASON)


def test_while_a_second_agent_is_to_decide_nobody_answers_over_their_head(
    asked: tuple[Fortnight, str, int],
) -> None:
    story, reference, file_id = asked
    agent = makers.make_agent(story.office, "hotline")
    wanted = Correction(reference, 8000, "wrong_amount", "")
    waiting = ask_regularisation(story.office.engine, wanted, by=agent.email)
    assert not isinstance(waiting, Refused) and waiting.state == "waiting"
    assert refuse(story, file_id) == Refused("regularisation_file_answered")


def test_of_two_who_answer_at_once_one_does(asked: tuple[Fortnight, str, int]) -> None:
    story, _, file_id = asked
    agents = [makers.make_agent(story.office, "hotline") for _ in range(6)]
    with ThreadPoolExecutor(6) as hands:
        answers = list(
            hands.map(
                lambda one: refuse_regularisation_file(
                    story.office.engine, file_id, by=one.email, reason=REASON
                ),
                agents,
            )
        )
    assert answers.count(file_id) == 1
    assert answers.count(Refused("regularisation_file_answered")) == 5
