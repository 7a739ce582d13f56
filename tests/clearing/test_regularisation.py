"""After its day a debit is corrected by the hotline: at most what is left, never twice (C62)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pyotp
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import operation_reference
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.ledger.proofs import prove
from cardservice.services.add_agent import AgentWithSecrets
from cardservice.services.lapse_wallets import lapse_wallets
from cardservice.services.regularise import (
    Correction,
    Regularisation,
    ask_regularisation,
    decide_regularisation,
    reverse_regularisation,
)
from clearing.day_close import close_days
from tests import makers
from tests.clearing.story import AFTER, LAST_DAY, NEXT_AFTER, NEXT_LAST_DAY, NEXT_PERIOD, Fortnight
from tests.conftest import Clock

TOMORROW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def hotline(fortnight: Fortnight) -> AgentWithSecrets:
    return makers.make_agent(fortnight.office, "hotline")


@pytest.fixture
def second(fortnight: Fortnight) -> AgentWithSecrets:
    return makers.make_agent(fortnight.office, "hotline")


def reference(debit: DebitAnswer) -> str:
    assert debit.operation_no is not None
    return operation_reference(debit.operation_no)


def ask(
    fortnight: Fortnight,
    debit: DebitAnswer,
    cents: int,
    *,
    by: AgentWithSecrets,
    is_another: bool = False,
) -> Regularisation | Refused:
    return ask_regularisation(
        fortnight.office.engine,
        Correction(reference(debit), cents, "wrong_amount", "Appel du 23, ticket reçu"),
        by=by.email,
        is_another=is_another,
    )


def given(answer: Regularisation | Refused) -> int:
    assert isinstance(answer, Regularisation), answer
    return answer.regularisation_id


def code_of(fortnight: Fortnight, agent: AgentWithSecrets) -> str:
    """The agent's code of this moment; a used one is forgotten, as half a minute would do."""
    fortnight.meddle("UPDATE agent SET totp_last_step = 0 WHERE agent_id = %s", agent.agent_id)
    return pyotp.TOTP(agent.totp_secret).now()


def decide(
    fortnight: Fortnight, number: int, *, by: AgentWithSecrets, is_agreed: bool = True
) -> Regularisation | Refused:
    return decide_regularisation(
        fortnight.office.engine,
        fortnight.office.keys,
        number,
        by=by.email,
        totp=code_of(fortnight, by),
        is_agreed=is_agreed,
    )


def reverse(fortnight: Fortnight, number: int, *, by: AgentWithSecrets) -> Regularisation | Refused:
    return reverse_regularisation(
        fortnight.office.engine,
        fortnight.office.keys,
        number,
        by=by.email,
        totp=code_of(fortnight, by),
    )


def balance(fortnight: Fortnight) -> int:
    [row] = fortnight.rows(
        "SELECT balance_cents FROM wallet WHERE wallet = 'sport_culture_leisure'"
    )
    return int(row.balance_cents)


def owed(fortnight: Fortnight) -> int:
    """What the ledger says that partners are owed."""
    [row] = fortnight.rows(
        "SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM ledger_entry"
        " WHERE account = 'partner_payable'"
    )
    return int(row.cents)


def holds(fortnight: Fortnight) -> None:
    proof = prove(fortnight.office.engine)
    assert proof.ok, proof.first_difference


def sold_yesterday(fortnight: Fortnight, cents: int) -> DebitAnswer:
    debit = fortnight.sell(cents)
    Clock(fortnight.office).set(TOMORROW)
    return debit


def test_what_is_given_back_is_in_the_wallet_again_and_no_longer_owed(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    answer = ask(fortnight, debit, 1000, by=hotline)
    assert isinstance(answer, Regularisation) and answer.state == "booked"
    assert (balance(fortnight), owed(fortnight)) == (8000, 2000)
    holds(fortnight)


def test_never_more_than_what_is_left_of_the_debit(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    ask(fortnight, debit, 2000, by=hotline)
    assert ask(fortnight, debit, 1001, by=hotline) == Refused("regularisation_too_much")
    given(ask(fortnight, debit, 1000, by=hotline))
    assert ask(fortnight, debit, 1, by=hotline) == Refused("regularisation_too_much")
    assert (balance(fortnight), owed(fortnight)) == (10_000, 0)
    assert len(fortnight.rows("SELECT * FROM regularisation")) == 2, "a refusal leaves no row"
    holds(fortnight)


def test_agents_who_correct_one_debit_at_once_give_back_what_is_left_and_no_more(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    with ThreadPoolExecutor(8) as hands:
        answers = list(
            hands.map(lambda _: ask(fortnight, debit, 1000, by=hotline, is_another=True), range(8))
        )
    assert sum(isinstance(answer, Regularisation) for answer in answers) == 3
    assert answers.count(Refused("regularisation_too_much")) == 5
    assert (balance(fortnight), owed(fortnight)) == (10_000, 0)
    holds(fortnight)


def test_on_its_own_day_a_debit_is_cancelled_and_not_corrected(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = fortnight.sell(3000)
    assert ask(fortnight, debit, 1000, by=hotline) == Refused("debit_still_cancellable")
    assert ask(fortnight, fortnight.sell(6000), 5500, by=hotline) == Refused(
        "debit_still_cancellable"
    )


def test_what_was_cancelled_has_nothing_to_correct(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    fortnight.sell_and_undo(3000)
    [row] = fortnight.rows("SELECT operation_no FROM operation WHERE kind = 'debit'")
    Clock(fortnight.office).set(TOMORROW)
    wanted = Correction(operation_reference(row.operation_no), 1000, "mistake", "")
    engine = fortnight.office.engine
    assert ask_regularisation(engine, wanted, by=hotline.email) == Refused("debit_not_correctable")


def test_only_the_hotline_corrects_and_only_what_it_can_name(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    assert ask(fortnight, debit, 1000, by=fortnight.preparer) == Refused("agent_may_not")
    engine = fortnight.office.engine
    wanted = Correction("D0000000", 1000, "mistake", "")
    assert ask_regularisation(engine, wanted, by=hotline.email) == Refused("debit_unknown")
    assert decide(fortnight, 4711, by=hotline) == Refused("regularisation_unknown")
    assert reverse(fortnight, 4711, by=hotline) == Refused("regularisation_unknown")


def test_above_fifty_euros_a_second_agent_decides(
    fortnight: Fortnight, hotline: AgentWithSecrets, second: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 6000)
    answer = ask(fortnight, debit, 5001, by=hotline)
    assert isinstance(answer, Regularisation) and answer.state == "waiting"
    assert balance(fortnight) == 4000
    number = answer.regularisation_id
    alone = Refused("regularisation_needs_second_agent")
    assert decide(fortnight, number, by=hotline) == alone
    assert given(decide(fortnight, number, by=second)) == number
    assert balance(fortnight) == 9001
    assert decide(fortnight, number, by=second, is_agreed=False) == Refused(
        "regularisation_decided"
    )
    holds(fortnight)


def test_fifty_euros_in_two_halves_are_still_fifty_euros(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 10_000)
    first = ask(fortnight, debit, 5000, by=hotline)
    rest = ask(fortnight, debit, 5000, by=hotline, is_another=True)
    assert isinstance(first, Regularisation) and first.state == "booked"
    assert isinstance(rest, Regularisation) and rest.state == "waiting"
    assert balance(fortnight) == 5000


def test_the_same_wish_said_twice_is_one_wish(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    first = ask(fortnight, debit, 1000, by=hotline)
    assert ask(fortnight, debit, 1000, by=hotline) == first
    assert balance(fortnight) == 8000
    assert ask(fortnight, debit, 1000, by=hotline, is_another=True) != first
    assert balance(fortnight) == 9000


def test_eight_who_have_the_same_wish_at_once_have_one(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    with ThreadPoolExecutor(8) as hands:
        answers = set(hands.map(lambda _: ask(fortnight, debit, 1000, by=hotline), range(8)))
    assert len(answers) == 1
    assert balance(fortnight) == 8000


def test_who_decides_proves_who_it_is(fortnight: Fortnight, hotline: AgentWithSecrets) -> None:
    office, debit = fortnight.office, sold_yesterday(fortnight, 6000)
    number = given(ask(fortnight, debit, 6000, by=hotline))
    second = makers.make_agent(office, "hotline")
    assert decide_regularisation(
        office.engine, office.keys, number, by=second.email, totp="000000", is_agreed=True
    ) == Refused("totp_wrong")
    assert reverse_regularisation(
        office.engine, office.keys, number, by=second.email, totp="000000"
    ) == Refused("totp_wrong")
    assert balance(fortnight) == 4000


def test_what_was_spent_before_the_lapse_is_not_owed_again_after_it(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    number = given(ask(fortnight, debit, 3000, by=hotline))
    fortnight.sell(10_000)
    assert reverse(fortnight, number, by=hotline) == Refused("regularisation_spent")
    Clock(fortnight.office).set(datetime(2027, 9, 1, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, datetime(2027, 8, 31, tzinfo=UTC).date())
    lapse_wallets(fortnight.office.engine)
    assert reverse(fortnight, number, by=hotline) == Refused("regularisation_spent")
    assert owed(fortnight) == 10_000
    holds(fortnight)


def test_what_lapsed_can_be_taken_back_as_far_as_it_lapsed(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    number = given(ask(fortnight, debit, 3000, by=hotline))
    fortnight.sell(6000)
    Clock(fortnight.office).set(datetime(2027, 9, 1, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, datetime(2027, 8, 31, tzinfo=UTC).date())
    lapse_wallets(fortnight.office.engine)
    given(reverse(fortnight, number, by=hotline))
    assert owed(fortnight) == 9000
    holds(fortnight)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE regularisation SET decided_by = asked_by",
        "UPDATE regularisation SET state = 'waiting'",
        "UPDATE regularisation SET amount_cents = 1",
        "UPDATE regularisation SET operation_id = gen_random_uuid()",
        "DELETE FROM regularisation",
    ],
)
def test_the_application_rewrites_no_decision(
    fortnight: Fortnight, hotline: AgentWithSecrets, statement: str
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    given(ask(fortnight, debit, 1000, by=hotline))
    with (
        psycopg.connect(fortnight.office.database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_a_decision_that_was_put_on_somebody_else_is_named(
    fortnight: Fortnight, hotline: AgentWithSecrets, second: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    given(ask(fortnight, debit, 1000, by=hotline))
    fortnight.meddle("UPDATE regularisation SET decided_by = %s", second.agent_id)
    difference = prove(fortnight.office.engine).first_difference
    assert difference is not None
    assert (difference.table, difference.field) == ("operation", "actor_id")


def test_an_answered_file_stays_answered_until_its_answer_is_undone(
    fortnight: Fortnight, hotline: AgentWithSecrets, second: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 9000)
    with unit_of_work(fortnight.office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO regularisation_file (operation_id, partner_id, opened_by, opened_at,"
                " reason, right_amount_cents) SELECT :debit, d.partner_id, d.delegate_id,"
                " ledger_now(), 'wrong_amount', 2000 FROM delegate d"
            ),
            {"debit": debit.operation_id},
        )
    number = given(ask(fortnight, debit, 1000, by=hotline))
    waiting = given(ask(fortnight, debit, 5000, by=hotline))
    decide(fortnight, waiting, by=second, is_agreed=False)
    assert [row.state for row in fortnight.rows("SELECT state FROM regularisation_file")] == [
        "granted"
    ]
    reverse(fortnight, number, by=hotline)
    assert [row.state for row in fortnight.rows("SELECT state FROM regularisation_file")] == [
        "open"
    ]


def test_at_fifty_euros_one_agent_is_enough(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 6000)
    answer = ask(fortnight, debit, 5000, by=hotline)
    assert isinstance(answer, Regularisation) and answer.state == "booked"


def test_what_a_second_agent_refuses_moves_nothing(
    fortnight: Fortnight, hotline: AgentWithSecrets, second: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 6000)
    number = given(ask(fortnight, debit, 6000, by=hotline))
    decide(fortnight, number, by=second, is_agreed=False)
    assert (balance(fortnight), owed(fortnight)) == (4000, 6000)
    assert decide(fortnight, number, by=second) == Refused("regularisation_decided")


def test_a_regularisation_is_undone_once_and_only_while_the_wallet_holds_it(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    number = given(ask(fortnight, debit, 1000, by=hotline))
    fortnight.sell(7500)
    assert reverse(fortnight, number, by=hotline) == Refused("regularisation_spent")
    other = given(ask(fortnight, debit, 500, by=hotline))
    assert given(reverse(fortnight, other, by=hotline)) == other
    assert (balance(fortnight), owed(fortnight)) == (500, 9500)
    again = reverse(fortnight, other, by=hotline)
    assert isinstance(again, Regularisation), "asked twice, it is undone once"
    assert (balance(fortnight), owed(fortnight)) == (500, 9500)
    holds(fortnight)


def test_what_was_undone_can_be_given_back_again(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    number = given(ask(fortnight, debit, 3000, by=hotline))
    reverse(fortnight, number, by=hotline)
    given(ask(fortnight, debit, 3000, by=hotline))
    assert (balance(fortnight), owed(fortnight)) == (10_000, 0)
    holds(fortnight)


def test_who_gave_much_does_not_take_it_back_alone(
    fortnight: Fortnight, hotline: AgentWithSecrets, second: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 6000)
    number = given(ask(fortnight, debit, 6000, by=hotline))
    assert reverse(fortnight, number, by=second) == Refused("regularisation_not_reversible")
    decide(fortnight, number, by=second)
    alone = Refused("regularisation_needs_second_agent")
    assert reverse(fortnight, number, by=hotline) == alone
    assert reverse(fortnight, number, by=second) == alone
    third = makers.make_agent(fortnight.office, "administrator")
    assert given(reverse(fortnight, number, by=third)) == number


def test_after_a_lapse_what_lapsed_grows_and_not_the_wallet(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = fortnight.sell(3000)
    Clock(fortnight.office).set(datetime(2027, 9, 1, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, datetime(2027, 8, 31, tzinfo=UTC).date())
    lapse_wallets(fortnight.office.engine)
    number = given(ask(fortnight, debit, 1000, by=hotline))
    assert (balance(fortnight), owed(fortnight)) == (0, 2000)
    holds(fortnight)
    given(reverse(fortnight, number, by=hotline))
    assert (balance(fortnight), owed(fortnight)) == (0, 3000)
    holds(fortnight)


def test_a_correction_stands_on_the_next_bordereau_with_its_debit(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    first = fortnight.sell(3000)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(AFTER)
    fortnight.sell(2000)
    given(ask(fortnight, first, 1000, by=hotline))
    undone = given(ask(fortnight, first, 500, by=hotline))
    reverse(fortnight, undone, by=hotline)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    run = fortnight.run_until("exported", NEXT_PERIOD)
    assert (run.gross_cents, run.corrections_cents, run.transfers_cents) == (2000, -1000, 1000)
    lines = fortnight.rows(
        "SELECT l.nature, l.amount_cents FROM remittance_line l JOIN remittance USING"
        " (remittance_id) WHERE run_id = %s ORDER BY l.amount_cents",
        run.run_id,
    )
    assert [(line.nature, line.amount_cents) for line in lines] == [
        ("regularisation", -1000),
        ("regularisation", -500),
        ("reversal", 500),
        ("debit", 2000),
    ]
    holds(fortnight)


def test_the_file_that_a_partner_opened_is_answered(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    with unit_of_work(fortnight.office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO regularisation_file (operation_id, partner_id, opened_by, opened_at,"
                " reason, right_amount_cents) SELECT :debit, d.partner_id, d.delegate_id,"
                " ledger_now(), 'wrong_amount', 2000 FROM delegate d"
            ),
            {"debit": debit.operation_id},
        )
    given(ask(fortnight, debit, 1000, by=hotline))
    [file] = fortnight.rows("SELECT state FROM regularisation_file")
    assert file.state == "granted"


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE regularisation SET amount_cents = 900", "target_id"),
        ("UPDATE regularisation SET debit_id = gen_random_uuid()", "target_id"),
        ("DELETE FROM regularisation", "target_id"),
        ("UPDATE regularisation SET reversal_id = NULL, reversed_by = NULL", "kind"),
    ],
)
def test_a_meddled_regularisation_is_named_by_the_proof(
    fortnight: Fortnight, hotline: AgentWithSecrets, statement: str, field: str
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    number = given(ask(fortnight, debit, 1000, by=hotline))
    if field == "kind":
        reverse(fortnight, number, by=hotline)
    holds(fortnight)
    fortnight.meddle(statement)
    difference = prove(fortnight.office.engine).first_difference
    assert difference is not None
    assert (difference.table, difference.field) == ("operation", field)


def test_too_much_evidence_is_refused(fortnight: Fortnight, hotline: AgentWithSecrets) -> None:
    debit = sold_yesterday(fortnight, 3000)
    wanted = Correction(reference(debit), 1000, "other", "x" * 2001)
    answer = ask_regularisation(fortnight.office.engine, wanted, by=hotline.email)
    assert answer == Refused("explanation_too_long")


def test_the_periods_control_knows_of_corrections(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    debit = sold_yesterday(fortnight, 3000)
    given(ask(fortnight, debit, 1000, by=hotline))
    fortnight.end(last_day=LAST_DAY)
    assert fortnight.run_until("submitted").transfers_cents == 2000
