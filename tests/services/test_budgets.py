"""Budgets: set by an agent, held at the grant, whatever comes at the same time (C10, C12)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.budgets import Budget, budget_in_force, budgets_set, left_of_budget
from cardservice.domain.refusal import Refused
from cardservice.ledger import post
from cardservice.ledger.proofs import prove
from cardservice.services.add_agent import AgentWithSecrets
from cardservice.services.give_grants import give_missing_grants
from cardservice.services.import_roster import import_roster
from cardservice.services.set_budget import WantedBudget, set_budget
from cardservice.wiring import Office
from tests import makers
from tests.conftest import superuser_dsn
from tests.ledger.straight import wait_until_somebody_is_blocked

SPORT, TUTORING = "sport_culture_leisure", "tutoring"
VOTED = "Délibération n° 2026-117"


@pytest.fixture
def approver(office: Office) -> AgentWithSecrets:
    return makers.make_agent(office, "finance_approver")


def budget(
    office: Office, agent: AgentWithSecrets, cents: int, *, wallet: str = SPORT, reason: str = VOTED
) -> Budget:
    wanted = WantedBudget(makers.YEAR, wallet, cents, reason)
    done = set_budget(office.engine, wanted, by=agent.email)
    assert isinstance(done, Budget), done
    return done


def people(office: Office, count: int) -> list[int]:
    """Collégiens who wait for their wallets: a budget of nothing keeps them waiting."""
    with unit_of_work(office.engine) as connection:
        return list(
            connection.execute(
                text(
                    "INSERT INTO beneficiary (ine, last_name, first_name, birth_date)"
                    " SELECT 'W' || lpad(n::text, 8, '0') || 'AB', 'Nom', 'Prénom', '2013-01-01'"
                    " FROM generate_series(1, :count) n RETURNING beneficiary_id"
                ),
                {"count": count},
            ).scalars()
        )


def grant(office: Office, holders: list[int], *, cents: int = 10_000) -> int | None:
    with unit_of_work(office.engine) as connection:
        return post.grant(
            connection,
            school_year=makers.YEAR,
            wallet=SPORT,
            amount_cents=cents,
            beneficiary_ids=holders,
        )


def left(office: Office, wallet: str = SPORT) -> int | None:
    with unit_of_work(office.engine) as connection:
        return left_of_budget(connection, makers.YEAR, wallet)


def test_without_a_budget_there_is_no_limit(office: Office) -> None:
    assert left(office) is None
    assert grant(office, people(office, 3)) == 3
    assert left(office) is None


def test_a_grant_takes_the_last_cent_of_a_budget_and_not_one_more(
    office: Office, approver: AgentWithSecrets
) -> None:
    budget(office, approver, 29_999)
    holders = people(office, 3)
    assert grant(office, holders) is None, "whole or not at all"
    assert left(office) == 29_999
    budget(office, approver, 30_000, reason="Décision modificative n° 1")
    assert grant(office, holders) == 3
    assert left(office) == 0
    assert grant(office, holders) == 0, "a second call gives nothing, and asks nothing"
    assert prove(office.engine).first_difference is None


def test_the_same_person_named_twice_is_one_grant(
    office: Office, approver: AgentWithSecrets
) -> None:
    budget(office, approver, 10_000)
    [holder] = people(office, 1)
    with psycopg.connect(office.database_url) as connection:
        given = connection.execute(
            "SELECT grant_many(ARRAY[gen_random_uuid(), gen_random_uuid()], %s, 2026::smallint,"
            " 'sport_culture_leisure', 10000)",
            [[holder, holder]],
        ).fetchone()
    assert given == (1,)


def test_one_wallets_budget_is_not_the_others(office: Office, approver: AgentWithSecrets) -> None:
    budget(office, approver, 0, wallet=TUTORING)
    assert grant(office, people(office, 1)) == 1


def test_two_grants_at_once_do_not_pass_the_budget_together(
    office: Office, approver: AgentWithSecrets
) -> None:
    """The first has granted and not committed: the second must wait for it and see it."""
    budget(office, approver, 30_000)
    holders = people(office, 4)
    with (
        psycopg.connect(office.database_url) as first,
        psycopg.connect(superuser_dsn(office), autocommit=True) as watching,
        ThreadPoolExecutor(1) as hands,
    ):
        asked = (
            "SELECT grant_many(ARRAY[gen_random_uuid(), gen_random_uuid()], %s, 2026::smallint,"
            " 'sport_culture_leisure', 10000)"
        )
        assert first.execute(asked, [holders[:2]]).fetchone() == (2,)
        second = hands.submit(grant, office, holders[2:])
        wait_until_somebody_is_blocked(watching, first)
        first.commit()
        assert second.result(20) is None
    assert left(office) == 10_000
    assert prove(office.engine).first_difference is None


def test_of_eight_grants_at_once_as_many_pass_as_the_budget_holds(
    office: Office, approver: AgentWithSecrets
) -> None:
    budget(office, approver, 35_000)
    holders = people(office, 8)
    with ThreadPoolExecutor(8) as hands:
        given = list(hands.map(lambda holder: grant(office, [holder]), holders))
    assert sorted(given, key=str) == [1, 1, 1, None, None, None, None, None]
    assert left(office) == 5000


def test_a_budget_that_is_lowered_at_the_same_time_waits_for_the_grant(
    office: Office, approver: AgentWithSecrets
) -> None:
    budget(office, approver, 30_000)
    [holder] = people(office, 1)
    with (
        psycopg.connect(office.database_url) as granting,
        psycopg.connect(superuser_dsn(office), autocommit=True) as watching,
        ThreadPoolExecutor(1) as hands,
    ):
        granting.execute(
            "SELECT grant_many(ARRAY[gen_random_uuid()], %s, 2026::smallint,"
            " 'sport_culture_leisure', 10000)",
            [[holder]],
        )
        lowered = hands.submit(budget, office, approver, 5000)
        wait_until_somebody_is_blocked(watching, granting)
        granting.commit()
        assert lowered.result(20).amount_cents == 5000
    assert left(office) == -5000, "nothing is taken back, nothing more is given"
    assert grant(office, people_more(office)) is None


def people_more(office: Office) -> list[int]:
    with unit_of_work(office.engine) as connection:
        holder = connection.execute(
            text(
                "INSERT INTO beneficiary (ine, last_name, first_name, birth_date)"
                " VALUES ('X00000001AB', 'Nom', 'Prénom', '2013-01-01') RETURNING beneficiary_id"
            )
        ).scalar_one()
    return [holder]


def test_a_roster_beyond_the_budget_is_taken_and_nobody_is_given_money(
    office: Office, approver: AgentWithSecrets
) -> None:
    # Enough for sport, one cent short for tutoring: neither wallet is given.
    budget(office, approver, 30_000)
    budget(office, approver, 14_999, wallet=TUTORING)
    lines = makers.roster([makers.pupil() for _ in range(3)])
    done = import_roster(office.engine, office.keys, lines, actor="test", school_year=makers.YEAR)
    assert not isinstance(done, Refused)
    assert (done.taken, done.created, done.granted) == (True, 3, 0)
    assert done.grants_refused is not None
    assert done.grants_refused.code == "budget_exceeded"
    assert done.grants_refused.facts["wallet"] == TUTORING
    assert (left(office), left(office, TUTORING)) == (30_000, 14_999)

    budget(office, approver, 15_000, wallet=TUTORING)
    assert give_missing_grants(office.engine, makers.YEAR) == 6, "the next import gives them"
    assert (left(office), left(office, TUTORING)) == (0, 0)
    assert give_missing_grants(office.engine, makers.YEAR) == 0, "nothing lacks: nothing is asked"


def test_the_newest_budget_counts_and_the_others_stay(
    office: Office, approver: AgentWithSecrets
) -> None:
    budget(office, approver, 1_000_000)
    budget(office, approver, 900_000, reason="Décision modificative n° 1")
    with unit_of_work(office.engine) as connection:
        in_force = budget_in_force(connection, makers.YEAR, SPORT)
        history = budgets_set(connection, makers.YEAR)
        other_year = budget_in_force(connection, makers.YEAR + 1, SPORT)
    assert in_force == history[0]
    assert [one.amount_cents for one in history] == [900_000, 1_000_000]
    assert {one.set_by for one in history} == {approver.email}
    assert other_year is None


def test_the_same_form_posted_twice_sets_one_budget(
    office: Office, approver: AgentWithSecrets
) -> None:
    first = budget(office, approver, 1_000_000)
    with ThreadPoolExecutor(6) as hands:
        again = list(hands.map(lambda _: budget(office, approver, 1_000_000), range(6)))
    assert set(again) == {first}


@pytest.mark.parametrize("role", ["finance_preparer", "hotline", "moderator"])
def test_a_role_that_does_not_answer_for_money_sets_no_budget(office: Office, role: str) -> None:
    agent = makers.make_agent(office, role)
    wanted = WantedBudget(makers.YEAR, SPORT, 100, VOTED)
    assert set_budget(office.engine, wanted, by=agent.email) == Refused("agent_may_not")
    assert set_budget(office.engine, wanted, by="nobody@x.example") == Refused("agent_unknown")


@pytest.mark.parametrize(
    ("year", "wallet", "cents", "reason", "code"),
    [
        (2026, SPORT, -1, VOTED, "budget_out_of_range"),
        (2026, SPORT, 10**12 + 1, VOTED, "budget_out_of_range"),
        (2026, SPORT, 100, "  x ", "reason_malformed"),
        (2026, SPORT, 100, "x" * 501, "reason_malformed"),
        (2026, SPORT, 100, "voté\u202een commission", "reason_malformed"),
        (2026, "culture", 100, VOTED, "wallet_unknown"),
        (1999, SPORT, 100, VOTED, "school_year_unknown"),
    ],
)
def test_what_is_no_budget_is_refused(
    office: Office,
    approver: AgentWithSecrets,
    year: int,
    wallet: str,
    cents: int,
    reason: str,
    code: str,
) -> None:
    done = set_budget(office.engine, WantedBudget(year, wallet, cents, reason), by=approver.email)
    assert isinstance(done, Refused) and done.code == code


@pytest.mark.parametrize(
    "statement",
    ["UPDATE wallet_budget SET amount_cents = 1", "DELETE FROM wallet_budget"],
)
def test_the_application_rewrites_no_budget(
    office: Office, approver: AgentWithSecrets, statement: str
) -> None:
    budget(office, approver, 100)
    with (
        psycopg.connect(office.database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_setting_a_budget_is_in_the_journal(office: Office, approver: AgentWithSecrets) -> None:
    budget(office, approver, 1_000_000)
    with unit_of_work(office.engine) as connection:
        noted = connection.execute(
            text("SELECT actor, subject, detail FROM journal WHERE action = 'budget.set'")
        ).all()
    assert [tuple(one) for one in noted] == [
        (f"agent:{approver.agent_id}", "budget:2026:sport_culture_leisure", "cents=1000000")
    ]
