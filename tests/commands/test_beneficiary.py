"""`cjeune beneficiary export|erase`: what is typed and said."""

import json
import stat

from cardservice.commands.words import sentence
from tests.commands.test_commands import assert_refused, rows, run
from tests.makers import make_beneficiary, make_card
from tests.portals.youth.people import make_member

__all__ = ["run"]


def test_everything_about_a_person_is_written_for_them_alone(office, run, tmp_path):
    card = make_card(office)
    file = tmp_path / "personne.json"
    told = run("beneficiary", "export", card.serial, "--out", file)
    assert told.exit_code == 0, told.stderr
    parts = json.loads(file.read_text())
    assert parts["roster"][0]["ine"] == card.holder.ine
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_erased_person_is_known_by_nothing_any_more(office, run, tmp_path):
    holder = make_beneficiary(office)
    card = make_card(office, holder)
    told = run("beneficiary", "erase", holder.ine.lower(), "--yes")
    assert told.exit_code == 0, told.stderr
    assert told.stdout.strip() == sentence("beneficiary", "erased")
    assert rows(office, "SELECT ine, last_name FROM beneficiary") == [(None, None)]
    for name in (holder.ine, card.serial):
        assert_refused(run("beneficiary", "erase", name, "--yes"), "person_unknown")
    assert run("proof").exit_code == 0


def test_without_a_yes_nobody_is_erased(office, run):
    holder = make_beneficiary(office)
    assert run("beneficiary", "erase", holder.ine).exit_code != 0
    assert rows(office, "SELECT erased_at FROM beneficiary") == [(None,)]


def test_an_account_is_erased_by_its_number(office, run):
    member = make_member(office, linked=False)
    told = run("beneficiary", "erase", f"member:{member.member_id}", "--yes")
    assert told.exit_code == 0, told.stderr
    assert rows(office, "SELECT FROM member") == []
    for name in (f"member:{member.member_id}", "member:", "member:x"):
        assert_refused(run("beneficiary", "erase", name, "--yes"), "person_unknown")
