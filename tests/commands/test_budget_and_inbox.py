"""`cjeune budget`, `cjeune iban`, `cjeune regularisation list|answer`: what is typed and said."""

import json

import pytest

from cardservice.commands.words import sentence
from tests.commands.test_commands import assert_refused, rows, run
from tests.makers import make_agent, make_partner, pupil, roster

__all__ = ["run"]
VOTED = "Délibération n° 2026-117"


@pytest.fixture
def approver(office):
    return make_agent(office, "finance_approver").email


def set_budget(run, approver, euros, wallet="tutoring"):
    words = ("--euros", euros, "--reason", VOTED, "--as", approver)
    return run("budget", "set", 2026, wallet, *words)


def test_a_budget_is_set_and_shown(run, approver):
    told = set_budget(run, approver, "1 000,50")
    assert told.exit_code == 0 and "1\u00a0000,50\u00a0€" in told.stdout
    shown = json.loads(run("budget", "show", "--json").stdout)
    assert shown["school_year"] == 2026
    by_wallet = {one["wallet"]: one for one in shown["wallets"]}
    assert by_wallet["tutoring"]["budget_cents"] == by_wallet["tutoring"]["left_cents"] == 100_050
    assert by_wallet["sport_culture_leisure"]["budget_cents"] is None
    plain = run("budget", "show", 2026).stdout
    assert "1\u00a0000,50\u00a0€" in plain and sentence("budgets", "unlimited") in plain
    assert all(len(line) <= 80 for line in plain.splitlines()), "it fits a narrow terminal"


def test_what_is_no_budget_is_told_in_one_line(office, run, approver):
    assert set_budget(run, approver, "beaucoup").exit_code == 2
    preparer = make_agent(office, "finance_preparer").email
    assert_refused(set_budget(run, preparer, "1"), "agent_may_not")
    assert_refused(set_budget(run, approver, "99999999999"), "budget_out_of_range")
    unknown = run("budget", "show", 2999)
    assert unknown.stderr == sentence("budgets", "none", school_year=2999) + "\n"


def test_a_roster_beyond_the_budget_is_taken_and_says_why_nobody_was_given_money(
    office, run, approver, tmp_path
):
    set_budget(run, approver, "99,99")
    file = tmp_path / "roster.csv"
    file.write_bytes(roster([pupil(), pupil()]))
    done = run("roster", "import", file, "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (answer["created"], answer["granted"]) == (2, 0)
    assert answer["grants_refused"] == "budget_exceeded"
    facts = {
        "school_year": 2026,
        "wallet": "tutoring",
        "left": "99,99\u00a0€",
        "needed": "100,00\u00a0€",
    }
    assert_refused(done, "budget_exceeded", **facts)
    set_budget(run, approver, "100,00")
    again = json.loads(run("roster", "import", file, "--json").stdout)
    assert (again["unchanged"], again["granted"], again["grants_refused"]) == (2, 4, None)


def test_accounts_that_wait_are_listed_with_their_concordance(office, run, approver):
    partner = make_partner(office, trade_name="Le Port", holder_name="MME INCONNUE")
    [listed] = json.loads(run("iban", "list", "--json").stdout)
    assert (listed["siret"], listed["holder_match"]) == (partner.siret, "different")
    assert listed["iban"] == "FR76 •••• 0143"
    assert sentence("holder_matches", "different") in run("iban", "list").stdout
    told = run("iban", "refuse", partner.siret, "--as", approver, "--reason", "Autre titulaire")
    assert "FR76 •••• 0143" in told.stdout
    assert run("iban", "list").stdout == sentence("partners", "none_waiting") + "\n"
    again = run("iban", "refuse", partner.siret, "--as", approver, "--reason", "Autre titulaire")
    assert_refused(again, "iban_not_waiting")


def test_a_verification_says_how_the_names_compare(office, run, approver):
    partner = make_partner(
        office, trade_name="Port de Cassis", holder_name="LIBRAIRIE DU PORT CASSIS"
    )
    told = run("iban", "verify", partner.siret, "--as", approver)
    assert told.exit_code == 0 and sentence("holder_matches", "close") in told.stdout
    assert rows(office, "SELECT holder_match FROM bank_account")[0].holder_match == "close"


def test_an_empty_inbox_says_so_and_an_unknown_debit_is_refused(office, run):
    agent = make_agent(office, "hotline").email
    assert run("regularisation", "list").stdout == sentence("regularisations", "none") + "\n"
    assert json.loads(run("regularisation", "list", "--json").stdout) == []
    answer = run("regularisation", "answer", "D0000000", "--reason", "Non", "--as", agent)
    assert_refused(answer, "debit_unknown")
