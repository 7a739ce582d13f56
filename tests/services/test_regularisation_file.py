"""A partner's question answered with no, at the same time as somebody else gives back (C62)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import psycopg
import pyotp
import pytest
from sqlalchemy import Connection, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.desk_waiting import waiting_at_desk
from cardservice.db.queries.member_home import Movement, movements_of
from cardservice.db.queries.regularisation_files import count_of_files, files_of
from cardservice.db.queries.regularisation_inbox import case_of, cases_by_state, files_about
from cardservice.db.queries.transactions import Scope
from cardservice.domain.refusal import Refused
from cardservice.services.dispute_debit import Disputed, dispute_debit
from cardservice.services.erase_person import Erased, Whom, erase_person
from cardservice.services.open_regularisation import file_of
from cardservice.services.refuse_regularisation_file import refuse_regularisation_file
from cardservice.services.regularise import (
    Correction,
    Regularisation,
    ask_regularisation,
    decide_regularisation,
)
from cardservice.services.tell_file_answered import tell_file_answered
from cardservice.wiring import Office
from tests import makers
from tests.clearing.story import Fortnight, make_fortnight
from tests.conftest import Clock
from tests.ledger import straight
from tests.portals.desk.inbox import LATER, open_file, reference_of
from tests.portals.people import staff

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


def _mails(story: Fortnight) -> list[tuple[str, bool]]:
    rows = story.rows(
        "SELECT kind, facts->'granted' AS granted FROM waiting_mail"
        " WHERE kind IN ('regularisation_answered', 'youth_dispute_answered') ORDER BY mail_id"
    )
    return [(one.kind, one.granted) for one in rows]


def test_whoever_asked_is_told_of_the_answer_and_not_of_its_words(
    asked: tuple[Fortnight, str, int],
) -> None:
    story, reference, file_id = asked
    _a_member(story, _the_holder_asks_too(story))
    assert refuse(story, file_id) == file_id
    assert _mails(story) == [("regularisation_answered", False)]
    [mail] = story.rows(
        "SELECT recipient, facts FROM waiting_mail WHERE kind = 'regularisation_answered'"
    )
    assert REASON not in str(mail.facts) and mail.facts["reference"] == reference
    [asker] = story.rows(
        "SELECT k.email FROM regularisation_file JOIN delegate d ON d.delegate_id = opened_by"
        " JOIN credential k USING (credential_id)"
    )
    assert mail.recipient == asker.email
    [(holders,)] = story.rows("SELECT file_id FROM regularisation_file WHERE opened_by IS NULL")
    assert refuse(story, holders) == holders
    assert _mails(story)[1:] == [("youth_dispute_answered", False)]


@pytest.mark.parametrize(
    ("state", "ends_before", "reader"),
    [
        ("active", None, "accountant"),
        ("active", "2026-12-17", "lead"),
        ("suspended", None, "lead"),
    ],
)
def test_the_delegate_who_asked_reads_it_or_the_lead_when_that_one_is_gone(
    asked: tuple[Fortnight, str, int], state: str, ends_before: str | None, reader: str
) -> None:
    story, _, file_id = asked
    team = staff(story.office, story.partners[0], story.partners[0].outlet_id)
    story.meddle(
        "UPDATE regularisation_file SET opened_by = %s", team.people["accountant"].delegate_id
    )
    story.meddle(
        "UPDATE delegate SET state = %s, ends_before = %s WHERE delegate_id = %s",
        state,
        ends_before,
        team.people["accountant"].delegate_id,
    )
    assert refuse(story, file_id) == file_id
    [mail] = story.rows("SELECT recipient FROM waiting_mail WHERE kind = 'regularisation_answered'")
    assert mail.recipient == team.people[reader].email


def test_an_erasure_that_comes_between_leaves_no_mail_behind(
    asked: tuple[Fortnight, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _, _ = asked
    holder = _the_holder_asks_too(story)
    _a_member(story, holder)
    [(file_id,)] = story.rows("SELECT file_id FROM regularisation_file WHERE opened_by IS NULL")
    with ThreadPoolExecutor(1) as hands:
        erasing: list[Future[Erased | Refused]] = []

        def tell(connection: Connection, file_ids: Sequence[int]) -> None:
            erasing.append(
                hands.submit(
                    erase_person,
                    story.office.engine,
                    story.office.keys,
                    Whom(beneficiary_id=holder),
                    actor="test",
                    forget_mail=lambda _addresses: None,
                )
            )
            _until_one_waits(story)
            tell_file_answered(connection, file_ids)

        monkeypatch.setattr(
            "cardservice.services.refuse_regularisation_file.tell_file_answered", tell
        )
        assert refuse(story, file_id) == file_id
    assert isinstance(erasing[0].result(), Erased)
    assert story.rows("SELECT FROM waiting_mail WHERE recipient = 'youth@mail.example'") == []


def _until_one_waits(story: Fortnight) -> None:
    for _ in range(500):
        [(waiting,)] = story.rows(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        if waiting:
            return
        Event().wait(0.01)
    raise AssertionError("nobody waits")


def _a_member(story: Fortnight, holder: int) -> None:
    with unit_of_work(story.office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO member (email, password_hash, password_chosen_at, first_name,"
                " last_name, birth_date, beneficiary_id, linked_at, created_at)"
                " SELECT 'youth@mail.example', 'none', at, 'A', 'B', '2009-01-01', :holder, at, at"
                " FROM ledger_now() AS at"
            ),
            {"holder": holder},
        )


def _the_holder_asks_too(story: Fortnight) -> int:
    [(debit_id, holder)] = story.rows(
        "SELECT operation_id, beneficiary_id FROM operation WHERE kind = 'debit'"
    )
    done = dispute_debit(
        story.office.engine, beneficiary_id=holder, operation_id=debit_id, actor="member:1"
    )
    assert isinstance(done, Disputed) and done.is_new and done.is_paused
    return int(holder)


def _movement(story: Fortnight, holder: int) -> Movement:
    with unit_of_work(story.office.engine) as connection:
        return next(one for one in movements_of(connection, holder) if one.kind == "debit")


def _states(story: Fortnight) -> dict[str, str]:
    rows = story.rows("SELECT opened_by IS NULL AS holders, state FROM regularisation_file")
    return {"holder" if one.holders else "partner": one.state for one in rows}


def test_each_side_is_answered_in_words_of_its_own(asked: tuple[Fortnight, str, int]) -> None:
    story, reference, file_id = asked
    holder = _the_holder_asks_too(story)
    with unit_of_work(story.office.engine) as connection:
        case = case_of(connection, reference)
        assert case is not None
        partners, holders = files_about(connection, case.debit_id)
    # The partner's figures stay readable beside what the youth says.
    assert (case.asked_by, case.right_amount_cents) == ("partner", 1000)
    assert (partners.file_id, holders.reason) == (file_id, "not_me")
    assert refuse(story, file_id) == file_id
    assert _states(story) == {"partner": "refused", "holder": "open"}
    assert _movement(story, holder).dispute_answer is None
    assert refuse(story, holders.file_id) == holders.file_id
    told = _movement(story, holder)
    assert (told.dispute, told.dispute_answer, told.state) == ("refused", REASON, "paid")


def test_a_part_given_back_grants_the_partner_and_leaves_the_youths_question(
    asked: tuple[Fortnight, str, int],
) -> None:
    story, reference, _ = asked
    holder = _the_holder_asks_too(story)
    agent = makers.make_agent(story.office, "hotline")
    part = Correction(reference, 5000, "mistake", "")
    given = ask_regularisation(story.office.engine, part, by=agent.email)
    assert not isinstance(given, Refused), given
    assert _states(story) == {"partner": "granted", "holder": "open"}
    told = _movement(story, holder)
    assert (told.dispute, told.state) == ("open", "partly_given_back")


def test_all_given_back_grants_both(asked: tuple[Fortnight, str, int]) -> None:
    story, reference, _ = asked
    holder = _the_holder_asks_too(story)
    first, second = (makers.make_agent(story.office, "hotline") for _ in range(2))
    whole = Correction(reference, 9000, "mistake", "")
    waiting = ask_regularisation(story.office.engine, whole, by=first.email)
    assert isinstance(waiting, Regularisation)
    decided = decide_regularisation(
        story.office.engine,
        story.office.keys,
        waiting.regularisation_id,
        by=second.email,
        totp=pyotp.TOTP(second.totp_secret).now(),
        is_agreed=True,
    )
    assert not isinstance(decided, Refused), decided
    assert _states(story) == {"partner": "granted", "holder": "granted"}
    assert _mails(story) == [("regularisation_answered", True)], "the holder is no member"
    told = _movement(story, holder)
    assert (told.dispute, told.state) == ("granted", "given_back")


def test_a_no_to_the_partners_correction_is_no_answer_to_the_youth(
    asked: tuple[Fortnight, str, int],
) -> None:
    story, reference, _ = asked
    first, second = (makers.make_agent(story.office, "hotline") for _ in range(2))
    wanted = Correction(reference, 8000, "wrong_amount", "")
    waiting = ask_regularisation(story.office.engine, wanted, by=first.email)
    assert isinstance(waiting, Regularisation)
    holder = _the_holder_asks_too(story)
    decide_regularisation(
        story.office.engine,
        story.office.keys,
        waiting.regularisation_id,
        by=second.email,
        totp=pyotp.TOTP(second.totp_secret).now(),
        is_agreed=False,
    )
    assert _states(story) == {"partner": "refused", "holder": "open"}
    assert _movement(story, holder).dispute == "open"


def test_a_disputed_debit_that_its_partner_cancels_has_its_answer(office: Office) -> None:
    story = make_fortnight(office)
    call = story.call(700)
    with psycopg.connect(office.database_url, autocommit=True) as db:
        straight.debit(db, call)
    holder = _the_holder_asks_too(story)
    with psycopg.connect(office.database_url, autocommit=True) as db:
        assert straight.cancel(db, call).outcome == "cancelled"
    told = _movement(story, holder)
    assert (told.dispute, told.state) == ("granted", "cancelled")
    with unit_of_work(office.engine) as connection:
        assert waiting_at_desk(connection).open_files == 0
        assert cases_by_state(connection)["open"] == 0


def test_the_partner_does_not_read_what_the_youth_says(asked: tuple[Fortnight, str, int]) -> None:
    story, _, _ = asked
    _the_holder_asks_too(story)
    partner_id = story.partners[0].partner_id
    with unit_of_work(story.office.engine) as connection:
        scope = Scope(partner_id)
        [file] = files_of(connection, scope, limit=10, offset=0)
        assert (file.reason, count_of_files(connection, scope)) == ("wrong_amount", 1)
        told = file_of(connection, partner_id=partner_id, operation_id=file.operation_id)
    assert told is not None and told.reason == "wrong_amount"
