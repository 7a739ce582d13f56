"""« Preuve au centime »: every road to a figure is walked, and the one that lies is named (C71).

Design §6; the issue: a cent in a stored PDF, CSV, page, XML, list, row or operation.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office
from clearing.cent_proof import CentProof, partner_proof, run_proof
from tests import makers
from tests.clearing.story import Fortnight, make_fortnight
from tests.counter import TUTORING
from tests.told_once import ToldOnce


def _told_sold(office: Office) -> Fortnight:
    fortnight = make_fortnight(office)
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell_and_undo(800)
    fortnight.sell(300, at=beside)
    fortnight.end()
    return fortnight


@pytest.fixture
def sold(office: Office, told_once: ToldOnce) -> Fortnight:
    """33,55 € at two partners in two wallets; one sale is cancelled."""
    return told_once("cent proof: sold", lambda: _told_sold(office))


def proof_of(fortnight: Fortnight) -> CentProof:
    with unit_of_work(fortnight.office.engine) as connection:
        return run_proof(connection, fortnight.run().run_id)


def figures(proof: CentProof, name: str) -> dict[str, int | None]:
    (row,) = [row for row in proof.rows if row.name == name]
    return row.figures


def test_every_road_leads_to_the_same_cents(sold: Fortnight) -> None:
    sold.run_until("exported")
    proof = proof_of(sold)
    assert proof.holds, proof
    assert set(figures(proof, "lines_total").values()) == {3355}
    assert figures(proof, "lines_total").keys() == {
        "operations", "ledger", "rows", "remittance", "pdf", "pdf_summary", "csv", "page", "run",
    }  # fmt: skip
    assert set(figures(proof, "transfer").values()) == {3355}
    assert figures(proof, "transfer").keys() == {
        "ledger", "rows", "remittance", "pdf", "signature", "xml", "xml_control_sum", "list_csv",
        "list_pdf", "run",
    }  # fmt: skip
    assert set(figures(proof, "equal_lines").values()) == {3}


def test_before_the_export_there_is_no_bank_file_and_the_rest_holds(sold: Fortnight) -> None:
    sold.run_until("approved")
    proof = proof_of(sold)
    assert proof.holds, proof
    assert "xml" not in figures(proof, "transfer")


def test_a_draft_is_proved_without_any_paper(sold: Fortnight) -> None:
    sold.run_until("draft")
    proof = proof_of(sold)
    assert proof.holds, proof
    assert figures(proof, "lines_total").keys() == {"operations", "ledger", "remittance", "run"}


def test_one_partner_is_proved_alone(sold: Fortnight) -> None:
    sold.run_until("exported")
    (first, second) = sold.rows("SELECT remittance_id FROM remittance ORDER BY number")
    with unit_of_work(sold.office.engine) as connection:
        proofs = [partner_proof(connection, one.remittance_id) for one in (first, second)]
    assert [proof.holds for proof in proofs] == [True, True]
    assert [figures(proof, "transfer")["pdf"] for proof in proofs] == [3055, 300]


# -- a cent is changed -----------------------------------------------------------------------------


def one_cent_more(content: bytes) -> bytes:
    """10,55 becomes 10,56 wherever it stands."""
    for before, after in ((b"10,55", b"10,56"), (b"10.55", b"10.56"), (b"30.55", b"30.56")):
        content = content.replace(before, after)
    return content


def one_cent_more_on_paper(content: bytes) -> bytes:
    """The same in the drawing of a PDF: the amount's letters are those of the font's first 128."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for page in writer.pages:
        drawn = page.get_contents()
        assert drawn is not None
        changed = DecodedStreamObject()
        changed.set_data(one_cent_more(drawn.get_data()))
        page[NameObject("/Contents")] = writer._add_object(changed)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


FORGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "pdf": (one_cent_more_on_paper, "BR-2026-000001 (pdf"),
    "csv": (one_cent_more, "BR-2026-000001 (csv"),
    "html": (one_cent_more, "BR-2026-000001 (page"),
    "pain001": (one_cent_more, "BR-2026-000001 (xml)"),
    "payment_list_csv": (
        lambda content: content.replace(b"30,55", b"30,56"),
        "BR-2026-000001 (list",
    ),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_cent_in_a_stored_document_is_named_even_when_its_digest_was_made_anew(
    sold: Fortnight, kind: str
) -> None:
    sold.run_until("exported")
    forge, named = FORGED[kind]
    rows = sold.rows(
        "SELECT document_id, content FROM document WHERE kind = %s ORDER BY document_id", kind
    )
    content = forge(bytes(rows[0].content))
    assert content != bytes(rows[0].content)
    sold.meddle(
        "UPDATE document SET content = %s, sha256 = %s WHERE document_id = %s",
        content,
        hashlib.sha256(content).hexdigest(),
        rows[0].document_id,
    )
    proof = proof_of(sold)
    assert not proof.holds
    assert any(one.startswith(named) for one in proof.differs), proof.differs


@pytest.mark.parametrize("kind", ["pdf", "csv", "html", "signature", "pain001", "payment_list_pdf"])
def test_one_changed_byte_is_named_by_its_digest(sold: Fortnight, kind: str) -> None:
    sold.run_until("exported")
    sold.meddle(
        "UPDATE document SET content = content || '\\x0a'::bytea WHERE document_id ="
        " (SELECT min(document_id) FROM document WHERE kind = %s)",
        kind,
    )
    proof = proof_of(sold)
    assert not proof.holds
    assert [one for one in proof.differs if kind in one], proof.differs


@pytest.mark.parametrize(
    ("statement", "road"),
    [
        ("UPDATE remittance_line SET amount_cents = 1056 WHERE amount_cents = 1055", "rows"),
        ("UPDATE remittance SET gross_cents = 3056, transfer_cents = 3056"
         " WHERE gross_cents = 3055", "remittance"),
        ("UPDATE operation SET amount_cents = 1056 WHERE amount_cents = 1055", "operations"),
        ("UPDATE reimbursement_run SET gross_cents = 3356, transfers_cents = 3356", "run"),
    ],
)  # fmt: skip
def test_a_cent_in_a_row_is_named(sold: Fortnight, statement: str, road: str) -> None:
    sold.run_until("exported")
    sold.meddle(statement)
    proof = proof_of(sold)
    assert not proof.holds
    odd = [row for row in proof.rows if not row.all_equal and road in row.figures]
    assert odd and any(row.figures[road] in (3356, 3056, 1056) for row in odd), proof


def test_a_document_that_is_no_document_is_named(sold: Fortnight) -> None:
    sold.run_until("exported")
    for kind in ("pdf", "csv", "pain001", "payment_list_pdf"):
        sold.meddle("UPDATE document SET content = 'gone' WHERE kind = %s", kind)
    named = " ".join(proof_of(sold).differs)
    for kind in ("pdf", "csv", "pain001", "payment_list_pdf"):
        assert f"{kind}: unreadable" in named
