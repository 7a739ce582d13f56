"""The fleet: what is lent under which number, what a terminal asks for, when it was last seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.fleet import FleetTerminal, fleet
from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.services.change_terminal import SettingsWanted, change_terminal
from cardservice.services.lend_terminal import TerminalLent, lend_terminal, return_terminal
from cardservice.services.log_sightings import Sighting, log_sightings
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING

ACTOR = "agent:1"


def lend(office: Office, terminal_id: str, serial: str) -> TerminalLent | Refused:
    return lend_terminal(office.engine, terminal_id=terminal_id, serial=serial, actor=ACTOR)


def give_back(office: Office, terminal_id: str) -> TerminalLent | Refused:
    return return_terminal(office.engine, terminal_id=terminal_id, actor=ACTOR)


def kept(office: Office, terminal_id: str) -> FleetTerminal:
    with unit_of_work(office.engine) as connection:
        return next(one for one in fleet(connection) if one.terminal_id == terminal_id)


def test_what_is_lent_stands_in_the_fleet_until_it_comes_back(office: Office) -> None:
    terminal = makers.make_terminal(office)
    assert lend(office, terminal.public_id, " vx680-0017 ") == TerminalLent(
        terminal.public_id, "VX680-0017"
    )
    on_loan = kept(office, terminal.public_id)
    assert (on_loan.serial, on_loan.lent_on, on_loan.returned_on) == (
        "VX680-0017",
        paris_day(A_MORNING),
        None,
    )
    with unit_of_work(office.engine) as connection:
        assert [one.terminal_id for one in fleet(connection, only_lent=True)] == [
            terminal.public_id
        ]
    assert give_back(office, terminal.public_id) == TerminalLent(terminal.public_id, "VX680-0017")
    assert kept(office, terminal.public_id).returned_on == paris_day(A_MORNING)
    with unit_of_work(office.engine) as connection:
        assert fleet(connection, only_lent=True) == []


def test_one_thing_is_in_one_place_at_a_time(office: Office) -> None:
    first, second = makers.make_terminal(office), makers.make_terminal(office)
    lend(office, first.public_id, "BOX-1")
    assert lend(office, second.public_id, "box-1") == Refused("terminal_serial_taken")
    assert lend(office, first.public_id, "BOX-2") == Refused("terminal_lent_already")
    give_back(office, first.public_id)
    assert lend(office, second.public_id, "BOX-1") == TerminalLent(second.public_id, "BOX-1")


def test_two_who_lend_one_thing_at_once_lend_it_once(office: Office) -> None:
    terminals = [makers.make_terminal(office).public_id for _ in range(4)]
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda one: lend(office, one, "BOX-9"), terminals))
    assert sum(isinstance(answer, TerminalLent) for answer in answers) == 1
    assert answers.count(Refused("terminal_serial_taken")) == 3


@pytest.mark.parametrize("serial", ["", "AB", "É1234", "-123", "A" * 41, "BOX 1", "BOX\n12"])
def test_a_serial_number_is_plain(office: Office, serial: str) -> None:
    terminal = makers.make_terminal(office)
    assert lend(office, terminal.public_id, serial) == Refused("terminal_serial_malformed")


def test_only_a_thing_in_service_is_lent_and_only_what_is_lent_comes_back(office: Office) -> None:
    shop = makers.make_partner(office)
    web_till = makers.make_terminal(office, shop, kind="web_till").public_id
    gone = makers.make_terminal(office, shop).public_id
    assert give_back(office, gone) == Refused("terminal_not_lent")
    revoke_terminal(office.engine, terminal_id=gone, actor=ACTOR)
    assert lend(office, gone, "BOX-1") == Refused("terminal_revoked")
    assert lend(office, web_till, "BOX-1") == Refused("terminal_not_lendable")
    assert lend(office, "nowhere", "BOX-1") == Refused("terminal_unknown")
    assert give_back(office, "nowhere") == Refused("terminal_unknown")


def test_a_lost_terminal_that_was_revoked_can_still_come_back(office: Office) -> None:
    lost = makers.make_terminal(office).public_id
    lend(office, lost, "BOX-1")
    revoke_terminal(office.engine, terminal_id=lost, actor=ACTOR)
    assert isinstance(give_back(office, lost), TerminalLent)


def change(office: Office, terminal_id: str, **wanted: object) -> object:
    return change_terminal(
        office.engine,
        terminal_id=terminal_id,
        wanted=SettingsWanted(**wanted),  # type: ignore[arg-type]
        actor=ACTOR,
    )


def test_settings_change_one_by_one_and_the_rest_stays(office: Office) -> None:
    terminal = makers.make_terminal(office, pin_required="above", above_cents=1500).public_id
    change(office, terminal, limit_cents=4000)
    now = kept(office, terminal)
    assert (now.pin_required, now.above_cents, now.limit_cents) == ("above", 1500, 4000)
    change(office, terminal, pin_required="always", ticket=True)
    now = kept(office, terminal)
    assert (now.pin_required, now.above_cents, now.limit_cents, now.ticket) == (
        "always",
        None,
        4000,
        True,
    )


def test_settings_that_contradict_each_other_change_nothing(office: Office) -> None:
    terminal = makers.make_terminal(office).public_id
    before = kept(office, terminal)
    unclear = Refused("terminal_pin_policy_unclear")
    assert change(office, terminal, pin_required="above") == unclear
    assert change(office, terminal, above_cents=100) == unclear
    assert change(office, terminal, pin_required="never", above_cents=100) == unclear
    refused = change(office, terminal, limit_cents=0)
    assert isinstance(refused, Refused) and refused.code == "terminal_limit_out_of_range"
    assert change(office, "nowhere", limit_cents=100) == Refused("terminal_unknown")
    assert kept(office, terminal) == before
    revoke_terminal(office.engine, terminal_id=terminal, actor=ACTOR)
    assert change(office, terminal, limit_cents=100) == Refused("terminal_revoked")


def test_a_sighting_never_goes_back_and_keeps_the_name_that_was_given(office: Office) -> None:
    terminal = makers.make_terminal(office)
    log_sightings(office.engine, [Sighting(terminal.terminal_id, 0.0, "cjeune-tpe/1.0")])
    first = kept(office, terminal.public_id)
    log_sightings(office.engine, [Sighting(terminal.terminal_id, 3600.0, None)])
    assert kept(office, terminal.public_id) == first
    assert first.program == "cjeune-tpe/1.0"


def test_a_sighting_leaves_the_tills_copy_of_the_register_alone(office: Office) -> None:
    terminal = makers.make_terminal(office)
    before = version(office)
    log_sightings(office.engine, [Sighting(terminal.terminal_id, 0.0, None)])
    assert version(office) == before


def version(office: Office) -> int:
    with unit_of_work(office.engine) as connection:
        found = connection.exec_driver_sql("SELECT version FROM register_version").scalar_one()
    return int(found)
