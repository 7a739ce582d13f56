"""A bordereau says who took each debit at the portal's till (C36, C65)."""

from __future__ import annotations

import csv
import io
import secrets
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.identify_card import Identified, identify_card
from cardservice.services.take_debit import Actor, DebitAsked, take_debit
from cardservice.services.web_till import WebTill, web_till
from cardservice.wiring import Office
from clearing.run.export import write_files
from clearing.run.record import Run
from tests.clearing.story import Fortnight, make_fortnight
from tests.counter import SPORT, opened_counter


def named_lead(office: Office, partner_id: int) -> int:
    with unit_of_work(office.engine) as connection:
        return int(
            connection.execute(
                text(
                    "UPDATE delegate SET state = 'active', first_name = 'Nadia',"
                    " last_name = 'Fabre' WHERE partner_id = :partner_id RETURNING delegate_id"
                ),
                {"partner_id": partner_id},
            ).scalar_one()
        )


def sell_at_the_portal(story: Fortnight, cents: int, *, delegate_id: int) -> None:
    office = story.office
    till = web_till(
        office.engine,
        outlet_id=story.partners[0].outlet_id,
        label="Caisse en ligne",
        draw=secrets.randbelow,
        actor=f"delegate:{delegate_id}",
    )
    assert isinstance(till, WebTill)
    with opened_counter(office) as counter:
        found = counter.wait_for(
            identify_card(counter.till, key_hash=till.key_hash, reading=story.card.code)
        )
        assert isinstance(found, Identified)
        asked = DebitAsked(uuid4(), found.identification, SPORT, cents, True, None)
        answer = counter.wait_for(
            take_debit(counter.till, key_hash=till.key_hash, asked=asked, actor=Actor(delegate_id))
        )
    assert answer is not None and answer.outcome == "approved"


def test_a_line_names_the_delegate_of_the_web_till_and_nobody_at_a_terminal(
    office: Office, tmp_path: Path
) -> None:
    story = make_fortnight(office)
    sell_at_the_portal(story, 1055, delegate_id=named_lead(office, story.partners[0].partner_id))
    story.sell(300)
    story.end()
    story.run_until("approved")
    run = story.export()
    assert isinstance(run, Run)
    (paper,) = (file for file in write_files(office.engine, run, tmp_path) if file.suffix == ".csv")
    rows = csv.DictReader(io.StringIO(paper.read_text("utf-8-sig")), delimiter=";")
    assert {row["montant"]: row["delegue"] for row in rows} == {"10,55": "Nadia Fabre", "3,00": ""}
