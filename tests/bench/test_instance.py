"""What the bench measures on is a real ledger: every debit it counts is there, and proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice import wiring
from cardservice.bench.database_load import LoadFailed, money_function, write_debit_script
from cardservice.bench.instance import PARTNERS, WALLET, fill
from cardservice.bench.sales import sell
from cardservice.db.engine import unit_of_work
from cardservice.domain.identification import read_identification
from cardservice.ledger.proofs import prove
from cardservice.settings import Settings
from cardservice.wiring import Office

CARDS = 7


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An instance of its own, without a school year: the bench brings one."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("bench"))
    wiring.upgrade(settings)
    with wiring.opened_office(settings) as office:
        yield office


def answers(office: Office) -> dict[tuple[str, str], int]:
    with unit_of_work(office.engine) as connection:
        counted = connection.execute(
            text("SELECT kind, outcome, count(*) FROM operation GROUP BY kind, outcome")
        )
        return {(row.kind, row.outcome): row.count for row in counted}


def test_filled_sold_and_loaded_it_is_a_ledger_that_proves(empty, tmp_path, monkeypatch):
    said = []
    # Pieces so small that cards, wallets and sales all need several, the last one not whole.
    monkeypatch.setattr("cardservice.bench.instance._BETWEEN_LINES", 3)
    monkeypatch.setattr("cardservice.bench.instance._CHUNK", 2)
    monkeypatch.setattr("cardservice.bench.sales._AT_ONCE", 4)

    made = fill(empty, CARDS, tickets=5, say=said.append)
    assert said[-1] == f"{CARDS} of {CARDS} wallets given"
    assert len(set(made.codes)) == CARDS
    shown = [read_identification(empty.keys, ticket) for _key, ticket in made.tickets]
    assert len(shown) == 5 and all(one and 1 <= one.card_id <= CARDS for one in shown)
    assert answers(empty) == {("grant", "approved"): CARDS}

    with unit_of_work(empty.engine) as connection:
        today = connection.execute(text("SELECT business_day(ledger_now())")).scalar_one()
    sell(empty.engine, range(CARDS, 20), today, partners=PARTNERS, holders=CARDS)
    sold = 20 - CARDS
    assert answers(empty)["debit", "approved"] == sold

    server = empty.private_server
    assert server is not None
    script = tmp_path / "debit.sql"
    write_debit_script(script, cards=CARDS, partners=PARTNERS, wallet=WALLET)
    assert money_function(server, script, clients=2, seconds=1) > 0
    found = answers(empty)
    assert found.pop(("debit", "approved")) > sold
    assert found == {("grant", "approved"): CARDS}, "the bench counted refusals as debits"
    assert prove(empty.engine).ok

    with pytest.raises(AssertionError, match="was refused"):
        sell(empty.engine, range(1), today + timedelta(days=9), partners=1, holders=CARDS)


def test_a_load_that_the_database_refuses_gives_no_figure(empty, tmp_path):
    server = empty.private_server
    script = tmp_path / "broken.sql"
    script.write_text("SELECT debit();\n")
    with pytest.raises(LoadFailed, match="pgbench"):
        money_function(server, script, clients=2, seconds=1)
