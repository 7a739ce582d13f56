"""What is typed, what is said, and with which exit status."""

import csv
import io
import json
import subprocess
import sys

import click
import pyotp
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import text

from cardservice.cli import COMMANDS, cjeune
from cardservice.commands import card_files
from cardservice.commands.words import refusal_sentence, sentence
from cardservice.db.engine import unit_of_work
from cardservice.domain.card_code import fold_card_code
from cardservice.domain.refusal import Refused
from cardservice.services.pause_card import pause_card_of
from cardservice.services.replace_own_card import replace_own_card
from tests.makers import (
    PASSWORD,
    PIN,
    make_agent,
    make_beneficiary,
    make_card,
    make_partner,
    make_terminal,
    partner_line,
    pupil,
    register,
    roster,
)


@pytest.fixture
def run(data_dir):
    """Runs `cjeune …` on the office of the test."""

    def typed(*words, **options):
        words = [str(word) for word in words]
        return CliRunner().invoke(cjeune, [*words, "--data-dir", str(data_dir)], **options)

    return typed


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def assert_refused(result, code, **facts):
    """One French line on stderr, exit status 1, nothing else said."""
    assert result.exit_code == 1, result.output
    assert result.stderr == refusal_sentence(Refused(code, facts)) + "\n"


# Roster and partners


def test_a_roster_is_imported_from_a_file(office, run, tmp_path):
    file = tmp_path / "roster.csv"
    file.write_bytes(roster([pupil(), pupil()]))
    result = run("roster", "import", file, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert (answer["created"], answer["granted"], answer["bad_lines"]) == (2, 4, [])
    assert json.loads(run("roster", "import", file, "--json").stdout)["unchanged"] == 2


def test_bad_lines_are_listed_by_number_and_reason_and_nothing_is_taken(office, run, tmp_path):
    file = tmp_path / "roster.csv"
    file.write_bytes(roster([pupil(last_name="Zanzibar", birth_date="never"), pupil()]))
    result = run("roster", "import", file)
    assert result.exit_code == 1
    assert result.stdout.startswith("Ligne 2, colonne birth_date")
    assert result.stderr == sentence("roster", "nothing_taken", count=1) + "\n"
    assert "Zanzibar" not in result.output
    assert rows(office, "SELECT FROM beneficiary") == []
    assert run("roster", "import", file, "--accept-valid").exit_code == 0
    assert len(rows(office, "SELECT FROM beneficiary")) == 1


def test_a_file_of_other_columns_is_refused_in_one_line(run, tmp_path):
    file = tmp_path / "roster.csv"
    file.write_text("name;age\n")
    result = run("roster", "import", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_a_usage_error(run, tmp_path):
    assert run("roster", "import", tmp_path / "nothing.csv").exit_code == 2


def test_partners_are_imported_suspended_and_resumed(office, run, tmp_path):
    file = tmp_path / "partners.csv"
    line = partner_line()
    file.write_bytes(register([line]))
    assert json.loads(run("partners", "import", file, "--json").stdout)["created"] == 1
    assert run("partner", "suspend", line["siret"]).exit_code == 0
    assert_refused(run("partner", "suspend", line["siret"]), "partner_suspended")
    assert run("partner", "resume", line["trade_name"]).exit_code == 0
    assert_refused(run("partner", "resume", "Nobody"), "partner_unknown")


def test_an_iban_is_verified_by_an_agent_who_did_not_bring_it(office, run, tmp_path):
    bringer, other = make_agent(office), make_agent(office)
    file = tmp_path / "partners.csv"
    line = partner_line()
    file.write_bytes(register([line]))
    assert run("partners", "import", file, "--as", bringer.email).exit_code == 0
    refused = run("iban", "verify", line["siret"], "--as", bringer.email)
    assert_refused(refused, "iban_needs_second_agent")
    assert "FR76 •••• 0143" in run("iban", "verify", line["siret"], "--as", other.email).stdout
    assert_refused(run("partners", "import", file, "--as", "nobody@example.fr"), "agent_unknown")


def test_a_lead_is_invited_by_name_and_those_never_invited_all_at_once(office, run):
    partners = [make_partner(office) for _ in range(3)]
    result = run("partner", "invite", partners[0].siret)
    assert result.stdout == sentence("partners", "invited", name=partners[0].trade_name) + "\n"
    assert run("partner", "invite", "--all").stdout == (
        sentence("partners", "all_invited", count=2) + "\n"
    )
    assert run("partner", "invite", "--all").stdout == (
        sentence("partners", "all_invited", count=0) + "\n"
    )
    assert run("partner", "invite", partners[0].trade_name).exit_code == 0
    assert len(rows(office, "SELECT FROM waiting_mail WHERE kind = 'invitation'")) == 4


def test_who_is_invited_is_either_named_or_everybody(office, run):
    assert run("partner", "invite").exit_code == 2
    assert run("partner", "invite", "x", "--all").exit_code == 2
    assert_refused(run("partner", "invite", "Nobody"), "partner_unknown")


def test_a_lead_who_has_come_is_not_invited_again(office, run):
    partner = make_partner(office)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text("UPDATE delegate SET state = 'active', first_name = 'A', last_name = 'B'")
        )
    assert_refused(run("partner", "invite", partner.siret), "delegate_not_invited")
    assert run("partner", "invite", "--all").stdout == (
        sentence("partners", "all_invited", count=0) + "\n"
    )


# Cards


def test_issued_cards_come_as_a_pdf_and_a_csv_that_only_we_can_read(office, run, tmp_path):
    make_beneficiary(office), make_beneficiary(office)
    result = run("cards", "issue", "--school-year", 2026, "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout)["issued"] == 2
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == [
        "cards-C26-000001-to-C26-000002.csv",
        "cards-C26-000001-to-C26-000002.pdf",
    ]
    for file in (tmp_path / "out").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    content = (tmp_path / "out" / names[0]).read_text("utf-8-sig")
    codes = [row["code"] for row in csv.DictReader(io.StringIO(content), delimiter=";")]
    assert all(fold_card_code(code) == code for code in codes)
    assert run("cards", "activate", codes[0], "--pin", PIN).exit_code == 0


def test_lots_of_cards_are_all_issued(office, run, tmp_path, monkeypatch):
    monkeypatch.setattr("cardservice.commands.cards.LOT", 2)
    for _ in range(5):
        make_beneficiary(office)
    result = run("cards", "issue", "--school-year", 2026, "--out", tmp_path, "--json")
    answer = json.loads(result.stdout)
    assert (answer["issued"], len(answer["files"])) == (5, 6)
    again = run("cards", "issue", "--school-year", 2026, "--out", tmp_path, "--json")
    assert json.loads(again.stdout)["issued"] == 0


def test_a_full_disk_issues_no_card_and_leaves_no_half_sheet(office, run, tmp_path, monkeypatch):
    make_beneficiary(office)
    fsync = card_files.os.fsync

    def full(handle):
        fsync(handle)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(card_files.os, "fsync", full)
        result = run("cards", "issue", "--school-year", 2026, "--out", tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert rows(office, "SELECT FROM card") == []
    assert not [file for file in tmp_path.iterdir() if not file.name.endswith(".part")]


def test_the_life_of_a_card_can_be_typed(office, run, tmp_path):
    card = make_card(office, pin=None)
    photo = tmp_path / "photo.png"
    Image.new("RGB", (600, 800)).save(photo)
    assert_refused(run("cards", "activate", card.code), "pin_missing")
    for words in (
        ("activate", card.code, "--pin", PIN),
        ("pin", card.serial, "--pin", "5093"),
        ("photo", card.serial, photo),
        ("pause", card.code),
        ("resume", card.serial.lower()),
        ("block", card.code, "--reason", "stolen"),
    ):
        result = run("cards", *words)
        assert (result.exit_code, result.stderr) == (0, ""), words
        assert card.serial in result.stdout
        assert card.code not in result.stdout
    assert_refused(run("cards", "resume", card.code), "card_blocked")
    replaced = json.loads(run("cards", "replace", card.code, "--json").stdout)
    assert (replaced["old_serial"], replaced["serial"]) == (card.serial, "C26-000002")
    assert run("cards", "activate", replaced["code"]).exit_code == 0


def test_a_replaced_cards_sheet_is_written_where_it_is_wanted(office, run, tmp_path):
    card = make_card(office)
    assert run("cards", "replace", card.code, "--out", tmp_path).exit_code == 0
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".pdf"]


def order_plastic(office, card):
    replace_own_card(
        office.engine,
        office.keys,
        beneficiary_id=card.holder.beneficiary_id,
        serial=card.serial,
        actor="member:1",
    )


def test_ordered_plastics_are_printed_once_on_a_sheet_of_their_own(office, run, tmp_path):
    card = make_card(office)
    order_plastic(office, card)
    answer = json.loads(run("cards", "print", "--out", tmp_path / "out", "--json").stdout)
    assert (answer["printed"], len(answer["files"])) == (1, 2)
    (sheet,) = (tmp_path / "out").glob("*.csv")
    assert sheet.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig")), delimiter=";")
    assert run("cards", "pin", row["code"], "--pin", "5093").exit_code == 0
    again = run("cards", "print", "--out", tmp_path / "again")
    assert (again.exit_code, "Aucune carte" in again.stdout) == (0, True)
    assert not (tmp_path / "again").exists()


def test_a_full_disk_leaves_the_ordered_plastics_waiting(office, run, tmp_path, monkeypatch):
    card = make_card(office)
    order_plastic(office, card)

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(card_files.os, "fsync", full)
        result = run("cards", "print", "--out", tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert json.loads(run("cards", "print", "--out", tmp_path, "--json").stdout)["printed"] == 1


def test_an_agent_ends_the_departments_pause_and_no_other(office, run):
    card = make_card(office)
    paused = {"beneficiary_id": card.holder.beneficiary_id, "actor": "member:1"}
    pause_card_of(office.engine, **paused, paused_by="holder")
    assert_refused(run("cards", "resume", card.serial), "card_paused_by_holder")
    run("cards", "pause", card.serial)
    result = run("cards", "resume", card.serial)
    assert (result.exit_code, "encore en pause" in result.stdout) == (0, True)


# Terminals and agents


def test_a_terminal_gets_a_code_a_fresh_one_and_an_end(office, run):
    shop = make_partner(office)
    words = ("--partner", shop.siret, "--kind", "box", "--label", "Caisse", "--json")
    first = json.loads(run("terminal", "code", *words, "--pin", "always").stdout)
    second = json.loads(run("terminal", "code", first["terminal_id"], "--json").stdout)
    assert second["terminal_id"] == first["terminal_id"]
    assert second["activation_code"] != first["activation_code"]
    assert run("terminal", "revoke", first["terminal_id"]).exit_code == 0
    assert_refused(run("terminal", "revoke", first["terminal_id"]), "terminal_revoked")


def test_a_terminal_is_either_named_or_described(office, run):
    till = make_terminal(office)
    assert run("terminal", "code").exit_code == 2
    assert run("terminal", "code", till.public_id, "--kind", "box").exit_code == 2
    assert run("terminal", "code", "--partner", "x", "--kind", "spoon").exit_code == 2


def test_an_agent_is_added_and_shown_the_secret_once(office, run):
    words = ("agent", "add", "a@departement13.example", "--role", "hotline", "--password-stdin")
    answer = json.loads(run(*words, "--json", input=PASSWORD + "\n").stdout)
    assert pyotp.parse_uri(answer["otpauth_url"]).secret == answer["totp_secret"]
    assert_refused(run(*words, input=PASSWORD + "\n"), "agent_exists")
    assert_refused(run(*words, input="short\n"), "password_too_short", least=12)


# The machine


def test_an_upgrade_can_be_repeated(office, run):
    assert run("db", "upgrade").exit_code == 0


def test_an_instance_that_was_never_made_says_what_to_run(tmp_path):
    words = ["partner", "suspend", "x", "--data-dir", str(tmp_path / "new")]
    result = CliRunner().invoke(cjeune, words)
    assert result.exit_code == 1
    assert result.stderr == sentence("failures", "NotReady") + "\n"


def test_a_server_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    nowhere = f"postgresql://cjeune_app@/cjeune?host={tmp_path}"
    monkeypatch.setenv("CJEUNE_DATABASE_URL", nowhere)
    monkeypatch.setenv("CJEUNE_OWNER_DATABASE_URL", nowhere)
    words = ["partner", "suspend", "x", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(cjeune, words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_an_unknown_command_is_a_usage_error():
    assert CliRunner().invoke(cjeune, ["nothing"]).exit_code == 2


def every_command(group, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_the_help_lists_every_command_in_the_order_of_a_life():
    told = CliRunner().invoke(cjeune, ["--help"]).output.split("Commands:\n")[1]
    assert [line.split()[0] for line in told.splitlines()] == list(COMMANDS)


def test_only_the_command_that_is_typed_is_loaded():
    words = (
        "import sys; from cardservice.cli import cjeune;"
        " cjeune(['cards', 'block', '--help'], standalone_mode=False);"
        " print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    packages = set(loaded.stdout.splitlines()[-1].split())
    assert "cardservice" in packages, loaded.stderr
    assert not packages & {"fastapi", "partner_portal", "youth_portal", "department_desk"}


@pytest.mark.parametrize(("name", "command"), list(every_command(cjeune)))
def test_every_command_takes_a_data_dir_and_says_what_it_does(name, command):
    assert "data_dir" in {parameter.name for parameter in command.params}, name
    assert command.help


def test_the_fleet_is_lent_set_listed_and_taken_back(office, run):
    terminal = make_terminal(office).public_id
    assert run("terminal", "lend", terminal, "--serial", "VX-0017").exit_code == 0
    run("terminal", "settings", terminal, "--pin", "above", "--above-cents", "1500")
    [listed] = json.loads(run("terminal", "list", "--lent", "--json").output)
    assert listed["terminal_id"] == terminal
    assert (listed["serial"], listed["pin_required"], listed["above_cents"]) == (
        "VX-0017",
        "above",
        1500,
    )
    assert "VX-0017" in run("terminal", "list").output
    assert run("terminal", "return", terminal).exit_code == 0
    assert json.loads(run("terminal", "list", "--lent", "--json").output) == []
    assert_refused(run("terminal", "return", terminal), "terminal_not_lent")


def test_settings_that_say_nothing_are_a_usage_error(office, run):
    terminal = make_terminal(office).public_id
    assert run("terminal", "settings", terminal).exit_code == 2


def test_a_past_debit_is_corrected_by_its_reference(office, run):
    agent = make_agent(office, "hotline")
    words = ("--euros", "10,55", "--reason", "mistake", "--as", agent.email)
    assert_refused(run("regularisation", "ask", "D0000000", *words), "debit_unknown")
    assert run("regularisation", "ask", "D0000000", "--euros", "x", *words[2:]).exit_code == 2
    number = ("4711", "--as", agent.email, "--totp", pyotp.TOTP(agent.totp_secret).now())
    assert_refused(run("regularisation", "agree", *number), "regularisation_unknown")
    for act in ("refuse", "reverse"):
        assert_refused(run("regularisation", act, *number), "totp_used")
