"""An accountant's fortnight: from the evening's close to the transfer, every paper to the cent.

What the portal shows, the bordereau in its three forms, the file for the accounts, the calendar and
the bank's own file are five tellings of one sum; they must be the same sum.
"""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from lxml import etree

from tests.conftest import superuser_dsn
from tests.portals import axe
from tests.portals.belongings import Belongings
from tests.portals.browsers import DESKTOP, PHONE, BrowserThread
from tests.portals.conftest import PageOf, SignedIn
from tests.portals.hands import Hands
from tests.portals.site import PREFIX, Site
from tests.portals.visitor import Visitor

# 12,34 € for sport and 5,00 € for lessons, on 22 November.
OWED, OWED_CENTS = "17,34\u00a0€", 1734


@pytest.fixture
def marc(ours: Belongings, signed_in: SignedIn) -> Iterator[Visitor]:
    yield signed_in(ours.team.people["accountant"])


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_an_accountant_follows_every_euro(
    site: Site, ours: Belongings, browser: BrowserThread, page_of: PageOf, width: int
) -> None:
    hands = Hands(page_of(ours.team.people["accountant"], width=width))
    bordereau = f"{PREFIX}/remboursements/{ours.remittance_number}"

    hands.go(PREFIX)
    hands.sees(OWED)
    hands.go(f"{PREFIX}/remboursements")
    hands.sees(ours.remittance_number)
    hands.sees(OWED)
    hands.sees("Virement émis")

    hands.go(bordereau)
    hands.sees(OWED)
    hands.sees(ours.before.reference)
    hands.sees("0143")
    assert not axe.violations(hands.page)

    hands.go(f"{PREFIX}/remboursements/telecollectes/2026-11-22")
    hands.sees(OWED)
    hands.go(f"{PREFIX}/transactions/{ours.before.operation_id}")
    hands.sees("12,34\u00a0€")
    hands.sees(ours.remittance_number)

    # The stored page, under a policy of its own, still has its style.
    hands.go(f"{bordereau}/bordereau.html")
    assert OWED in hands.page.locator("body").inner_text()
    assert hands.page.evaluate("document.styleSheets[0].cssRules.length") > 0
    assert not axe.too_wide(hands.page)


def test_every_paper_tells_the_same_sum(
    site: Site, ours: Belongings, marc: Visitor, tmp_path: Path
) -> None:
    bordereau = f"{PREFIX}/remboursements/{ours.remittance_number}/bordereau"
    told = {
        "bordereau.csv": summed(marc.get(f"{bordereau}.csv").content),
        "transactions.csv": summed(
            marc.get(f"{PREFIX}/transactions.csv?du=2026-11-22&au=2026-11-22").content
        ),
        "the bank's file": paid_by_the_bank(site, ours),
    }
    assert told == dict.fromkeys(told, OWED_CENTS)

    paper = tmp_path / "bordereau.pdf"
    paper.write_bytes(marc.get(f"{bordereau}.pdf").content)
    read = subprocess.run(
        ["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "17,34" in read and ours.before.reference in read
    assert OWED in marc.get(f"{bordereau}.html").text
    calendar = marc.http.get(f"{PREFIX}/calendrier/{ours.calendar}.ics").text
    assert "17,34" in calendar.replace("\\,", ",").replace("\r\n ", "")


def test_no_paper_holds_more_of_a_youth_than_four_figures(ours: Belongings, marc: Visitor) -> None:
    bordereau = f"{PREFIX}/remboursements/{ours.remittance_number}/bordereau"
    pages = [
        *(marc.get(f"{bordereau}.{kind}").text for kind in ("csv", "html")),
        marc.get(f"{PREFIX}/transactions.csv?du=2026-11-01&au=2026-12-01").text,
        marc.get(f"{PREFIX}/transactions").text,
        marc.get(f"{PREFIX}/transactions/{ours.before.operation_id}").text,
        marc.get(f"{PREFIX}/remboursements/{ours.remittance_number}").text,
    ]
    for page in pages:
        assert ours.card.code[-4:] in page
        for secret in ("Léa", "Martin", ours.card.code, ours.card.holder.ine, "Mignet"):
            assert secret not in page


def summed(content: bytes) -> int:
    """The cents of a file's amount column."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    return sum(int(row["montant"].replace(",", "")) for row in rows)


def paid_by_the_bank(site: Site, ours: Belongings) -> int:
    """The cents of our transfer in the pain.001 that went to the bank."""
    with psycopg.connect(superuser_dsn(site.office)) as db:
        rows = db.execute("SELECT content FROM document WHERE kind = 'pain001'").fetchall()
    (content,) = rows[0]
    tree = etree.fromstring(bytes(content))
    for payment in tree.iterfind(".//{*}CdtTrfTxInf"):
        if ours.remittance_number in etree.tostring(payment).decode():
            amount = payment.find(".//{*}InstdAmt")
            assert amount is not None and amount.text is not None
            return int(amount.text.replace(".", ""))
    raise AssertionError(f"no transfer for {ours.remittance_number}")
