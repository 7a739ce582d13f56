"""`cjeune bank`: each act by an agent who proves who they are, told in French."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner, Result

from cardservice.cli import cjeune
from cardservice.commands.words import refusal_sentence
from cardservice.domain.refusal import Refused
from cardservice.services.add_agent import AgentWithSecrets
from tests import makers
from tests.clearing.bank_files import Status, camt053, debit, pain002
from tests.clearing.bank_story import books, hour, state, transfers
from tests.clearing.story import PERIOD, Fortnight, make_fortnight
from tests.conftest import Clock

Typed = Callable[..., Result]


@pytest.fixture
def sent(office: Any) -> Fortnight:
    fortnight = make_fortnight(office)
    fortnight.sell(1055)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(office).set(hour(3))
    return fortnight


@pytest.fixture
def typed(data_dir: Path) -> Typed:
    """Runs `cjeune bank …` as an agent, with the digits of this moment."""

    def run(agent: AgentWithSecrets | None, *words: object, totp: str | None = None) -> Result:
        proof = []
        if agent is not None:
            code = totp or pyotp.TOTP(agent.totp_secret).now()
            proof = ["--as", agent.email, "--totp", code]
        arguments = ["bank", *map(str, words), *proof, "--data-dir", str(data_dir)]
        return CliRunner().invoke(cjeune, arguments)

    return run


def written(folder: Path, content: bytes) -> Path:
    file = folder / "answer.xml"
    file.write_bytes(content)
    return file


def test_a_file_is_imported_once(sent: Fortnight, typed: Typed, tmp_path: Path) -> None:
    file = written(tmp_path, camt053(debit("10.55", "CJP-2026-11-B-1-1")))
    first = typed(makers.make_agent(sent.office), "import", file)
    assert first.exit_code == 0, first.output
    assert "STMT-1" in first.stdout and "Payé : 1" in first.stdout
    assert (state(sent, PERIOD), books(sent)) == ("paid", (0, 0, 1055))
    again = typed(makers.make_agent(sent.office), "import", file, "--json")
    assert json.loads(again.stdout) == {
        "kind": "camt053",
        "message_id": "STMT-1",
        "is_known": True,
        "understood": {"paid": 1},
    }


def test_nothing_is_imported_without_the_right_digits(
    sent: Fortnight, typed: Typed, tmp_path: Path
) -> None:
    file = written(tmp_path, camt053(debit("10.55", "CJP-2026-11-B-1-1")))
    agent = makers.make_agent(sent.office)
    wrong = typed(agent, "import", file, totp="000000")
    assert wrong.exit_code == 1
    assert wrong.stderr == refusal_sentence(Refused("totp_wrong")) + "\n"
    hotline = makers.make_agent(sent.office, "hotline")
    refused = typed(hotline, "import", file)
    assert refused.stderr == refusal_sentence(Refused("agent_may_not")) + "\n"
    assert state(sent, PERIOD) == "exported"


def test_a_file_that_is_none_is_refused_in_one_line(
    sent: Fortnight, typed: Typed, tmp_path: Path
) -> None:
    file = written(tmp_path, b"\x89PNG")
    refused = typed(makers.make_agent(sent.office), "import", file)
    assert refused.exit_code == 1
    assert refused.stderr == refusal_sentence(Refused("bank_file_not_xml")) + "\n"


def test_a_transfer_is_answered_released_and_listed(
    sent: Fortnight, typed: Typed, tmp_path: Path
) -> None:
    (one,) = transfers(sent, PERIOD)
    failed = typed(sent.preparer, "answer", one.number, "--failed", "ac04", "--on", "2026-12-02")
    assert failed.exit_code == 0, failed.output
    assert one.number in failed.stdout
    listed = typed(None, "list")
    assert one.number in listed.stdout and "AC04" in listed.stdout
    released = typed(
        makers.make_agent(sent.office), "release", one.number, "--reason", "the right account"
    )
    assert released.exit_code == 0, released.output
    (waiting,) = json.loads(typed(None, "list", "--json").stdout)["waiting"]
    assert (waiting["number"], waiting["let_go_by"]) == (one.number, "release")


def test_a_transfer_is_either_paid_or_failed(sent: Fortnight, typed: Typed) -> None:
    agent = makers.make_agent(sent.office)
    for outcome in ((), ("--paid", "--failed", "AC04")):
        result = typed(agent, "answer", "BR-2026-000001", *outcome, "--on", "2026-12-02")
        assert result.exit_code == 2


def test_a_run_is_paid_or_refused_by_typing(sent: Fortnight, typed: Typed) -> None:
    refused = typed(
        makers.make_agent(sent.office), "rejected", PERIOD, "--reason", "ff01", "--on", "2026-12-02"
    )
    assert refused.exit_code == 0 and "rejetée par la banque" in refused.stdout
    sent.run_until("exported")
    paid = typed(
        makers.make_agent(sent.office), "paid", PERIOD, "--on", "2026-12-03", "--reference", "R 17"
    )
    assert paid.exit_code == 0 and "payée" in paid.stdout
    assert books(sent) == (0, 0, 1055)


def test_an_empty_list_says_so(sent: Fortnight, typed: Typed) -> None:
    assert typed(None, "list").exit_code == 0


def test_what_a_report_says_is_counted(sent: Fortnight, typed: Typed, tmp_path: Path) -> None:
    file = written(tmp_path, pain002("CJP-2026-11-B-1", Status("BR-2026-999999"), group="PART"))
    result = typed(makers.make_agent(sent.office), "import", file)
    assert "À regarder : 1" in result.stdout
    assert "BR-2026-999999" in result.stdout, "and named"
