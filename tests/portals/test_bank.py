"""« Coordonnées bancaires » over HTTP: proof in the same form, and no number after it was typed."""

from __future__ import annotations

import pytest

from tests.makers import IBAN, OTHER_IBAN, verify_partner
from tests.portals.conftest import SignedIn
from tests.portals.people import PASSWORD, Team
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.services.partner_people import code, rows

BANK = "/partenaire/coordonnees-bancaires"


@pytest.fixture
def lead(site: Site, team: Team, signed_in: SignedIn) -> Visitor:
    verify_partner(site.office, team.partner)
    return signed_in(team.people["lead"])


def change(site: Site, **fields: str) -> dict[str, str]:
    return {
        "iban": OTHER_IBAN,
        "titulaire": "LIBRAIRIE NEUVE",
        "mot_de_passe": PASSWORD,
        "code": code(site.office),
    } | fields


def test_a_change_shows_the_mask_the_hold_and_the_account_still_in_use(
    site: Site, lead: Visitor
) -> None:
    answer = lead.post(f"{BANK}/changer", change(site))
    assert answer.status_code == 303
    page = lead.get(answer.headers["location"]).text
    assert "FR76 •••• 0143" in page and "FR76 •••• 0129" in page
    assert "le 24/11/2026 11:0" in page
    for path in (BANK, f"{BANK}/changer", f"{BANK}/annuler", "/partenaire/journal"):
        text = lead.get(path).text.replace(" ", "")
        assert IBAN not in text and OTHER_IBAN not in text, path


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"iban": "FR7610107001011234567890128"}, "iban"),
        ({"iban": IBAN, "titulaire": "LIBRAIRIE"}, None),
        ({"titulaire": ""}, "titulaire"),
        ({"mot_de_passe": "wrong"}, "mot_de_passe"),
        ({"mot_de_passe": ""}, "mot_de_passe"),
        ({"code": "000000"}, "code"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_secrets_are_not_sent_back(
    site: Site, lead: Visitor, fields: dict[str, str], field: str | None
) -> None:
    answer = lead.post(f"{BANK}/changer", change(site, **fields))
    if field is None:
        # Another holder of the same number is a change.
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert PASSWORD not in answer.text
    assert len(rows(site.office, "SELECT FROM bank_account")) == 1


def test_a_waiting_change_is_taken_back_with_proof(site: Site, lead: Visitor) -> None:
    lead.post(f"{BANK}/changer", change(site))
    assert "FR76 •••• 0129" in lead.get(f"{BANK}/annuler").text
    used = lead.post(f"{BANK}/annuler", {"mot_de_passe": PASSWORD, "code": code(site.office)})
    # The code served the change: it does not serve twice.
    assert used.status_code == 422
    assert 'id="e-code"' in used.text
    assert lead.get(BANK).text.count("FR76 •••• 0129") == 1


def test_there_is_nothing_to_take_back_without_a_change(lead: Visitor) -> None:
    assert lead.get(f"{BANK}/annuler").status_code == 303


def test_a_form_cannot_name_another_partner_nor_verify_itself(
    site: Site, team: Team, stranger_team: Team, lead: Visitor
) -> None:
    foreign = str(stranger_team.partner.partner_id)
    lead.post(
        f"{BANK}/changer",
        change(site, partner_id=foreign, state="verified", usable_from="2020-01-01"),
    )
    (row,) = rows(
        site.office,
        "SELECT partner_id, state, usable_from > changed_at AS held FROM bank_account"
        " WHERE iban = :iban",
        iban=OTHER_IBAN,
    )
    assert tuple(row) == (team.partner.partner_id, "unverified", True)


def test_only_the_lead_comes_here(team: Team, signed_in: SignedIn) -> None:
    for name in ("cashier", "accountant", "editor"):
        assert signed_in(team.people[name]).get(BANK).status_code == 403
