"""« Mes terminaux » over HTTP: a phone is activated by a code told once, a lost one revoked."""

from __future__ import annotations

import logging
import re

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.terminals_of_partner import terminals_of
from cardservice.domain.refusal import Refused
from cardservice.services.activate_terminal import confirm_activation, recognise_activation_code
from tests.makers import make_terminal, make_terminal_waiting
from tests.portals.conftest import SignedIn
from tests.portals.people import Team
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.services.partner_people import rows

TERMINALS = "/partenaire/terminaux"
_CODE = re.compile(r'class="code-large">([0-9A-Z ]+)<')


@pytest.fixture
def lead(team: Team, signed_in: SignedIn) -> Visitor:
    return signed_in(team.people["lead"])


def new_phone(lead: Visitor, team: Team, **fields: str) -> str:
    """The address of a new phone's code."""
    form = {"point_de_vente": str(team.annex_id), "nom": "Téléphone de Sofia"} | fields
    answer = lead.post(f"{TERMINALS}/nouveau", form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def code_on(page: str) -> str | None:
    found = _CODE.search(page)
    return None if found is None else found[1].replace(" ", "")


def recognised(site: Site, code: str | None) -> bool:
    assert code is not None
    facts = recognise_activation_code(site.office.engine, site.office.keys, activation_code=code)
    return not isinstance(facts, Refused)


def test_a_phones_code_is_shown_once_and_activates_it(
    site: Site, team: Team, lead: Visitor
) -> None:
    address = new_phone(lead, team)
    page = lead.get(address).text
    code = code_on(page)
    assert code is not None and "<svg" in page
    again = lead.get(address).text
    assert code_on(again) is None
    assert "a déjà été montré" in again
    facts = recognise_activation_code(site.office.engine, site.office.keys, activation_code=code)
    assert not isinstance(facts, Refused)
    assert (facts.kind, facts.outlet_name) == ("phone", "Annexe")
    confirm_activation(
        site.office.engine, site.office.keys, activation_token=facts.activation_token, label="Tél."
    )
    assert "est activé" in lead.get(address).text


def test_a_fresh_code_ends_the_one_before(site: Site, team: Team, lead: Visitor) -> None:
    address = new_phone(lead, team)
    first = code_on(lead.get(address).text)
    lead.post(address)
    second = code_on(lead.get(address).text)
    assert (recognised(site, first), recognised(site, second)) == (False, True)


def test_a_code_that_was_replaced_meanwhile_is_not_shown(
    team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    address = new_phone(lead, team)
    signed_in(team.people["lead"]).post(address)
    assert code_on(lead.get(address).text) is None


def test_the_phone_has_the_schemes_policy_and_limit_whatever_the_form_says(
    site: Site, team: Team, lead: Visitor
) -> None:
    new_phone(lead, team, kind="box", pin_required="never", limit_cents="100000", genre="web_till")
    (row,) = rows(site.office, "SELECT * FROM terminal")
    assert (row.kind, row.state, row.outlet_id) == ("phone", "waiting", team.annex_id)
    assert (row.pin_required, row.above_cents, row.limit_cents) == ("above", 2000, 10000)


def test_a_code_is_in_no_log_no_address_and_no_row(
    site: Site, team: Team, lead: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        address = new_phone(lead, team)
        code = code_on(lead.get(address).text)
    assert code is not None and code not in address
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("httpcore")]
    assert code not in "".join(ours)
    for table in ("activation_code", "terminal", "journal", "web_session"):
        assert code not in repr(rows(site.office, f"SELECT * FROM {table}"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"nom": ""}, "nom"),
        ({"nom": "x" * 61}, "nom"),
        ({"point_de_vente": "x"}, "point_de_vente"),
        ({"point_de_vente": "9" * 18}, "point_de_vente"),
    ],
)
def test_a_phone_that_makes_no_sense_is_told_at_its_field(
    site: Site, team: Team, lead: Visitor, fields: dict[str, str], field: str
) -> None:
    form = {"point_de_vente": str(team.annex_id), "nom": "Tél."} | fields
    answer = lead.post(f"{TERMINALS}/nouveau", form)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert rows(site.office, "SELECT FROM terminal") == []


def test_a_foreign_outlet_gets_no_phone_and_a_foreign_terminal_is_unknown(
    site: Site, team: Team, stranger_team: Team, lead: Visitor
) -> None:
    foreign = make_terminal(site.office, stranger_team.partner, outlet_name="Boutique")
    form = {"point_de_vente": str(stranger_team.annex_id), "nom": "Tél."}
    assert lead.post(f"{TERMINALS}/nouveau", form).status_code == 422
    for act in ("revoquer", "code"):
        assert lead.get(f"{TERMINALS}/{foreign.public_id}/{act}").status_code == 404
        assert lead.post(f"{TERMINALS}/{foreign.public_id}/{act}").status_code == 404
    (row,) = rows(site.office, "SELECT state FROM terminal")
    assert row.state == "active"


def test_a_revoked_terminal_is_out_at_once_and_listed_apart(
    site: Site, team: Team, lead: Visitor
) -> None:
    till = make_terminal(site.office, team.partner, outlet_name="Boutique")
    here = f"{TERMINALS}/{till.public_id}/revoquer"
    assert "Révoquer Caisse 1" in lead.get(here).text
    assert rows(site.office, "SELECT state FROM terminal")[0].state == "active"
    lead.post(here)
    assert rows(site.office, "SELECT state FROM terminal")[0].state == "revoked"
    again = lead.post(here)
    assert "dit=terminal_was_revoked" in again.headers["location"]
    assert "Hors service (1)" in lead.get(TERMINALS).text


def test_the_portals_own_till_is_the_departements_to_close(
    site: Site, team: Team, lead: Visitor
) -> None:
    waiting = make_terminal_waiting(
        site.office, team.partner, kind="web_till", outlet_name="Boutique"
    )
    for act in ("revoquer", "code"):
        assert lead.post(f"{TERMINALS}/{waiting.terminal_id}/{act}").status_code == 404


def test_the_list_tells_policy_limit_and_that_nothing_was_sold(
    site: Site, team: Team, lead: Visitor
) -> None:
    make_terminal(
        site.office, team.partner, pin_required="above", above_cents=1500, outlet_name="Boutique"
    )
    page = lead.get(TERMINALS).text
    assert "Demandé au-dessus de 15,00\u00a0€" in page
    assert "Aucune depuis 7\u00a0jours" in page
    with unit_of_work(site.office.engine) as connection:
        (listed,) = terminals_of(connection, team.partner.partner_id)
    assert (listed.today_count, listed.today_cents, listed.seen_at) == (0, 0, None)
