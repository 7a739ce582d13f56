"""The finance study's own story as an officer reads it: 50,00 paid, 10,50 carried, 19,50 paid, and
the first 50,00 back and presented again (issue 5)."""

from __future__ import annotations

import re

from tests.clearing.bank_files import camt053, debit, returned
from tests.clearing.bank_story import change_account, take, transfers
from tests.clearing.story import NEXT_PERIOD, PERIOD, Fortnight
from tests.clearing.test_bank_fixture import (
    FOURTH_AFTER,
    FOURTH_LAST_DAY,
    FOURTH_PERIOD,
    THIRD_PERIOD,
    three_fortnights,
)
from tests.portals.desk.agents import PREFIX, Bureau, hire
from tests.portals.desk.conftest import AtDesk
from tests.portals.visitor import Visitor


def figures_of(visitor: Visitor, period: str) -> dict[str, str]:
    """What stands under « Les chiffres » of a fortnight."""
    page = visitor.get(f"{PREFIX}/quinzaines/{period}").text
    found = re.findall(r'<dt>([^<]+)</dt><dd><b class="money">([^<]+)</b>', page)
    return {label: cents.replace("\u00a0", " ").replace("\u202f", " ") for label, cents in found}


def test_the_desk_shows_the_study_to_the_cent(
    story: Fortnight, bureau: Bureau, at_desk: AtDesk
) -> None:
    story.add_partner()
    three_fortnights(story, hire(story.office, "hotline"))  # type: ignore[arg-type]
    visitor = at_desk(bureau["administrator"])
    assert figures_of(visitor, PERIOD)["À virer"] == "50,00 €"
    second = figures_of(visitor, NEXT_PERIOD)
    assert (second["À virer"], second["Débits de la période"]) == ("0,00 €", "5,00 €")
    assert second["Régularisations"].endswith("15,50 €")
    assert second["Reporté sur la suivante"].endswith("10,50 €")
    third = figures_of(visitor, THIRD_PERIOD)
    assert third["À virer"] == "19,50 €"
    assert third["Reports des quinzaines passées"].endswith("10,50 €")

    (first,) = transfers(story, PERIOD)
    take(story, camt053(debit("50.00", "CJP-2026-11-B-1")))
    take(story, camt053(returned(first.name, "50.00"), message="STMT-3"))
    bank = visitor.get(f"{PREFIX}/banque").text
    assert "Le compte est clos." in bank and first.number in bank and "50,00" in bank

    change_account(story)
    story.end(after=FOURTH_AFTER, last_day=FOURTH_LAST_DAY)
    story.run_until("submitted", FOURTH_PERIOD)
    # Two weeks later the session is long over.
    visitor = at_desk(bureau["administrator"])
    fourth = figures_of(visitor, FOURTH_PERIOD)
    assert fourth["À virer"] == fourth["Virements émis de nouveau"] == "50,00 €"
    page = visitor.get(f"{PREFIX}/quinzaines/{FOURTH_PERIOD}").text
    assert "Tout tombe juste, au centime" in page and "Émis de nouveau (1)" in page
