"""The page of a run: what is off says why, partners are found, downloads are told, proofs name."""

from __future__ import annotations

import re

import psycopg
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.runs import attempts_of
from clearing.cent_proof import NAMES, run_proof
from clearing.controls import controls_of
from department_desk.portal import PAGES
from tests.clearing.story import NEXT_PERIOD, PERIOD, Fortnight
from tests.conftest import superuser_dsn
from tests.portals.desk.agents import PREFIX
from tests.portals.desk.conftest import AtDesk
from tests.portals.desk.dossier import Dossier, run_now
from tests.portals.site import Site
from tests.portals.visitor import Visitor

WAITING = f"{PREFIX}/quinzaines/{NEXT_PERIOD}"
SENT = f"{PREFIX}/quinzaines/{PERIOD}"


def text_of(html: str) -> str:
    """What a person reads, in a line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("finance_preparer", "Réservé aux agents « Finances, validation »."),
        ("administrator", "Réservé aux agents « Finances, validation »."),
    ],
)
def test_a_button_that_is_off_says_whose_it_is(
    dossier: Dossier, at_desk: AtDesk, role: str, why: str
) -> None:
    page = at_desk(dossier.bureau[role]).get(WAITING).text
    assert re.search(r'<button[^>]*disabled[^>]*aria-describedby="why-approve"', page)
    assert why in page


def looked_at(visitor: Visitor) -> dict[str, str]:
    """What the page of the approval says of the run it shows."""
    found = re.search(r'name="vu" value="([0-9a-f]{64})"', visitor.get(f"{WAITING}/valider").text)
    assert found is not None
    return {"vu": found[1]}


def test_what_was_submitted_anew_is_not_approved_from_an_old_page(
    dossier: Dossier, at_desk: AtDesk, story: Fortnight
) -> None:
    approver = dossier.bureau.second
    visitor = at_desk(approver)
    code, seen = approver.code(), looked_at(visitor)
    story.reject(NEXT_PERIOD)
    story.meddle("UPDATE bank_account SET holder_name = 'SOMEBODY ELSE' WHERE state = 'verified'")
    story.submit(NEXT_PERIOD)
    answer = visitor.post(f"{WAITING}/valider", seen | {"total": "54,00", "code": code})
    assert answer.status_code == 422 and "soumise à nouveau" in answer.text
    assert run_now(story, NEXT_PERIOD).state == "submitted"
    assert looked_at(visitor) != seen


def test_who_submitted_is_told_that_another_person_approves(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    person = dossier.bureau["finance_preparer"]
    with psycopg.connect(superuser_dsn(site.office)) as db:
        db.execute(
            "UPDATE agent SET role = 'finance_approver' WHERE agent_id = %s", [person.agent_id]
        )
    visitor = at_desk(person)
    assert "une autre personne doit la valider" in visitor.get(WAITING).text
    answer = visitor.post(
        f"{WAITING}/valider", looked_at(visitor) | {"total": "54,00", "code": person.code()}
    )
    assert answer.status_code == 422 and "Vous avez soumis cette quinzaine" in answer.text


@pytest.mark.parametrize(
    ("total", "told"),
    [("53,99", "Ce n’est pas le total"), ("beaucoup", "Saisissez un montant en euros")],
    ids=["total_differs", "amount_unclear"],
)
def test_a_wrong_total_approves_nothing_and_keeps_the_code(
    dossier: Dossier, at_desk: AtDesk, story: Fortnight, total: str, told: str
) -> None:
    approver = dossier.bureau.second
    visitor = at_desk(approver)
    code, seen = approver.code(), looked_at(visitor)
    answer = visitor.post(f"{WAITING}/valider", seen | {"total": total, "code": code})
    assert answer.status_code == 422 and told in answer.text
    assert code not in answer.text
    assert run_now(story, NEXT_PERIOD).state == "submitted"
    answer = visitor.post(f"{WAITING}/valider", seen | {"total": "54,00", "code": code})
    assert answer.status_code == 303
    assert run_now(story, NEXT_PERIOD).state == "approved"


def test_a_code_that_has_served_exports_nothing(
    dossier: Dossier, at_desk: AtDesk, story: Fortnight
) -> None:
    approver = dossier.bureau.second
    visitor = at_desk(approver)
    code, seen = approver.code(), looked_at(visitor)
    visitor.post(f"{WAITING}/valider", seen | {"total": "54,00", "code": code})
    story.complete_papers(NEXT_PERIOD)
    answer = visitor.post(f"{WAITING}/exporter", {"code": code})
    assert answer.status_code == 422 and "déjà servi" in answer.text
    assert run_now(story, NEXT_PERIOD).state == "approved"


def test_partners_are_found_and_the_totals_stay_those_of_the_whole_run(
    dossier: Dossier, at_desk: AtDesk
) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    name = dossier.story.partners[0].trade_name
    for words in (name, name.upper(), dossier.story.partners[0].siret):
        page = text_of(visitor.get(WAITING, params={"q": words}).text)
        assert "1 partenaire sur 2" in page.replace("\u00a0", " ")
        assert "sur un total de 54,00" in page
    numbered = text_of(visitor.get(SENT, params={"q": dossier.failed_number}).text)
    assert "1 partenaire sur 3" in numbered.replace("\u00a0", " ")


def test_alerts_are_counted_over_the_run_and_filter_it(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    page = visitor.get(SENT, params={"alerte": "failed"}).text
    assert "Virement rejeté (1)" in page
    assert "1 partenaire sur 3" in text_of(page).replace("\u00a0", " ")
    assert visitor.get(SENT, params={"alerte": "nulle", "tri": "rien"}).status_code == 200


def test_a_debit_is_two_clicks_from_the_run(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["administrator"])
    run = visitor.get(SENT).text
    partner = re.findall(rf'href="({SENT}/bordereaux/\d+)"', run)
    found = [visitor.get(address).text for address in partner]
    debits = [
        one for page in found for one in re.findall(r'href="(/departement/debits/\w+)"', page)
    ]
    assert f"/departement/debits/{dossier.reference}" in debits
    debit = visitor.get(f"/departement/debits/{dossier.reference}").text
    youths = dossier.story.rows("SELECT first_name, last_name FROM beneficiary")
    assert "10,00" in debit and youths
    for youth in youths:
        assert f"{youth.first_name} {youth.last_name}" not in debit


def test_every_download_is_in_the_journal_and_on_the_page(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    officer = dossier.bureau["finance_approver"]
    visitor = at_desk(officer)
    files = (
        "fichiers/fichier-bancaire.xml",
        "fichiers/lignes.csv",
        "fichiers/partenaires.xlsx",
        f"bordereaux/{dossier.sent_remittance_id}/bordereau.pdf",
        f"bordereaux/{dossier.sent_remittance_id}/bordereau.xlsx",
    )
    for file in files:
        answer = visitor.get(f"{SENT}/{file}")
        assert answer.status_code == 200 and len(answer.content) > 100, file
        assert "attachment" in answer.headers["content-disposition"]
    with psycopg.connect(superuser_dsn(site.office)) as db:
        noted = db.execute(
            "SELECT actor, detail FROM journal WHERE action = 'document.download'"
        ).fetchall()
    assert len(noted) == len(files) and {one[0] for one in noted} == {f"agent:{officer.agent_id}"}
    page = visitor.get(SENT).text
    assert all(one[1] in page for one in noted)


def test_the_bank_file_is_the_stored_one_each_time(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["finance_preparer"])
    first, second = (visitor.get(f"{SENT}/fichiers/fichier-bancaire.xml").content for _ in "12")
    assert first == second and b"<Document" in first


def test_accounts_are_masked_everywhere_but_in_the_files(dossier: Dossier, at_desk: AtDesk) -> None:
    ibans = {row.iban for row in dossier.story.rows("SELECT iban FROM bank_account") if row.iban}
    visitor = at_desk(dossier.bureau["finance_approver"])
    pages = [
        f"{PREFIX}/partenaires/{dossier.held_partner_id}",
        f"{SENT}/bordereaux/{dossier.sent_remittance_id}",
        f"{PREFIX}/banque",
        SENT,
        WAITING,
    ]
    for page in pages:
        text = visitor.get(page).text
        assert not any(iban in text for iban in ibans), page


def test_a_changed_paper_is_named_by_the_proof(
    site: Site, dossier: Dossier, at_desk: AtDesk
) -> None:
    visitor = at_desk(dossier.bureau["administrator"])
    address = f"{SENT}/bordereaux/{dossier.sent_remittance_id}/preuve"
    assert "Tous les chemins mènent au même chiffre" in visitor.get(address).text
    with psycopg.connect(superuser_dsn(site.office)) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(
            "UPDATE document SET content = replace(convert_from(content, 'UTF8'), '15,50',"
            " '15,51')::bytea WHERE kind = 'csv' AND remittance_id = %s",
            [dossier.sent_remittance_id],
        )
    page = visitor.get(address).text
    assert "Des chiffres ne sont pas les mêmes" in page and dossier.failed_number in page


def test_every_control_and_every_road_has_its_words(dossier: Dossier, at_desk: AtDesk) -> None:
    words = PAGES.texts
    with unit_of_work(dossier.story.office.engine) as connection:
        run = attempts_of(connection, PERIOD)[0]
        controls = {one.name for one in controls_of(connection, run.run_id)}
        proof = run_proof(connection, run.run_id)
    assert controls <= words["controls"].keys()
    assert set(NAMES) <= words["proof_names"].keys()
    assert {road for row in proof.rows for road in row.figures} <= words["roads"].keys()
    visitor = at_desk(dossier.bureau["finance_approver"])
    assert visitor.post(f"{SENT}/preuve").status_code == 303
    for _ in range(200):
        told = visitor.get(f"{SENT}/preuve/avancement.json").json()
        if told["is_over"]:
            break
    assert "Tous les chemins mènent au même chiffre" in visitor.get(f"{SENT}/preuve").text


def test_holding_a_partner_takes_a_reason_and_is_undone(dossier: Dossier, at_desk: AtDesk) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    address = f"{PREFIX}/partenaires/{dossier.story.partners[2].partner_id}"
    assert visitor.post(f"{address}/retenir", {"motif": " "}).status_code == 422
    assert visitor.post(f"{address}/retenir", {"motif": "RIB douteux"}).status_code == 303
    assert "RIB douteux" in visitor.get(address).text
    assert visitor.post(f"{address}/liberer").status_code == 303
    assert "RIB douteux" not in visitor.get(address).text
