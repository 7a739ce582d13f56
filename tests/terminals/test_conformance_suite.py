"""The conformance suite passes against the service and the school, and says what it did not run."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.terminals.training_site import opened_training
from tpe_client.conformance.catalogue import ALL
from tpe_client.conformance.cli import main
from tpe_client.conformance.runner import FAILED, NOT_RUN, PASSED, run_checks

EVERYTHING = frozenset({"--with-budgets", "--with-pin-block"})


def test_the_school_passes_every_check_and_leaves_none_out() -> None:
    with opened_training() as site:
        results = list(
            run_checks(ALL, base_url=site.base_url, manifest=site.manifest, options=EVERYTHING)
        )
    assert [(one.check.name, one.why) for one in results if one.outcome != PASSED] == []
    assert len(results) == len(ALL) > 70


def test_the_suite_can_run_again_because_it_leaves_balances_as_they_were() -> None:
    with opened_training() as site:
        before = dict(site.books.balances)
        for _ in range(2):
            results = run_checks(ALL, base_url=site.base_url, manifest=site.manifest)
            assert [one.check.name for one in results if one.outcome == "failed"] == []
        kept = {card.name for card in site.books.school.cards.values() if card.group == "ordinary"}
        after = site.books.balances
        assert {key for key in before if key[0] in kept and before[key] != after[key]} == set()


def test_checks_have_one_name_a_rule_and_a_section() -> None:
    names = [check.name for check in ALL]
    assert len(set(names)) == len(names)
    for check in ALL:
        assert check.rule.endswith((".", ".)")) and "§" in check.section, check.name


@pytest.fixture
def manifest_file(tmp_path: Path) -> Path:
    return tmp_path / "manifest.json"


def test_what_the_manifest_lacks_is_not_run_and_never_passes(manifest_file: Path) -> None:
    with opened_training() as site:
        facts = {
            **site.facts,
            "terminals": [one for one in site.facts["terminals"] if one["state"] == "active"],
            "activation_codes": [],
        }
        manifest_file.write_text(json.dumps(facts))
        told = CliRunner().invoke(
            main,
            [
                site.base_url, "--manifest", str(manifest_file), "--json",
                "--only", "revoked-key-is-told", "--only", "activation-gives-a-key-once",
                "--only", "guessing-has-a-budget", "--only", "me-is-whole",
            ],
        )  # fmt: skip
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    outcomes = {one["name"]: (one["outcome"], one["why"]) for one in document["checks"]}
    assert document["counts"] == {"passed": 1, "failed": 0, "not_run": 3}
    assert outcomes["revoked-key-is-told"] == (
        "not_run", "the manifest has no terminal with state=revoked"
    )  # fmt: skip
    assert "activation code" in outcomes["activation-gives-a-key-once"][1]
    assert outcomes["guessing-has-a-budget"][1] == "ask for it with --with-budgets"


def test_a_failure_shows_request_and_answer_without_key_pin_or_card(manifest_file: Path) -> None:
    with opened_training() as site:
        card = next(one for one in site.facts["cards"] if one["name"] == "lina")
        facts = json.loads(json.dumps(site.facts))
        for one in facts["cards"]:
            # A manifest with a wrong PIN makes the check fail at its debit.
            one["pin"] = "9999" if one["name"] == "lina" else one["pin"]
        manifest_file.write_text(json.dumps(facts))
        told = CliRunner().invoke(
            main,
            [site.base_url, "--manifest", str(manifest_file), "--only", "wrong-pins-are-counted"],
        )
    assert told.exit_code == 1
    assert "FAILED wrong-pins-are-counted" in told.output
    assert "→ PUT /api/v1/debits/" in told.output and "← 201" in told.output
    for secret in (card["code"], '"9999"', *(one["key"] for one in facts["terminals"])):
        assert secret not in told.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["http://127.0.0.1:1"],
        ["127.0.0.1:1", "--manifest", "x"],
        ["http://127.0.0.1:1", "--manifest", "nowhere.json"],
        ["--list", "--only", "no-such-check"],
    ],
)
def test_a_wrong_call_is_status_2(arguments: list[str]) -> None:
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 2, told.output


def test_a_server_that_is_not_there_is_one_clear_line(manifest_file: Path) -> None:
    with opened_training() as site:
        manifest_file.write_text(json.dumps(site.facts))
        gone = site.base_url
    told = CliRunner().invoke(main, [gone, "--manifest", str(manifest_file)])
    assert told.exit_code == 1
    assert told.stderr == f"Error: nobody answers at {gone}: ConnectError\n"


def test_the_list_names_every_check_and_its_rule() -> None:
    told = CliRunner().invoke(main, ["--list"])
    assert told.exit_code == 0
    for check in ALL:
        assert check.name in told.output and check.rule in told.output


def test_an_answer_that_is_no_json_fails_the_check_and_not_the_suite() -> None:
    """Somebody else's page at the address: each check fails or is not run, none crashes."""
    chosen = [check for check in ALL if check.needs is None][:30]
    with opened_training() as site:
        elsewhere = f"{site.base_url}/page"
        results = list(run_checks(chosen, base_url=elsewhere, manifest=site.manifest))
    passed = {one.check.name for one in results} - {
        one.check.name for one in results if one.outcome in (FAILED, NOT_RUN)
    }
    # Addresses that are not there are told alike by both.
    assert passed <= {"wrong-methods-are-told"}


def test_the_suite_never_follows_a_server_to_another_address() -> None:
    with opened_training() as site, httpx.Client(base_url=site.base_url) as client:
        assert client.follow_redirects is False
