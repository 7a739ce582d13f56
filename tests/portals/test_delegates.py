"""« Mes délégués » and the day's pass over HTTP: what the lead posts is what happens, no more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cardservice.services.send_link import MOST_AN_HOUR
from cardservice.webkit.sentences import refusal_sentence
from tests.conftest import A_MORNING, Clock
from tests.portals.conftest import SignedIn
from tests.portals.people import PASSWORD, Team
from tests.portals.site import Site, known_as
from tests.portals.visitor import SESSION_COOKIE, Visitor
from tests.services.partner_people import code, delegate_row, mails, rows

DELEGATES = "/partenaire/delegues"
HOSTILE = '<script>alert("x")</script>'
# The lead's clock when nothing moves it: Sunday 22 November 2026.
TODAY = "2026-11-22"


@pytest.fixture
def lead(team: Team, signed_in: SignedIn) -> Visitor:
    return signed_in(team.people["lead"])


def invitation(**fields: str | list[str]) -> dict[str, str | list[str]]:
    return {
        "courriel": "lou@librairie.example",
        "role": "cashier",
        "points_de_vente": "tous",
    } | fields


def a_pass(team: Team, **fields: str) -> dict[str, str]:
    return {
        "prenom": "Lou",
        "nom": "Renfort",
        "point_de_vente": str(team.annex_id),
        "jour": TODAY,
        "plafond": "30,00",
    } | fields


def made_pass(lead: Visitor, team: Team) -> tuple[str, str]:
    """Where the lead sees the pass, and the path on its QR."""
    shown = lead.post(f"{DELEGATES}/passe", a_pass(team)).headers["location"].partition("?")[0]
    found = re.search(r"/partenaire/passe/[\w-]{43}", lead.get(shown).text)
    assert found is not None
    return shown, found[0]


# Inviting and changing


def test_an_invitation_leads_to_the_invited_persons_page(
    site: Site, team: Team, lead: Visitor
) -> None:
    answer = lead.post(
        f"{DELEGATES}/inviter",
        invitation(points_de_vente=[str(team.annex_id)], dernier_jour="24/12/2026", plafond="50"),
    )
    assert answer.status_code == 303
    page = lead.get(answer.headers["location"]).text
    assert "L’invitation est partie." in page
    assert "24/12/2026" in page and "50,00\u00a0€" in page and "Annexe" in page
    assert mails(site.office, "invitation")[0].recipient == "lou@librairie.example"


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"courriel": "lou"}, "courriel", "pas complète"),
        ({"role": "lead"}, "role", "Choisissez un rôle"),
        ({"role": "day_cashier"}, "role", "Choisissez un rôle"),
        ({"points_de_vente": []}, "points_de_vente", "au moins un point de vente"),
        ({"points_de_vente": "x"}, "points_de_vente", "au moins un point de vente"),
        ({"points_de_vente": "9" * 18}, "points_de_vente", "au moins un point de vente"),
        ({"dernier_jour": "31/02/2027"}, "dernier_jour", "Cette date n’existe pas"),
        ({"dernier_jour": "9999-12-31"}, "dernier_jour", "Cette date n’existe pas"),
        ({"dernier_jour": "2026-11-21"}, "dernier_jour", "déjà passé"),
        ({"plafond": "beaucoup"}, "plafond", "entre 0,01\u00a0€ et 1\u00a0000,00\u00a0€"),
        ({"plafond": "0"}, "plafond", "entre 0,01"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    lead: Visitor, fields: dict[str, str | list[str]], field: str, sentence: str
) -> None:
    answer = lead.post(f"{DELEGATES}/inviter", invitation(**fields))
    assert answer.status_code == 422
    text = re.sub(r"\s+", " ", answer.text.replace("\u00a0", " "))
    assert f'id="e-{field}">' in text
    assert sentence.replace("\u00a0", " ") in text
    if fields.get("courriel") != "lou":
        assert 'value="lou@librairie.example"' in text


def test_a_form_cannot_say_whose_delegate_nor_make_a_lead(
    site: Site, team: Team, stranger_team: Team, lead: Visitor
) -> None:
    before = rows(site.office, "SELECT * FROM delegate ORDER BY delegate_id")
    foreign = stranger_team.people["cashier"]
    extra = {
        "partner_id": str(stranger_team.partner.partner_id),
        "delegate_id": str(foreign.delegate_id),
        "state": "active",
        "invited_by": "1",
        "credential_id": "1",
    }
    assert lead.post(f"{DELEGATES}/inviter", invitation(role="lead", **extra)).status_code == 422
    cashier = team.people["cashier"].delegate_id
    change = {"role": "lead", "points_de_vente": "tous", **extra}
    assert lead.post(f"{DELEGATES}/{cashier}/modifier", change).status_code == 422
    assert rows(site.office, "SELECT * FROM delegate ORDER BY delegate_id") == before
    lead.post(f"{DELEGATES}/{cashier}/modifier", change | {"role": "accountant"})
    changed = delegate_row(site.office, cashier)
    assert (changed.role, changed.partner_id) == ("accountant", team.partner.partner_id)
    assert delegate_row(site.office, foreign.delegate_id).role == "cashier"


def test_a_changed_role_signs_that_person_out(
    team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    cashier = signed_in(team.people["cashier"])
    assert cashier.get("/partenaire").status_code == 200
    lead.post(
        f"{DELEGATES}/{team.people['cashier'].delegate_id}/modifier",
        {"role": "editor", "points_de_vente": "tous"},
    )
    answer = cashier.get("/partenaire")
    assert (answer.status_code, "connexion" in answer.headers["location"]) == (303, True)


def test_the_form_of_a_change_shows_what_holds_now(team: Team, lead: Visitor) -> None:
    here = f"{DELEGATES}/{team.people['cashier'].delegate_id}/modifier"
    page = lead.get(here).text
    assert 'value="cashier" checked' in page
    assert f'value="{team.partner.outlet_id}" checked' in page
    assert f'value="{team.annex_id}" checked' not in page
    of_lead = lead.get(f"{DELEGATES}/{team.people['lead'].delegate_id}/modifier")
    assert of_lead.status_code == 303


def test_an_accountant_keeps_no_outlet_that_was_ticked(
    site: Site, team: Team, lead: Visitor
) -> None:
    fields = {"role": "accountant", "points_de_vente": str(team.annex_id)}
    invited = lead.post(f"{DELEGATES}/inviter", invitation(**fields))
    page = lead.get(invited.headers["location"]).text
    assert "Tous les points de vente" in page and "Annexe</dd>" not in page
    here = f"{DELEGATES}/{team.people['cashier'].delegate_id}"
    assert lead.post(f"{here}/modifier", fields).status_code == 303
    assert delegate_row(site.office, team.people["cashier"].delegate_id).every_outlet
    assert (
        "Un comptable voit toujours tous les points de vente"
        in lead.get(f"{DELEGATES}/inviter").text
    )


def test_the_second_factor_is_shown_of_those_who_come_and_of_nobody_else(
    team: Team, stranger_team: Team, lead: Visitor
) -> None:
    def page_of(number: int) -> str:
        return lead.get(f"{DELEGATES}/{number}").text

    assert "Double authentification" in page_of(team.people["cashier"].delegate_id)
    known = stranger_team.people["cashier"].email or ""
    invited = lead.post(f"{DELEGATES}/inviter", invitation(courriel=known))
    assert "Double authentification" not in lead.get(invited.headers["location"]).text


def test_more_invitations_than_an_hour_has_are_refused_on_the_persons_page(
    team: Team, lead: Visitor
) -> None:
    again = f"{DELEGATES}/{team.people['invited'].delegate_id}/relancer"
    answers = [lead.post(again) for _ in range(MOST_AN_HOUR + 1)]
    assert [one.status_code for one in answers] == [303] * MOST_AN_HOUR + [422]
    assert refusal_sentence("invitations_too_many") in answers[-1].text


# Suspending, resuming, removing, handing over


def test_a_dangerous_act_asks_on_a_page_of_its_own_and_acts_when_posted(
    site: Site, team: Team, lead: Visitor
) -> None:
    here = f"{DELEGATES}/{team.people['cashier'].delegate_id}"
    for act, sentence in (
        ("suspendre", "Suspendre l’accès de"),
        ("retirer", "Retirer Sofia Blanc"),
    ):
        before = rows(site.office, "SELECT state FROM delegate ORDER BY delegate_id")
        assert sentence in lead.get(f"{here}/{act}").text
        assert rows(site.office, "SELECT state FROM delegate ORDER BY delegate_id") == before
        assert lead.post(f"{here}/{act}").status_code == 303
    assert "Retiré" in lead.get(here).text


def test_what_cannot_be_done_is_said_on_the_persons_page(team: Team, lead: Visitor) -> None:
    suspended = team.people["suspended"].delegate_id
    answer = lead.post(f"{DELEGATES}/{suspended}/suspendre")
    assert answer.status_code == 422
    assert "Cette personne n’est pas active en ce moment." in answer.text
    again = lead.post(f"{DELEGATES}/{team.people['cashier'].delegate_id}/relancer")
    assert "il n’y a plus d’invitation à envoyer" in again.text
    removed = lead.post(f"{DELEGATES}/{team.people['lead'].delegate_id}/retirer")
    assert "C’est le délégué principal." in removed.text


def test_the_lead_is_handed_over_with_proof_and_signed_out(
    site: Site, team: Team, lead: Visitor
) -> None:
    here = f"{DELEGATES}/{team.people['cashier'].delegate_id}/principal"
    assert "Transmettre le rôle de délégué principal à Sofia Blanc" in lead.get(here).text
    fields = {"ensuite": "comptable", "mot_de_passe": PASSWORD, "code": "000000"}
    wrong = lead.post(here, fields)
    assert wrong.status_code == 422
    assert PASSWORD not in wrong.text
    answer = lead.post(here, fields | {"code": code(site.office)})
    assert answer.status_code == 303
    assert SESSION_COOKIE in answer.headers["set-cookie"]
    assert delegate_row(site.office, team.people["cashier"].delegate_id).role == "lead"
    assert lead.get(DELEGATES).status_code == 303


def test_a_number_beyond_every_table_is_unknown_and_no_outage(lead: Visitor) -> None:
    for number in ("0", "9" * 18, "9" * 60):
        assert lead.get(f"{DELEGATES}/{number}").status_code == 404
        assert lead.get(f"{DELEGATES}/passe/{number}").status_code == 404


# The day's pass


def test_a_pass_is_shown_again_and_opens_the_till_on_another_phone(
    site: Site, team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    shown, path = made_pass(lead, team)
    assert path in lead.get(shown).text
    phone = signed_in(None)
    page = phone.get(path).text
    assert "Ouvrir la caisse du 22 novembre 2026 au nom de Lou Renfort" in page
    assert rows(site.office, "SELECT FROM till_pass WHERE opened_at IS NOT NULL") == []
    answer = phone.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/partenaire/caisse")
    assert phone.get("/partenaire/caisse").status_code == 200
    for closed in ("/partenaire/delegues", "/partenaire/remboursements", "/partenaire/journal"):
        assert phone.get(closed).status_code == 403


def test_opened_elsewhere_the_first_phone_is_signed_out(
    team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    _, path = made_pass(lead, team)
    phones = [signed_in(None), signed_in(None)]
    for phone in phones:
        phone.get(path)
        phone.post(path)
    assert [phone.get("/partenaire/caisse").status_code for phone in phones] == [303, 200]


def test_ended_by_the_lead_the_till_closes_and_every_dead_pass_looks_the_same(
    site: Site, team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    shown, path = made_pass(lead, team)
    phone = signed_in(None)
    phone.get(path)
    phone.post(path)
    assert lead.post(f"{shown}/terminer").status_code == 303
    assert phone.get("/partenaire/caisse").status_code == 303
    unknown = path[:-43] + "A" * 43
    fresh = signed_in(None)
    pages = []
    for dead in (path, unknown):
        answer = fresh.get(dead)
        assert answer.status_code == 404
        pages.append(re.sub(r'value="[^"]+"', "", answer.text).replace(dead, ""))
        assert fresh.post(dead).status_code == 404
    assert pages[0] == pages[1]
    assert "Ce passe n’est plus valable" in pages[0]
    assert "Ce passe est terminé" in lead.get(shown).text


def test_at_midnight_the_till_of_a_pass_is_closed(
    site: Site, team: Team, signed_in: SignedIn
) -> None:
    clock = Clock(site.office)
    clock.set(A_MORNING + timedelta(hours=11))
    _, path = made_pass(signed_in(team.people["lead"]), team)
    phone = signed_in(None)
    phone.get(path)
    phone.post(path)
    clock.set(A_MORNING + timedelta(hours=12, minutes=59))
    assert phone.get("/partenaire/caisse").status_code == 200
    clock.set(A_MORNING + timedelta(hours=13))
    assert phone.get("/partenaire/caisse").status_code == 303
    assert signed_in(None).get(path).status_code == 404


def test_whoever_was_signed_in_on_the_phone_is_signed_out(
    site: Site, team: Team, lead: Visitor, signed_in: SignedIn
) -> None:
    _, path = made_pass(lead, team)
    phone = signed_in(team.people["editor"])
    assert "connecté au nom de Inès Fabre" in phone.get(path).text
    phone.post(path)
    editor = team.people["editor"].delegate_id
    assert rows(site.office, "SELECT FROM web_session WHERE delegate_id = :d", d=editor) == []


def test_names_are_shown_as_text(team: Team, lead: Visitor, signed_in: SignedIn) -> None:
    answer = lead.post(f"{DELEGATES}/passe", a_pass(team, prenom=HOSTILE))
    shown = answer.headers["location"].partition("?")[0]
    for page in (
        lead.get(shown).text,
        lead.get(DELEGATES).text,
        lead.get("/partenaire/journal").text,
    ):
        assert HOSTILE not in page
        assert "&lt;script&gt;alert" in page


def test_a_number_that_no_row_can_have_is_an_address_that_does_not_exist(lead: Visitor) -> None:
    paths = [f"/partenaire/delegues/{digits}" for digits in ("9" * 18, "9" * 19, "9" * 5_000)]
    assert [lead.get(path).status_code for path in paths] == [404, 404, 404]


@pytest.mark.parametrize("public_origin", ["https://carte.example", None])
def test_the_address_of_a_pass_begins_with_the_name_that_people_know(
    site: Site, team: Team, lead: Visitor, public_origin: str | None
) -> None:
    shown, path = made_pass(lead, team)
    # As a proxy hands it over that keeps no name: the one people know is the operator's word.
    with known_as(site, public_origin):
        page = lead.get(shown, headers={"Host": "backend.internal:8000"}).text
    assert (public_origin or "http://backend.internal:8000") + path in page
