"""`cjeune demo`: made once, found again, killed, moved in time; and everything in it is true.

One small county is made per test process; every test finds it running and uses cards of its own.
"""

from __future__ import annotations

import csv
import json
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.journeys.demonstration import Demonstration, cjeune, lives, mode_of

SMALL = ("--cards", "60", "--partners", "12", "--days", "3")
SPORT, TUTORING = "sport_culture_leisure", "tutoring"


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    made = Demonstration(tmp_path_factory.mktemp("county"), SMALL)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def demo(county: Demonstration) -> Iterator[Demonstration]:
    """The small county, running, its clock real."""
    county.run()
    county.query("UPDATE demo_clock SET shift = interval '0'")
    yield county


@pytest.fixture
def full_card(demo: Demonstration) -> dict[str, Any]:
    """A card with a full wallet, for one test alone."""
    return next(
        card
        for card in demo.cards()
        if demo.read(card["code"], key=demo.till()["key"])["wallets"][0]["balance_cents"] == 10_000
    )


# What a script finds


def test_the_manifest_is_private_and_says_where_everything_is(demo: Demonstration) -> None:
    manifest = demo.manifest
    assert mode_of(demo.manifest_file) == 0o600
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", manifest["base_url"])
    assert demo.process is not None and manifest["pid"] == demo.process.pid
    assert Path(manifest["mail_dir"]).is_dir()
    assert demo.query("SELECT current_user, current_database()") == [("postgres", "cjeune")]
    assert mode_of(demo.data_dir / "demo.json") == 0o600
    assert not (demo.data_dir / "demo.making").exists()


def test_there_are_enough_cards_and_one_of_each_case(demo: Demonstration) -> None:
    rich = [card for card in demo.cards() if min(card["wallets"].values()) >= 3_000]
    assert len(rich) >= 10
    for state in ("issued", "blocked", "paused", "replaced", "obsolete"):
        assert len(demo.cards(state)) >= 1, state
    youth = demo.cards(category="youth")[0]
    assert youth["wallets"] == {SPORT: 0, TUTORING: 0}
    for card in demo.manifest["cards"]:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{14}", card["code"])
        assert card["qr_text"] == card["code"]
        assert re.fullmatch(r"\d{4}", card["pin"])
        assert card["wallets"].keys() == {SPORT, TUTORING}
        assert card["beneficiary"]["first_name"] and card["beneficiary"]["birth_date"]


def test_there_are_enough_terminals_and_one_of_each_case(demo: Demonstration) -> None:
    terminals = demo.manifest["terminals"]
    active = demo.terminals(state="active")
    assert len(active) >= 20
    assert terminals[: len(active)] == active, "those that sell come first"
    partners = Counter(terminal["partner"] for terminal in active)
    assert len(partners) >= 5 and max(partners.values()) >= 3
    assert {terminal["pin_required"] for terminal in active} == {"always", "above", "never"}
    assert all(
        1 <= terminal["above_cents"] <= 2_000
        if terminal["pin_required"] == "above"
        else terminal["above_cents"] is None
        for terminal in terminals
    )
    assert any(len(terminal["wallets"]) == 1 for terminal in active)
    assert demo.till()["wallets"] == [SPORT, TUTORING]
    states = {terminal["state"] for terminal in terminals}
    assert states == {"active", "revoked", "suspended", "agreement_ended"}


def test_there_is_a_person_of_every_role_and_two_who_approve(demo: Demonstration) -> None:
    users = demo.manifest["users"]
    assert Counter(user["role"] for user in users) == {
        "finance_preparer": 1, "finance_approver": 2, "hotline": 1, "moderator": 1,
        "administrator": 1, "lead_delegate": 2, "cashier": 1, "accountant": 1, "editor": 1,
        "youth": 1,
    }  # fmt: skip
    for user in users:
        portal = "partenaire" if "partner" in user else "departement"
        if user["role"] == "youth":
            portal = "jeune"
            assert user["totp_secret"] is None
            assert user["card_code"] in {card["code"] for card in demo.manifest["cards"]}
        else:
            assert len(user["totp_secret"]) == 32
        assert user["sign_in_url"] == f"{demo.manifest['base_url']}/{portal}/connexion"
        assert len(user["password"]) >= 12


def test_the_present_code_of_an_approver_was_not_used_up_by_the_history(
    demo: Demonstration,
) -> None:
    rows = demo.query(
        "SELECT totp_last_step < floor(extract(epoch FROM clock_timestamp()) / 30) FROM agent"
    )
    assert rows == [(True,)] * 6


def test_every_card_answers_as_its_state_says(demo: Demonstration) -> None:
    key = demo.till()["key"]
    codes = {
        "issued": "card_not_activated",
        "blocked": "card_blocked",
        "paused": "card_paused",
        "replaced": "card_replaced",
        "obsolete": "card_obsolete",
    }
    for state, code in codes.items():
        assert demo.read(demo.cards(state)[0]["code"], key=key)["code"] == code
    for card in [*demo.cards()[:3], *demo.cards(category="youth")[:1]]:
        assert demo.read(card["code"], key=key)["outcome"] == "identified"
    assert demo.read(demo.cards(category="youth")[0]["code"], key=key)["wallets"] == []


def test_every_terminal_answers_as_its_state_says(demo: Demonstration) -> None:
    card = demo.cards()[0]["code"]
    (revoked, *_) = demo.terminals(state="revoked")
    assert demo.read(card, key=revoked["key"])["code"] == "terminal_revoked"
    (suspended, *_) = demo.terminals(state="suspended")
    assert demo.read(card, key=suspended["key"])["code"] == "partner_suspended"
    (ended, *_) = demo.terminals(state="agreement_ended")
    assert demo.read(card, key=ended["key"])["wallets"] == []
    for terminal in demo.terminals(state="active"):
        me = demo.ask("GET", "/api/v1/me", key=terminal["key"]).json()
        assert me["terminal"]["terminal_id"] == terminal["terminal_id"]
        assert me["partner"]["name"] == terminal["partner"]
        assert me["settings"]["pin"]["required"] == terminal["pin_required"]


def test_a_pin_of_the_manifest_is_the_holders(demo: Demonstration, full_card: Any) -> None:
    (terminal, *_) = [
        one for one in demo.terminals(state="active", pin_required="always")
        if SPORT in one["wallets"]
    ]  # fmt: skip
    assert demo.debit(full_card, 100, key=terminal["key"])["outcome"] == "approved"
    wrong = {**full_card, "pin": "0000" if full_card["pin"] != "0000" else "1111"}
    assert demo.debit(wrong, 100, key=terminal["key"])["code"] == "pin_wrong"


# What has happened there


def test_every_day_that_is_over_is_closed_and_the_clock_is_real(demo: Demonstration) -> None:
    (days,) = demo.query(
        "SELECT max(business_day) = (ledger_now() AT TIME ZONE 'Europe/Paris')::date - 1,"
        " count(*) = max(business_day) - min(business_day) + 1, bool_and(seal IS NOT NULL)"
        " FROM day_block"
    )
    assert days == (True, True, True)


def test_the_history_is_one_that_tills_can_write(demo: Demonstration) -> None:
    done = cjeune("proof", "--data-dir", demo.data_dir, "--json")
    assert done.returncode == 0, done.stderr
    # Time went forward only: no operation is of an earlier day than the one before it.
    assert demo.query(
        "SELECT count(*) FROM (SELECT business_day, lag(business_day)"
        " OVER (ORDER BY operation_no) AS before FROM operation"
        " WHERE business_day < (SELECT first_open_day FROM open_day)) o"
        " WHERE business_day < before"
    ) == [(0,)]
    (sold,) = demo.query(
        "SELECT count(*) FILTER (WHERE outcome = 'approved') > 0,"
        " bool_and(extract(hour FROM accepted_at AT TIME ZONE 'Europe/Paris') BETWEEN 9 AND 19)"
        " FROM operation WHERE kind = 'debit'"
        " AND business_day < (SELECT first_open_day FROM open_day)"
    )
    assert sold == (True, True)
    assert demo.query("SELECT count(*) > 0 FROM operation WHERE kind = 'lapse'") == [(True,)]


def test_the_documents_of_an_ended_fortnight_add_up(demo: Demonstration) -> None:
    folders = sorted((demo.data_dir / "exports").iterdir())
    assert folders, "last August's fortnight at least has ended"
    for folder in folders:
        shown = cjeune("run", "show", folder.name, "--json", "--data-dir", demo.data_dir)
        run = json.loads(shown.stdout)
        assert run["state"] == "exported"
        bank_file = etree.parse(folder / f"{run['msg_id']}.xml")
        assert cents(bank_file.findtext(".//{*}GrpHdr/{*}CtrlSum")) == run["transfers_cents"]
        papers = sorted((folder / "bordereaux").glob("*.csv"))
        assert [paper.with_suffix(".pdf").exists() for paper in papers] == [True] * run["partners"]
        lines = [line for paper in papers for line in lines_of(paper)]
        assert len(lines) == run["debits"]
        assert sum(cents(line["montant"]) for line in lines) == run["transfers_cents"]
        by = {event["state"]: event["by"] for event in run["history"]}
        assert by["approved"] != by["submitted"]


def lines_of(paper: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(paper.read_text("utf-8-sig").splitlines(), delimiter=";"))


def cents(amount: str | None) -> int:
    assert amount is not None
    return int(re.sub(r"[^\d-]", "", amount))


# The end of a process, and its next start


def test_the_service_and_its_database_end_together(demo: Demonstration) -> None:
    postmaster = demo.postmaster()
    assert postmaster is not None
    assert demo.stop(signal.SIGTERM) == 0
    assert demo.postmaster() is None
    assert not lives(postmaster)


def test_a_restart_keeps_every_key_and_card_and_tells_the_balances_of_now(
    demo: Demonstration, full_card: Any
) -> None:
    before = demo.manifest
    key = demo.till()["key"]
    told = demo.debit(full_card, 1_055, key=key)
    demo.stop()
    demo.start()
    after = demo.manifest
    assert after["pid"] != before["pid"]
    assert {card["code"] for card in after["cards"]} == {card["code"] for card in before["cards"]}
    assert [one["key"] for one in after["terminals"]] == [one["key"] for one in before["terminals"]]
    assert [user | {"sign_in_url": None} for user in after["users"]] == [
        user | {"sign_in_url": None} for user in before["users"]
    ]
    (same,) = [card for card in after["cards"] if card["code"] == full_card["code"]]
    assert same["wallets"][SPORT] == told["balance_after_cents"] == 8_945
    assert demo.cancel(told["operation_id"], key=key)["outcome"] == "cancelled"


def test_each_start_tells_three_fresh_activation_codes(demo: Demonstration) -> None:
    def activate(code: str) -> int:
        path = "/api/v1/terminals/activation"
        seen = demo.ask("POST", path, {"activation_code": code})
        if seen.status_code != 201:
            return seen.status_code
        confirmation = {"activation_token": seen.json()["activation_token"], "label": "TPE 1"}
        return demo.ask("POST", f"{path}/confirmation", confirmation).status_code

    old = demo.manifest["activation_codes"]
    assert len(set(old)) == 3
    assert activate(old[0]) == 201
    demo.stop()
    demo.start()
    fresh = demo.manifest["activation_codes"]
    assert len(set(fresh) | set(old)) == 6
    assert [activate(code) for code in old] == [404, 404, 404]
    assert [activate(code) for code in fresh] == [201, 201, 201]


def test_a_database_that_survived_its_killed_service_is_found_again(
    demo: Demonstration, full_card: Any
) -> None:
    key = demo.till()["key"]
    told = demo.debit(full_card, 700, key=key)
    postmaster = demo.postmaster()
    demo.stop(signal.SIGKILL)
    assert postmaster is not None and lives(postmaster)
    demo.start()
    assert demo.postmaster() == postmaster
    asked = demo.ask("GET", f"/api/v1/debits/{told['operation_id']}", key=key)
    assert asked.json()["reference"] == told["reference"]


# Time


def test_a_debit_of_before_midnight_can_no_longer_be_cancelled_after(
    demo: Demonstration, full_card: Any
) -> None:
    key = demo.till()["key"]
    early = demo.debit(full_card, 500, key=key)
    day = early["business_day"]
    assert cjeune("demo", "clock", f"{day}T23:59:30", "--data-dir", demo.data_dir).returncode == 0
    late = demo.debit(full_card, 600, key=key)
    assert late["business_day"] == day
    assert demo.cancel(early["operation_id"], key=key)["outcome"] == "cancelled"

    (tomorrow,) = demo.query(f"SELECT (date '{day}' + 1)::text")[0]
    moved = cjeune("demo", "--data-dir", demo.data_dir, "clock", f"{tomorrow}T00:00:00")
    assert moved.returncode == 0, moved.stderr
    refused = demo.cancel(late["operation_id"], key=key)
    assert (refused["outcome"], refused["code"]) == ("declined", "cancellation_day_over")
    assert demo.debit(full_card, 100, key=key)["business_day"] == tomorrow


def test_words_that_are_no_instant_are_a_usage_error(demo: Demonstration) -> None:
    assert cjeune("demo", "clock", "midnight", "--data-dir", demo.data_dir).returncode == 2


def test_a_real_clock_is_not_moved(tmp_path: Path) -> None:
    assert cjeune("db", "upgrade", "--data-dir", tmp_path).returncode == 0
    refused = cjeune("demo", "clock", "2026-11-22T12:00:00", "--data-dir", tmp_path)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1 and not refused.stdout


def test_a_clock_is_not_moved_where_there_is_nothing(tmp_path: Path) -> None:
    refused = cjeune("demo", "clock", "2026-11-22T12:00:00", "--data-dir", tmp_path / "none")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "none").exists()


# What it refuses


def test_real_data_is_never_taken_for_a_demonstration(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    refused = cjeune("demo", "--headless", "--port", "0", "--data-dir", tmp_path)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]


def test_a_taken_port_is_told_before_any_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        port = somebody_else.getsockname()[1]
        refused = cjeune("demo", "--headless", "--port", port, "--data-dir", tmp_path / "new")
    assert refused.returncode == 1
    assert str(port) in refused.stderr and len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_a_demonstration_whose_making_was_cut_is_made_again(tmp_path: Path) -> None:
    cut = Demonstration(tmp_path, ("--cards", "60", "--partners", "10", "--days", "0"))
    cut.begin()
    cut.wait_for(cut.data_dir / "master.key")
    cut.stop(signal.SIGKILL)
    assert (cut.data_dir / "demo.making").exists()
    assert not (cut.data_dir / "demo.json").exists()
    try:
        cut.start()
        assert not (cut.data_dir / "demo.making").exists()
        assert len(cut.cards()) >= 30
        assert cut.query("SELECT count(*) FROM reimbursement_run") == [(0,)]
        assert not (cut.data_dir / "exports").exists()
    finally:
        cut.stop()
