"""Pictures sent by a youth, looked at and decided at the desk: what each side sees of it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.decide_proofs import Decision
from tests.portals.axe import violations
from tests.portals.desk.agents import COOKIE as DESK_COOKIE
from tests.portals.desk.agents import PREFIX as DESK
from tests.portals.desk.agents import hire, open_desk_session
from tests.portals.desk.sent_proofs import a_picture, send_proofs, shown
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.portals.youth.conftest import AsYouth, YouthPage
from tests.portals.youth.people import make_member


def desk_of(site: Site, role: str = "moderator") -> Visitor:
    secret = open_desk_session(site.office, hire(site.office, role))
    return Visitor(site, secret=secret, prefix=DESK, cookie=DESK_COOKIE)


def fields_of(decision: Decision) -> dict[str, str]:
    """What the desk's form carries beside the agent's answer."""
    return {"images": ",".join(map(str, decision.proof_ids)), "dit": decision.said}


def send(visitor: Visitor, address: str, image: bytes) -> int:
    return visitor.http.post(
        address, data={"jeton": visitor.token}, files={"image": ("a.jpg", image, "image/jpeg")}
    ).status_code


def test_each_look_is_in_the_journal_under_the_agents_name(site: Site) -> None:
    decision = send_proofs(site.office)
    with desk_of(site).http as http:
        address = f"/departement/justificatifs/{decision.member_id}"
        assert http.get(address).status_code == 200
        answer = http.get(f"{address}/images/identity")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    with unit_of_work(site.office.engine) as connection:
        looks = connection.execute(
            text("SELECT action, actor LIKE 'agent:%' FROM journal WHERE action LIKE 'proof.%'"
                 " AND actor LIKE 'agent:%' ORDER BY journal_id")
        ).all()  # fmt: skip
    assert [tuple(one) for one in looks] == [("proof.look", True), ("proof.picture", True)]


def test_the_list_of_the_desk_names_nobody(site: Site) -> None:
    send_proofs(site.office)
    desk = desk_of(site, "hotline")
    listed = desk.get("/departement/justificatifs").text
    assert "Dossier" in listed and "Martin" not in listed
    desk.close()


def test_a_picture_that_is_too_heavy_is_refused_in_words(site: Site, as_youth: AsYouth) -> None:
    youth = as_youth(make_member(site.office, linked=False))
    status = send(youth, "/jeune/justificatifs/identite", a_picture() + b"0" * 8 * 1024 * 1024)
    assert status == 422
    assert send(youth, "/jeune/justificatifs/identite", b"0" * 9 * 1024 * 1024) == 413


def test_a_youth_of_eighteen_sends_and_an_agent_accepts(
    site: Site, youth_page: YouthPage, tmp_path: Path
) -> None:
    from datetime import date

    file = tmp_path / "carte.jpg"
    file.write_bytes(a_picture())
    youth = make_member(site.office, linked=False, birth_date=date(2008, 3, 2))
    page = youth_page(youth)
    page.goto("/jeune/justificatifs")
    for number in range(2):
        page.locator("input[type=file]:visible").first.set_input_files(file)
        page.get_by_role("button", name="Envoyer", exact=True).first.click()
        expect(page.get_by_text("C’est envoyé.")).to_be_visible()
        expect(page.get_by_text("Envoyé", exact=True)).to_have_count(number + 1)
    assert violations(page) == []
    desk = desk_of(site)
    decision = shown(site.office, youth.member_id)
    address = f"/departement/justificatifs/{youth.member_id}"
    answer = desk.post(f"{address}/accepter", fields_of(decision))
    assert answer.headers["location"].endswith("dit=proofs_accepted")
    assert desk.get(f"{address}/images/identity").status_code == 404
    desk.close()
    page.goto("/jeune/justificatifs")
    expect(page.get_by_text("Nous savons qui tu es.")).to_be_visible()


def test_the_desks_pages_are_without_a_finding(site: Site, youth_page: YouthPage) -> None:
    decision = send_proofs(site.office)
    page = youth_page(None, width=320)
    secret = open_desk_session(site.office, hire(site.office, "hotline"))
    page.context.add_cookies(
        [{"name": DESK_COOKIE, "value": secret, "url": site.base_url, "httpOnly": True}]
    )
    for address in ("justificatifs", f"justificatifs/{decision.member_id}"):
        page.goto(f"/departement/{address}")
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_somebodys_photo_is_their_own_to_see(site: Site, youth_page: YouthPage) -> None:
    youth = make_member(site.office)
    page = youth_page(youth, width=320)
    page.goto("/jeune/ma-photo")
    expect(page.get_by_text("Tu n’en as pas encore.")).to_be_visible()
    assert violations(page) == []


def test_a_refusal_without_a_reason_is_asked_for_one(site: Site) -> None:
    decision = send_proofs(site.office)
    desk = desk_of(site, "hotline")
    looked = fields_of(decision)
    address = f"/departement/justificatifs/{decision.member_id}"
    answer = desk.post(f"{address}/refuser", looked)
    assert answer.status_code == 422 and "Choisissez un motif" in answer.text
    answer = desk.post(f"{address}/refuser", looked | {"motif": "unreadable"})
    assert answer.headers["location"].endswith("dit=proofs_refused")
    # Decided meanwhile by somebody else: told, and nothing done.
    answer = desk.post(f"{address}/accepter", looked)
    assert answer.headers["location"].endswith("dit=proofs_gone")
    desk.close()
