"""What a partner is paid, as its lead and accountant see it: to the cent what the papers say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from icalendar import Calendar

from cardservice.domain.money import format_euros
from tests.portals.belongings import Belongings
from tests.portals.conftest import SignedIn
from tests.portals.site import Site, known_as
from tests.portals.visitor import Visitor

MONEY = "/partenaire/remboursements"
FEED = re.compile(r"/partenaire/calendrier/[\w-]{43}\.ics")


@pytest.fixture
def lead(sides: tuple[Belongings, Belongings], signed_in: SignedIn) -> Visitor:
    return signed_in(sides[0].team.people["lead"])


def test_history_and_fortnight_so_far_tell_amounts_and_days(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get(MONEY).text
    assert sides[0].remittance_number in page and sides[1].remittance_number not in page
    assert format_euros(1234 + 500) in page, "what was exported"
    assert format_euros(800 + 300) in page, "what was sold since, the cancelled debit left out"
    assert "Virement émis" in page and "Payé" not in page
    assert "23 décembre 2026" in page, "the promise for the fortnight that goes on"


def test_a_remittance_shows_subtotals_lines_state_and_a_masked_account(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get(f"{MONEY}/{sides[0].remittance_number}").text
    for cents in (1234, 500, 1734):
        assert format_euros(cents) in page
    assert sides[0].before.reference in page
    assert "FR76" in page and "0143" in page and "30004000031234567890" not in page
    assert lead.get(f"{MONEY}/2026-11-B").text.count(sides[0].before.reference) >= 1


@pytest.mark.parametrize(
    ("kind", "media_type", "start"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfreference;"),
        ("html", "text/html; charset=utf-8", b"<!doctype html>"),
    ],
)
def test_papers_are_the_stored_bytes_under_a_policy_of_their_own(
    sides: tuple[Belongings, Belongings], lead: Visitor, kind: str, media_type: str, start: bytes
) -> None:
    address = f"{MONEY}/{sides[0].remittance_number}/bordereau.{kind}"
    first, second = lead.get(address), lead.get(address)
    assert first.status_code == 200 and first.content.startswith(start)
    assert first.content == second.content
    assert first.headers["content-type"] == media_type
    assert first.headers["x-content-type-options"] == "nosniff"
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script" not in policy
    assert f'filename="{sides[0].remittance_number}.{kind}"' in first.headers["content-disposition"]


def test_the_page_among_the_papers_finds_its_style_beside_it(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get(f"{MONEY}/{sides[0].remittance_number}/bordereau.html").text
    assert 'href="bordereau.css"' in page
    style = lead.get(f"{MONEY}/{sides[0].remittance_number}/bordereau.css")
    assert style.headers["content-type"].startswith("text/css") and ".summary" in style.text


def test_another_partners_remittance_and_papers_are_not_there(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    theirs = sides[1].remittance_number
    for address in (theirs, "BR-2026-999999", "2025-01-A", "nulle-part"):
        assert lead.get(f"{MONEY}/{address}").status_code == 404
        for kind in ("pdf", "csv", "html"):
            assert lead.get(f"{MONEY}/{address}/bordereau.{kind}").status_code == 404
    assert lead.get(f"{MONEY}/{sides[0].remittance_number}/bordereau.exe").status_code == 404


def test_closed_days_add_up_to_the_remittance_and_show_their_seal(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get(f"{MONEY}/telecollectes?mois=2026-11").text
    assert format_euros(1734) in page
    day = lead.get(f"{MONEY}/telecollectes/2026-11-22").text
    assert format_euros(1234) in day and format_euros(500) in day
    assert re.search(r"[0-9a-f]{64}", day)
    for unknown in ("2026-12-01", "2026-13-01", "hier", "1999-01-01"):
        assert lead.get(f"{MONEY}/telecollectes/{unknown}").status_code == 404


def test_a_transaction_of_the_fortnight_leads_to_its_transfer(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get(f"/partenaire/transactions/{sides[0].before.operation_id}").text
    assert sides[0].remittance_number in page and "02/12/2026" in page
    assert "Demander une régularisation" in page and "Annuler 12" not in page


def _events(content: bytes) -> dict[str, Any]:
    calendar = Calendar.from_ical(content)
    return {str(event["uid"]): event for event in calendar.walk("VEVENT")}


def test_the_calendar_needs_no_session_and_tells_dates_and_sums_alone(
    sides: tuple[Belongings, Belongings], lead: Visitor, signed_in: SignedIn
) -> None:
    address = FEED.findall(lead.get(MONEY).text)[0]
    stranger = signed_in(None)
    answer = stranger.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = _events(answer.content)
    sent, going_on = events["payment-2026-11-B@cjeune"], events["payment-2026-12-A@cjeune"]
    assert "17,34" in str(sent["summary"]) and "émis" in str(sent["summary"])
    assert sent["dtstart"].dt.isoformat() == "2026-12-02"
    assert "11,00" in str(going_on["summary"]) and "à ce jour" in str(going_on["summary"])
    assert going_on["dtstart"].dt.isoformat() == "2026-12-23"
    assert len(events) >= 6, "coming fortnights stand there too"
    assert events.keys() == _events(stranger.get(address).content).keys(), "identities are stable"
    for name in ("Camille", "Roux", "Librairie", "FR76", "••••"):
        assert name not in answer.text


@pytest.mark.parametrize("public_origin", ["https://carte.example", None])
def test_the_calendar_and_what_it_leads_to_begin_with_the_name_that_people_know(
    site: Site, lead: Visitor, public_origin: str | None
) -> None:
    asked = {"Host": "backend.internal:8000"}
    origin = public_origin or "http://backend.internal:8000"
    with known_as(site, public_origin):
        page = lead.get(MONEY, headers=asked).text
        path = FEED.findall(page)[0]
        events = _events(lead.get(path, headers=asked).content)
    assert origin + path in page
    assert {str(event["url"]) for event in events.values()} == {origin + MONEY}


def test_a_renewed_calendar_ends_the_old_address(lead: Visitor, signed_in: SignedIn) -> None:
    old = FEED.findall(lead.get(MONEY).text)[0]
    answer = lead.post("/partenaire/calendrier/renouvellement")
    page = lead.get(str(answer.headers["location"])).text
    new = FEED.findall(page)[0]
    assert "renouvelé" in page and new != old
    stranger = signed_in(None)
    assert stranger.get(old).status_code == 404
    assert stranger.get(new).status_code == 200
    assert stranger.get("/partenaire/calendrier/" + "A" * 43 + ".ics").status_code == 404


@pytest.mark.parametrize(
    ("name", "holds", "lacks"),
    [
        ("lead", ["Prochain virement", "Effectuer une transaction", "Par délégué"], []),
        ("accountant", ["Prochain virement", "Par délégué"], ["Effectuer une transaction"]),
        ("cashier", ["Effectuer une transaction", "Total du jour"], ["virement"]),
        ("editor", ["rédacteur"], ["Total du jour", "virement"]),
    ],
)
def test_home_is_different_for_each_role(
    sides: tuple[Belongings, Belongings],
    signed_in: SignedIn,
    name: str,
    holds: list[str],
    lacks: list[str],
) -> None:
    page = signed_in(sides[0].team.people[name]).get("/partenaire").text
    main = page[page.index("<main") : page.index("</main>")]
    assert [text for text in holds if text not in main] == []
    assert [text for text in lacks if text in main] == []


def test_home_tells_the_next_transfer_and_the_fortnight(
    sides: tuple[Belongings, Belongings], lead: Visitor
) -> None:
    page = lead.get("/partenaire").text
    assert format_euros(1734) in page and "2 décembre 2026" in page
    assert format_euros(1100) in page and "23 décembre 2026" in page
    assert "1\u00a0invitation attend" in page
