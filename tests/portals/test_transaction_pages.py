"""The pages that follow every euro: lists, one transaction, cancelling, files, over real HTTP."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.money import format_euros
from cardservice.domain.short_code import operation_reference
from partner_portal.pages import transactions_csv
from tests.conftest import A_MORNING, Clock
from tests.portals.conftest import SignedIn
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from tests.services.street_of_delegates import Street, make_street

LIST = "/partenaire/transactions"
REFERENCE = re.compile(r'href="/partenaire/transactions/([0-9a-f-]{36})">(D[0-9A-Z]{7})<')


@dataclass(frozen=True)
class Portal:
    """A street and the browsers of the first partner's people."""

    street: Street
    browser_of: Callable[[str], Visitor]


@pytest.fixture
def portal(site: Site, signed_in: SignedIn) -> Portal:
    street = make_street(site.office)
    return Portal(street, lambda name: signed_in(street.teams[0].people[name]))


def _listed(visitor: Visitor, query: str = "") -> list[str]:
    page = visitor.get(f"{LIST}{query}")
    assert page.status_code == 200
    return [found[0] for found in REFERENCE.findall(page.text)]


def _rows(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    file = visitor.get(f"{LIST}.csv{query}")
    assert file.status_code == 200
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    content = file.content.decode("utf-8")
    assert content.startswith("\ufeff") and "\r\n" in content
    return list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";"))


def test_today_is_listed_newest_first_with_its_totals(portal: Portal) -> None:
    first, second = portal.street.sell(1055, by="cashier"), portal.street.sell(400)
    portal.street.sell(9999, at=1)
    page = portal.browser_of("lead").get(LIST).text
    assert [found[0] for found in REFERENCE.findall(page)] == [str(second), str(first)]
    assert format_euros(1455) in page and "Sofia Blanc" in page
    assert format_euros(9999) not in page


def test_the_file_has_the_lines_of_the_page_and_adds_up_to_its_total(portal: Portal) -> None:
    street = portal.street
    street.sell(1055, by="cashier")
    street.sell(700, refused="wallet_not_accepted")
    cancelled = street.sell(300)
    lead = portal.browser_of("lead")
    lead.post(f"{LIST}/{cancelled}/annulation", {"motif": "other"})
    rows = _rows(lead)
    references = [found[1] for found in REFERENCE.findall(lead.get(LIST).text)]
    assert [row["reference"] for row in rows] == references
    assert [(row["etat"], row["montant"]) for row in rows] == [
        ("Annulée", "0,00"),
        ("Refusée", "0,00"),
        ("Acceptée", "10,55"),
    ]
    assert list(rows[0]) == list(transactions_csv.HEADER)
    assert rows[2]["delegue"] == "Sofia Blanc" and rows[2]["date"] == "22/11/2026"
    assert re.fullmatch(r"\*\*\*\*[0-9A-Z]{4}", rows[2]["carte"])
    assert format_euros(1055) in lead.get(LIST).text


def test_the_file_is_whole_however_many_batches_it_takes(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions_csv, "BATCH", 7)
    for _ in range(28):
        portal.street.sell(101)
    rows = _rows(portal.browser_of("lead"))
    assert len(rows) == len({row["reference"] for row in rows}) == 28


def test_pages_of_fifty_hold_every_line_once(portal: Portal) -> None:
    sold = [str(portal.street.sell(101)) for _ in range(53)]
    lead = portal.browser_of("lead")
    first, second = _listed(lead), _listed(lead, "?page=2")
    assert (len(first), len(second)) == (50, 3)
    assert first + second == sold[::-1]
    assert _listed(lead, "?page=99") == second, "beyond the last page is the last page"


def test_filters_narrow_page_and_file_alike(portal: Portal) -> None:
    street = portal.street
    mine = street.sell(1055, by="cashier", wallet="tutoring")
    street.sell(500, outlet=1, by="lead")
    lead = portal.browser_of("lead")
    for query in (
        f"?delegue={street.person('cashier')}",
        f"?point_de_vente={street.outlets()[0]}",
        "?porte_monnaie=tutoring",
        f"?terminal={street.tills[street.outlets()[0]].terminal_id}",
        "?du=2026-11-22&au=2026-11-22&porte_monnaie=tutoring&etat=accepted",
    ):
        assert _listed(lead, query) == [str(mine)], query
        assert len(_rows(lead, query)) == 1
    for query in ("?delegue=abc", "?etat=paid", f"?point_de_vente={street.outlets(1)[0]}"):
        assert _listed(lead, query) == []
    assert "Aucune transaction ne correspond" in lead.get(f"{LIST}?etat=paid").text


def test_a_reference_is_searched_over_all_days(portal: Portal) -> None:
    clock = Clock(portal.street.office)
    clock.set(A_MORNING - timedelta(days=40))
    old = portal.street.sell(1055)
    clock.set(A_MORNING)
    number = portal.street.count(
        "SELECT operation_no FROM operation WHERE operation_id = :old", old=old
    )
    lead, reference = portal.browser_of("lead"), operation_reference(number)
    assert _listed(lead) == []
    assert _listed(lead, f"?reference={reference.lower()}") == [str(old)]
    assert str(old) in _listed(lead, f"?reference={reference[-3:]}")


@pytest.mark.parametrize("query", ["?du=2026-02-30", "?au=hier", "?du=22/11/2026"])
def test_a_day_that_does_not_exist_is_said_at_its_field(portal: Portal, query: str) -> None:
    page = portal.browser_of("lead").get(LIST + query)
    assert page.status_code == 200
    assert "Cette date n’existe pas" in page.text and 'aria-invalid="true"' in page.text


def test_a_cashier_sees_their_outlet_and_a_pass_its_own_sales_of_the_day(portal: Portal) -> None:
    street, clock = portal.street, Clock(portal.street.office)
    elsewhere = street.sell(500, outlet=1, by="lead")
    here, own = street.sell(600, by="lead"), street.sell(700, by="day_cashier")
    cashier, bearer = portal.browser_of("cashier"), portal.browser_of("day_cashier")
    assert _listed(cashier) == [str(own), str(here)]
    assert _listed(bearer, "?du=2026-11-01") == [str(own)]
    for visitor, foreign in ((cashier, elsewhere), (bearer, here)):
        assert visitor.get(f"{LIST}/{foreign}").status_code == 404
        answer = visitor.post(f"{LIST}/{foreign}/annulation", {"motif": "other"})
        assert answer.status_code == 404
    assert len(_rows(bearer, "?du=2026-01-01")) == 1
    clock.set(A_MORNING + timedelta(hours=1))
    assert bearer.post(f"{LIST}/{own}/annulation", {"motif": "other"}).status_code == 303


def test_cancelling_from_two_screens_happens_once_and_both_are_told(portal: Portal) -> None:
    debit = portal.street.sell(1055)
    lead, cashier = portal.browser_of("lead"), portal.browser_of("cashier")
    assert "Annuler 10,55" in lead.get(f"{LIST}/{debit}").text
    first = lead.post(f"{LIST}/{debit}/annulation", {"motif": "wrong_amount"})
    second = cashier.post(f"{LIST}/{debit}/annulation", {"motif": "other"})
    assert first.headers["location"].endswith("?dit=transaction_cancelled")
    assert second.headers["location"].endswith("?dit=transaction_was_cancelled")
    page = lead.get(str(first.headers["location"])).text
    assert "La transaction est annulée" in page and "Annuler 10,55" not in page


def test_after_midnight_the_page_offers_a_file_and_a_late_cancel_says_why_not(
    portal: Portal,
) -> None:
    debit = portal.street.sell(1055)
    lead = portal.browser_of("lead")
    Clock(portal.street.office).set(datetime(2026, 11, 22, 22, 59, 30, tzinfo=UTC))
    late = portal.browser_of("lead")
    assert f"{LIST}/{debit}/annulation" in late.get(f"{LIST}/{debit}").text
    Clock(portal.street.office).set(datetime(2026, 11, 22, 23, 0, 1, tzinfo=UTC))
    answer = late.post(f"{LIST}/{debit}/annulation", {"motif": "other"})
    assert answer.status_code == 422
    assert "sa journée est terminée" in answer.text
    assert f"{LIST}/{debit}/regularisation" in answer.text
    assert lead.token


def test_a_file_is_asked_for_corrected_at_its_field_and_found_again(portal: Portal) -> None:
    clock = Clock(portal.street.office)
    clock.set(A_MORNING - timedelta(days=1))
    debit = portal.street.sell(1055)
    clock.set(A_MORNING)
    lead, address = portal.browser_of("lead"), f"{LIST}/{debit}/regularisation"
    for amount in ("10,55", "12", "abc", "-1"):
        answer = lead.post(address, {"motif": "other", "montant": amount, "explication": "X"})
        assert answer.status_code == 422
        assert "inférieur au montant débité (10,55" in answer.text
        assert f'value="{amount}"' in answer.text, "what was typed stands there again"
    fields = {"motif": "wrong_amount", "montant": "4,50", "explication": "Tarif <b>réduit</b>"}
    answer = lead.post(address, fields)
    assert answer.headers["location"].endswith("?dit=regularisation_opened")
    again = lead.post(address, fields | {"montant": "1"})
    assert again.headers["location"].endswith("?dit=regularisation_was_open")
    page = lead.get(f"{LIST}/{debit}").text
    assert "4,50" in page and "Tarif &lt;b&gt;réduit&lt;/b&gt;" in page
    assert str(debit) in lead.get(f"{LIST}/demandes").text
    other = portal.browser_of("cashier").get(f"{LIST}/demandes").text
    assert str(debit) in other, "a colleague of the same outlet sees it too"


def test_a_refusal_is_explained(portal: Portal) -> None:
    debit = portal.street.sell(1055, refused="wallet_not_accepted")
    page = portal.browser_of("cashier").get(f"{LIST}/{debit}").text
    assert "Votre convention ne permet pas d’encaisser" in page
    assert "Annuler 10,55" not in page


@pytest.mark.parametrize("name", ["pas-un-uuid", "{}", "0" * 32, "demandes2"])
def test_what_is_no_operation_is_not_there(portal: Portal, name: str) -> None:
    lead = portal.browser_of("lead")
    assert lead.get(f"{LIST}/{name}").status_code == 404
    assert lead.post(f"{LIST}/{name}/annulation", {"motif": "other"}).status_code == 404


def test_nobody_s_name_balance_or_whole_card_stands_on_a_list(portal: Portal) -> None:
    portal.street.sell(1055)
    lead = portal.browser_of("lead")
    shown = [
        lead.get(LIST).text,
        lead.get(f"{LIST}.csv").text,
        lead.get("/partenaire").text,
        lead.get(f"{LIST}/{_listed(lead)[0]}").text,
    ]
    for content in shown:
        assert "Martin" not in content and "Léa" not in content
        assert portal.street.card.code not in content.replace(" ", "")
        assert format_euros(10_000 - 1055) not in content


def test_hostile_names_are_text_on_the_page_and_no_formula_in_the_file(portal: Portal) -> None:
    name = '=HYPERLINK("http://ailleurs.example";"x")<b>'
    portal.street.sell(1055, by="cashier")
    with unit_of_work(portal.street.office.engine) as connection:
        connection.execute(
            text("UPDATE delegate SET first_name = :name WHERE delegate_id = :cashier"),
            {"name": name, "cashier": portal.street.person("cashier")},
        )
        connection.execute(
            text("UPDATE outlet SET name = :name WHERE outlet_id = :outlet"),
            {"name": name, "outlet": portal.street.outlets()[0]},
        )
    lead = portal.browser_of("lead")
    page = lead.get(LIST).text
    assert "HYPERLINK" in page and "<b>" not in page[page.index("<table") :]
    (row,) = _rows(lead)
    assert row["delegue"].startswith("'=") and row["point_de_vente"].startswith("'=")
    assert row["montant"] == "10,55"
