"""A bank's file is read in any version, and nobody's XML is trusted (design §6)."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.db.tables.bank import REMARKS, UNDERSTOOD
from cardservice.domain.refusal import Refused
from clearing.bank.message import BankMessage
from clearing.bank.read_message import read_message
from clearing.bank.read_xml import MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS, read_xml
from clearing.bank.reasons import known_reasons, reason_of, remark_sentence, understood_word
from tests.clearing.bank_files import (
    FOREIGN,
    PAIN002_V03,
    PAIN002_V10,
    Status,
    camt053,
    camt054,
    debit,
    pain002,
    returned,
)


def read(content: bytes) -> BankMessage:
    message = read_message(content)
    assert isinstance(message, BankMessage), message
    return message


def code(content: bytes) -> str:
    refused = read_message(content)
    assert isinstance(refused, Refused), refused
    return refused.code


@pytest.mark.parametrize("namespace", [PAIN002_V03, PAIN002_V10, "urn:of:nobody"])
def test_a_status_report_is_read_in_any_version(namespace: str) -> None:
    message = read(
        pain002(
            "CJP-1",
            Status("BR-2026-000001", euros="30.55"),
            Status("BR-2026-000002", "ACCP"),
            group="PART",
            count=2,
            total="33.55",
            namespace=namespace,
        )
    )
    (report,) = message.reports
    assert (message.kind, message.message_id) == ("pain002", "STATUS-1")
    assert (report.original_message, report.payment_ids) == ("CJP-1", ("CJP-1-1",))
    assert (report.statuses, report.count, report.total_cents) == (("PART",), 2, 3355)
    assert [(one.status, one.reason_code, one.amount_cents) for one in report.transfers] == [
        ("RJCT", "AC04", 3055),
        ("ACCP", None, None),
    ]


@pytest.mark.parametrize("prefix", ["", "ns0", "camt"])
@pytest.mark.parametrize(("kind", "write"), [("camt053", camt053), ("camt054", camt054)])
def test_a_statement_is_read_under_any_prefix(
    kind: str, write: Callable[..., bytes], prefix: str
) -> None:
    entries = FOREIGN, debit("33.55", "CJP-1-1"), returned("BR-1", "3.00")
    message = read(write(*entries, prefix=prefix))
    assert message.kind == kind
    foreign, paid, back = message.entries
    assert (foreign.amount_cents, foreign.is_booked, foreign.file_ids) == (81240, True, frozenset())
    assert (paid.amount_cents, paid.is_credit, paid.file_ids) == (
        3355,
        False,
        frozenset(["CJP-1-1"]),
    )
    assert (back.is_credit, back.details[0].end_to_end_id, back.details[0].reason_code) == (
        True,
        "BR-1",
        "AC04",
    )


@pytest.mark.parametrize(
    ("written", "cents"),
    [("50.00", 5000), ("50", 5000), ("50.0", 5000), ("0.01", 1), ("7.50000", 750), ("12.3", 1230)],
)
def test_an_amount_goes_to_cents_without_a_fraction(written: str, cents: int) -> None:
    assert read(camt053(debit(written, "X"))).entries[0].amount_cents == cents


@pytest.mark.parametrize("written", ["50.001", "-50.00", "1e3", "50,00", "", "٥٠", "9" * 14, "NaN"])
def test_an_amount_that_is_none_refuses_the_file(written: str) -> None:
    assert code(camt053(debit(written, "X"))) == "bank_file_malformed"


@pytest.mark.parametrize(
    "broken",
    [
        camt053(debit("1.00", "X")).replace(b"DBIT", b"NONE"),
        camt053(debit("1.00", "X")).replace(b"2026-12-02</Dt>", b"the second</Dt>"),
        camt053(FOREIGN).replace(b"<MsgId>STMT-1</MsgId>", b""),
        camt053(FOREIGN).replace(b"STMT-1", b"S" * 141),
        pain002("CJP-1", count=1).replace(b"<OrgnlNbOfTxs>1<", b"<OrgnlNbOfTxs>one<"),
        pain002("CJP-1").replace(b"OrgnlGrpInfAndSts", b"Other"),
    ],
)
def test_a_place_that_says_nothing_readable_refuses_the_whole_file(broken: bytes) -> None:
    refused = read_message(broken)
    assert isinstance(refused, Refused) and refused.code == "bank_file_malformed"
    assert refused.facts["where"]


@pytest.mark.parametrize(
    "other",
    [
        b"<Document/>",
        b"<Document><BkToCstmrAcctRpt/></Document>",
        b"<html><body>503</body></html>",
        pain002("CJP-1").replace(b"CstmrPmtStsRpt", b"CstmrCdtTrfInitn"),
    ],
)
def test_another_kind_of_file_is_not_taken(other: bytes) -> None:
    assert code(other) == "bank_file_unknown"


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><Document>&b;</Document>"""
OUTSIDE = b"""<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>"""


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB,
        OUTSIDE,
        b'<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd"><Document/>',
        b'\xef\xbb\xbf  <!DOCTYPE Document [<!ATTLIST Document a CDATA "x">]><Document/>',
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-Document/+AD4-'.replace(b"+ADw-D", b"<D"),
        b'<?xml version="1.0" encoding="IBM037"?><Document/>',
    ],
)
def test_document_types_entities_and_odd_encodings_are_refused(hostile: bytes) -> None:
    assert code(hostile) == "bank_file_hostile"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"\x89PNG\r\n\x1a\n" + bytes(2000),
        b"PK\x03\x04",
        "<Document/>".encode("utf-16"),
        b"<Document>",
        b"<a><b></a></b>",
        b"<Document>\xff\xfe</Document>",
        b"<Document>&unknown;</Document>",
        b"<Document/><Document/>",
        b"reference;montant\n1;2\n",
    ],
)
def test_what_is_not_xml_is_refused(content: bytes) -> None:
    assert code(content) == "bank_file_not_xml"


def test_a_file_that_is_too_large_is_not_even_parsed() -> None:
    assert code(b"<Document>" + b" " * MOST_BYTES + b"</Document>") == "bank_file_too_large"


@pytest.mark.parametrize("depth", [MOST_DEPTH + 1, 5_000, 200_000])
def test_a_file_that_is_too_deep_is_refused(depth: int) -> None:
    # libxml2 has a limit of its own, which is met first by the deepest.
    assert code(b"<a>" * depth + b"</a>" * depth) in ("bank_file_too_large", "bank_file_not_xml")


def test_a_hundred_thousand_elements_are_read_soon_and_more_than_a_bank_sends_never() -> None:
    entry = FOREIGN.encode()
    flood = camt053().replace(b"</Stmt>", entry * (100_000 // 12) + b"</Stmt>")
    begun = time.perf_counter()
    assert len(read(flood).entries) == 100_000 // 12
    assert time.perf_counter() - begun < 10
    assert code(b"<Document>" + b"<x/>" * MOST_ELEMENTS + b"</Document>") == "bank_file_too_large"


def test_a_flood_is_given_up_before_it_fills_the_memory() -> None:
    flood = b"<Document>" + b"<x/>" * 2_000_000 + b"</Document>"
    tracemalloc.start()
    assert isinstance(read_xml(flood), Refused)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    assert isinstance(read_message(content), Refused)


@given(st.data())
def test_no_damage_to_a_real_file_makes_the_reader_fail(data: st.DataObject) -> None:
    whole = bytearray(camt053(FOREIGN, debit("33.55", "CJP-1-1"), returned("BR-1", "3.00")))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    assert isinstance(read_message(bytes(whole)), BankMessage | Refused)


def test_every_reason_remark_and_finding_has_its_french() -> None:
    for reason in known_reasons():
        words = reason_of(reason)
        assert words.sentence.endswith(".") and words.advice.endswith(".")
    assert reason_of("ZZ99").code == "ZZ99"
    assert reason_of("ZZ99").sentence == reason_of("MS03").sentence
    assert all(remark_sentence(remark).endswith(".") for remark in REMARKS)
    assert all(understood_word(word) for word in UNDERSTOOD)
