"""The bank file, read back as a bank reads it (finance §8, checks 1 to 7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from lxml import etree

from clearing.pain001 import (
    CreditTransfer,
    Debtor,
    PaymentFile,
    own_rule_problems,
    schema_problems,
    total_problems,
    write_payment_file,
)

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
GROUP = "/p:Document/p:CstmrCdtTrfInitn/p:GrpHdr/"
PAYMENT = "/p:Document/p:CstmrCdtTrfInitn/p:PmtInf/"
MONACO = "MC5811222000010123456789030"

DEBTOR = Debtor(
    name="Département des Bouches-du-Rhône",
    iban="FR7630004000031234567890143",
    bic=None,
    organisation_id="22130001500247",
    lei=None,
)
CLUB = CreditTransfer(
    end_to_end_id="2026-00012",
    amount_cents=5000,
    creditor_name="Club Été & Sœurs n°1",
    creditor_iban="FR1420041010050500013M02606",
    remittance_text="Bordereau n° 2026-00012 période 2026-11-A",
    town="Marseille",
    country="FR",
)
LIBRARY = replace(CLUB, end_to_end_id="2026-00013", amount_cents=1, creditor_name="Librairie")
FILE = PaymentFile(
    msg_id="CJP-2026-11-A-1",
    created_at=datetime(2026, 11, 17, 8, 30, 15, 999, tzinfo=UTC),
    execution_on=date(2026, 11, 18),
    debtor=DEBTOR,
    transfers=(CLUB, LIBRARY),
)


def with_transfers(*transfers: CreditTransfer) -> PaymentFile:
    return replace(FILE, transfers=transfers)


def found(file: PaymentFile, path: str) -> list[str]:
    """The texts at `path` of the written file."""
    document = etree.fromstring(write_payment_file(file))
    return [str(text) for text in document.xpath(f"{path}/text()", namespaces=NS)]


def test_the_file_has_the_namespace_of_version_09_and_obeys_the_official_schema() -> None:
    xml = write_payment_file(FILE)
    assert etree.fromstring(xml).tag == f"{{{NS['p']}}}Document"
    assert schema_problems(xml) == []
    assert own_rule_problems(FILE) == []


def test_the_file_is_utf8_without_byte_order_mark() -> None:
    xml = write_payment_file(FILE)
    assert xml.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")


def test_the_schema_refuses_what_is_not_a_payment_file() -> None:
    assert schema_problems(write_payment_file(FILE).replace(b"TRF", b"CHK2")) != []
    assert schema_problems(b"<a>")[0].startswith("not_xml")


@pytest.mark.parametrize("level", [GROUP, PAYMENT])
def test_count_and_control_sum_stand_at_both_levels(level: str) -> None:
    assert found(FILE, f"{level}p:NbOfTxs") == ["2"]
    assert found(FILE, f"{level}p:CtrlSum") == ["50.01"]
    assert found(FILE, f"{PAYMENT}p:CdtTrfTxInf/p:Amt/p:InstdAmt") == ["50.00", "0.01"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{GROUP}p:MsgId", "CJP-2026-11-A-1"),
        (f"{GROUP}p:CreDtTm", "2026-11-17T09:30:15+01:00"),
        (f"{GROUP}p:InitgPty/p:Id/p:OrgId/p:Othr/p:Id", "22130001500247"),
        (f"{PAYMENT}p:PmtInfId", "CJP-2026-11-A-1-1"),
        (f"{PAYMENT}p:PmtMtd", "TRF"),
        (f"{PAYMENT}p:BtchBookg", "true"),
        (f"{PAYMENT}p:PmtTpInf/p:SvcLvl/p:Cd", "SEPA"),
        (f"{PAYMENT}p:ReqdExctnDt/p:Dt", "2026-11-18"),
        (f"{PAYMENT}p:Dbtr/p:Nm", "DEPARTEMENT DES BOUCHES-DU-RHONE"),
        (f"{PAYMENT}p:DbtrAcct/p:Id/p:IBAN", "FR7630004000031234567890143"),
        (f"{PAYMENT}p:DbtrAgt/p:FinInstnId/p:Othr/p:Id", "NOTPROVIDED"),
        (f"{PAYMENT}p:ChrgBr", "SLEV"),
    ],
)
def test_the_head_of_the_file_says_who_pays_and_how(path: str, value: str) -> None:
    assert found(FILE, path) == [value]


def test_every_amount_is_in_euros() -> None:
    amounts = etree.fromstring(write_payment_file(FILE)).iter(f"{{{NS['p']}}}InstdAmt")
    assert [amount.get("Ccy") for amount in amounts] == ["EUR", "EUR"]


def test_a_known_bic_and_lei_of_the_payer_are_said() -> None:
    known = replace(FILE, debtor=replace(DEBTOR, bic="BDFEFRPPCCT", lei="969500QKZ6L6B3E5U254"))
    assert found(known, f"{PAYMENT}p:DbtrAgt/p:FinInstnId/p:BICFI") == ["BDFEFRPPCCT"]
    assert found(known, f"{PAYMENT}p:Dbtr/p:Id/p:OrgId/p:LEI") == ["969500QKZ6L6B3E5U254"]
    assert b"NOTPROVIDED" not in write_payment_file(known)
    assert schema_problems(write_payment_file(known)) == []


def test_the_payee_is_named_in_bank_letters_and_reached_by_iban_alone() -> None:
    transfer = f"{PAYMENT}p:CdtTrfTxInf[1]/"
    assert found(FILE, f"{transfer}p:Cdtr/p:Nm") == ["CLUB ETE ET SOEURS NO 1"]
    assert found(FILE, f"{transfer}p:CdtrAcct/p:Id/p:IBAN") == ["FR1420041010050500013M02606"]
    assert found(FILE, f"{transfer}p:RmtInf/p:Ustrd") == [
        "BORDEREAU NO 2026-00012 PERIODE 2026-11-A"
    ]
    assert b"CdtrAgt" not in write_payment_file(FILE)


def test_no_accent_and_no_entity_stands_anywhere_in_the_file() -> None:
    xml = write_payment_file(FILE)
    assert xml.isascii()
    assert b"&" not in xml


def test_no_name_is_longer_than_seventy_characters() -> None:
    long_name = with_transfers(replace(CLUB, creditor_name="Été " * 60, remittance_text="é" * 500))
    (name,) = found(long_name, f"{PAYMENT}p:CdtTrfTxInf/p:Cdtr/p:Nm")
    assert len(name) <= 70
    assert schema_problems(write_payment_file(long_name)) == []


def test_an_account_inside_the_eea_is_paid_without_an_address() -> None:
    assert b"PstlAdr" not in write_payment_file(FILE)


def test_an_account_outside_the_eea_is_paid_with_town_and_country() -> None:
    monaco = with_transfers(replace(CLUB, creditor_iban=MONACO, town="Monaco-Ville", country="MC"))
    address = f"{PAYMENT}p:CdtTrfTxInf/p:Cdtr/p:PstlAdr/"
    assert found(monaco, f"{address}p:TwnNm") == ["MONACO-VILLE"]
    assert found(monaco, f"{address}p:Ctry") == ["MC"]
    assert schema_problems(write_payment_file(monaco)) == []
    assert own_rule_problems(monaco) == []


def test_the_same_payments_give_the_same_bytes() -> None:
    first, second = write_payment_file(FILE), write_payment_file(FILE)
    assert sha256(first).hexdigest() == sha256(second).hexdigest()


def test_one_instant_has_one_spelling_whatever_the_zone_it_comes_in() -> None:
    elsewhere = FILE.created_at.astimezone(timezone(timedelta(hours=-7)))
    assert write_payment_file(replace(FILE, created_at=elsewhere)) == write_payment_file(FILE)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount_cents": 0}, "amount_out_of_range"),
        ({"amount_cents": -1}, "amount_out_of_range"),
        ({"amount_cents": 100_000_000_000}, "amount_out_of_range"),
        ({"creditor_iban": "FR1420041010050500013M02607"}, "iban_invalid"),
        ({"creditor_iban": "FR4930004000031234567890144"}, "iban_invalid"),
        ({"creditor_iban": "FR14 2004 1010 0505 0001 3M02 606"}, "iban_invalid"),
        ({"creditor_iban": MONACO, "town": None}, "address_missing"),
        ({"creditor_iban": MONACO, "country": None}, "address_missing"),
        ({"creditor_name": "!!!"}, "name_empty"),
        ({"remittance_text": ""}, "remittance_text_empty"),
        ({"end_to_end_id": ""}, "identifier_malformed"),
        ({"end_to_end_id": "x" * 36}, "identifier_malformed"),
        ({"end_to_end_id": "/2026"}, "identifier_malformed"),
        ({"end_to_end_id": "2026/"}, "identifier_malformed"),
        ({"end_to_end_id": "20//26"}, "identifier_malformed"),
        ({"end_to_end_id": "20_26"}, "identifier_malformed"),
        ({"end_to_end_id": "été"}, "identifier_malformed"),
        ({"end_to_end_id": "Maße"}, "identifier_malformed"),
        ({"end_to_end_id": "a\x00b"}, "identifier_malformed"),
    ],
)
def test_what_the_schema_cannot_see_is_refused_with_a_code(
    changed: dict[str, Any], code: str
) -> None:
    wrong = replace(CLUB, **changed)
    assert own_rule_problems(with_transfers(wrong)) == [f"{code}: {wrong.end_to_end_id!a}"]


@pytest.mark.parametrize("amount_cents", [1, 99_999_999_999])
def test_the_smallest_and_the_largest_amount_of_sepa_pass(amount_cents: int) -> None:
    edge = with_transfers(replace(CLUB, amount_cents=amount_cents))
    assert own_rule_problems(edge) == []
    assert schema_problems(write_payment_file(edge)) == []


def test_an_end_to_end_id_used_twice_is_refused() -> None:
    twice = with_transfers(CLUB, replace(LIBRARY, end_to_end_id=CLUB.end_to_end_id))
    assert own_rule_problems(twice) == ["end_to_end_id_repeated: '2026-00012'"]


def test_a_file_without_a_payment_is_refused() -> None:
    assert own_rule_problems(with_transfers()) == ["no_transfer"]


def test_a_message_id_leaves_room_for_the_payment_id() -> None:
    full = replace(FILE, msg_id="M" * 34)
    assert own_rule_problems(full) == [f"identifier_malformed: {'M' * 34 + '-1'!a}"]


def test_a_wrong_account_of_the_payer_is_refused() -> None:
    wrong = replace(FILE, debtor=replace(DEBTOR, iban="FR7630004000031234567890144"))
    assert own_rule_problems(wrong) == ["iban_invalid: debtor"]


def test_a_total_that_is_not_the_sum_of_the_payments_is_seen_at_each_level() -> None:
    xml = write_payment_file(FILE)
    assert total_problems(xml) == []
    assert total_problems(xml.replace(b"<CtrlSum>50.01", b"<CtrlSum>50.02")) == [
        "sum_differs: GrpHdr",
        "sum_differs: PmtInf",
    ]
    assert total_problems(xml.replace(b"<NbOfTxs>2", b"<NbOfTxs>3", 1)) == ["count_differs: GrpHdr"]


def test_a_problem_never_tells_an_account_number_or_a_name() -> None:
    wrong = with_transfers(replace(CLUB, creditor_iban="FR1420041010050500013M02607"))
    assert not any("M02607" in problem or "CLUB" in problem for problem in own_rule_problems(wrong))


def test_five_thousand_payments_are_written_and_checked() -> None:
    many = with_transfers(
        *(replace(CLUB, end_to_end_id=f"2026-{number:05}") for number in range(5000))
    )
    xml = write_payment_file(many)
    assert own_rule_problems(many) == []
    assert schema_problems(xml) == []
    assert found(many, f"{GROUP}p:CtrlSum") == ["250000.00"]
