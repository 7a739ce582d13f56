"""The bank's page: files brought by hand, hostile ones, answers typed in, what is released."""

from __future__ import annotations

import httpx
import pytest

from tests.clearing.bank_files import Status, pain002
from tests.clearing.story import PERIOD, Fortnight
from tests.portals.desk.agents import PREFIX
from tests.portals.desk.conftest import AtDesk
from tests.portals.desk.dossier import Dossier, run_now
from tests.portals.visitor import Visitor

BANK = f"{PREFIX}/banque"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><Document>&lol;</Document>"""


def bring(visitor: Visitor, content: bytes, **fields: str) -> httpx.Response:
    return visitor.http.post(
        f"{BANK}/fichier",
        data={"jeton": visitor.token} | fields,
        files={"fichier": ("reponse.xml", content, "text/xml")},
    )


def test_a_file_is_taken_in_once_and_shows_what_was_understood(
    dossier: Dossier, at_desk: AtDesk
) -> None:
    visitor = at_desk(dossier.bureau["finance_preparer"])
    content = pain002(f"CJP-{PERIOD}-1", Status("BR-2026-000001", reason="AC06"))
    first, second = bring(visitor, content), bring(visitor, content)
    assert first.status_code == second.status_code == 303
    assert "dit=bank_taken_in" in first.headers["location"]
    assert "dit=bank_known" in second.headers["location"]
    page = visitor.get(first.headers["location"]).text
    assert "Le compte est bloqué." in page and "BR-2026-000001" in page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Choisissez d’abord le fichier"),
        (b"pas du xml", "n’est pas du XML"),
        (LAUGHS, "ne sont pas admis"),
        (b"<Document xmlns='urn:autre'><Rien/></Document>", "ni un pain.002"),
        (b"<a>" + b" " * 10_000_001 + b"</a>", "plus grand"),
    ],
    ids=["bank_file_missing", "not XML", "entities", "another kind", "too large"],
)
def test_what_is_no_answer_of_a_bank_is_refused_in_words(
    dossier: Dossier, at_desk: AtDesk, content: bytes, told: str
) -> None:
    answer = bring(at_desk(dossier.bureau["finance_approver"]), content)
    assert answer.status_code == 422 and told in answer.text


def test_a_file_beyond_all_measure_is_not_read(dossier: Dossier, at_desk: AtDesk) -> None:
    answer = bring(at_desk(dossier.bureau["finance_approver"]), b"x" * 10_200_000)
    assert answer.status_code == 413


def test_only_the_page_that_says_so_takes_more_than_64_kib(
    dossier: Dossier, at_desk: AtDesk
) -> None:
    visitor = at_desk(dossier.bureau["finance_approver"])
    answer = visitor.post(f"{BANK}/virement", {"numero": "x" * 70_000})
    assert answer.status_code == 413


def test_a_payment_typed_in_ends_the_run(
    dossier: Dossier, at_desk: AtDesk, story: Fortnight
) -> None:
    visitor = at_desk(dossier.bureau["finance_preparer"])
    address = f"{BANK}/quinzaines/{PERIOD}/payer"
    assert "34,50" in visitor.get(address).text
    early = visitor.post(address, {"jour": "2026-11-01", "reference": "REL-1"})
    assert early.status_code == 422 and "entre l’envoi" in early.text
    nothing = visitor.post(address, {"jour": "", "reference": "REL-1"})
    assert nothing.status_code == 422 and "Cette date n’existe pas" in nothing.text
    assert visitor.post(address, {"jour": "2026-12-02", "reference": "REL-1"}).status_code == 303
    assert run_now(story, PERIOD).state == "paid"


def test_a_transfer_is_released_by_another_person_with_a_reason_and_a_code(
    dossier: Dossier, at_desk: AtDesk
) -> None:
    approver = dossier.bureau["finance_approver"]
    visitor = at_desk(approver)
    approver.fresh_codes()
    address = f"{BANK}/virements/{dossier.failed_number}/liberer"
    code = approver.code()
    assert visitor.post(address, {"motif": "", "code": code}).status_code == 422
    assert visitor.post(address, {"motif": "Compte rouvert", "code": "000000"}).status_code == 422
    assert visitor.post(address, {"motif": "Compte rouvert", "code": code}).status_code == 303
    assert "Libéré" in visitor.get(BANK).text


def test_what_is_typed_about_an_unknown_transfer_is_refused_at_its_field(
    dossier: Dossier, at_desk: AtDesk
) -> None:
    visitor = at_desk(dossier.bureau["finance_preparer"])
    fields = {
        "numero": "BR-2026-999999",
        "issue": "failed",
        "motif_banque": "AC04",
        "jour": "2026-12-02",
    }
    answer = visitor.post(f"{BANK}/virement", fields)
    assert answer.status_code == 422 and 'id="e-numero"' in answer.text
    answer = visitor.post(
        f"{BANK}/virement", fields | {"numero": dossier.failed_number, "motif_banque": ""}
    )
    assert answer.status_code == 422 and 'id="e-motif_banque"' in answer.text
