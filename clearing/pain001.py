"""The bank file of a fortnight: ISO 20022 pain.001.001.09, one payment per remittance.

Laws kept (design §6, EPC rulebook 2025): the same payments give the same bytes, so a second
download is the same file for the bank's own duplicate check; amounts go from integer cents
to digits without ever being a fraction; names are transliterated; a creditor's address is
given only for an account outside the European Economic Area, where it is compulsory.

Refuses to know: partners, runs, the database, and where the file is kept. The official
schema is borrowed from the `sepaxml` package, which serves for nothing else.
"""

from collections import Counter
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING

from lxml import etree

from cardservice.domain.calendar import PARIS
from cardservice.domain.iban import iban_is_valid, normal_iban
from clearing.payment_file import CreditTransfer, Debtor, PaymentFile, needs_address
from clearing.transliteration import SEPA_CHARACTERS, to_sepa_text

if TYPE_CHECKING:
    from lxml.etree._serializer import _IncrementalFileWriter as _Pen

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
IDENTIFIER_LENGTH = 35
NAME_LENGTH = 70
TOWN_LENGTH = 35
REMITTANCE_TEXT_LENGTH = 140
MAXIMUM_CENTS = 99_999_999_999

__all__ = [
    "CreditTransfer",
    "Debtor",
    "PaymentFile",
    "own_rule_problems",
    "schema_problems",
    "total_problems",
    "write_payment_file",
]


def write_payment_file(file: PaymentFile) -> bytes:
    """The XML of `file` in UTF-8 without byte order mark; the same file, the same bytes."""
    assert file.created_at.tzinfo is not None, "the bank needs the offset of CreDtTm"

    output = BytesIO()
    with etree.xmlfile(output, encoding="UTF-8") as xml:
        xml.write_declaration()
        with (
            xml.element(_tag("Document"), nsmap={None: NAMESPACE}),
            xml.element(_tag("CstmrCdtTrfInitn")),
        ):
            _write_group_header(xml, file)
            _write_payment_information(xml, file)
    return output.getvalue()


def schema_problems(xml: bytes) -> list[str]:
    """What the official schema has to say against `xml`; an empty list is a valid file."""
    try:
        document = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError as error:
        return [f"not_xml: {error}"]
    # Read anew at each call: a shared schema object also shares its list of errors.
    schema = etree.XMLSchema(etree.fromstring(_official_schema(), _parser()))
    schema.validate(document)
    return [f"line {entry.line}: {entry.message}" for entry in schema.error_log]


def own_rule_problems(file: PaymentFile) -> list[str]:
    """What no schema can see, as `code: EndToEndId`; never an account number or a name.

    Codes: `no_transfer`, `identifier_malformed`, `end_to_end_id_repeated`,
    `amount_out_of_range`, `name_empty`, `remittance_text_empty`, `iban_invalid`,
    `address_missing`, and those of `total_problems`.
    """
    problems = [] if file.transfers else ["no_transfer"]
    for identifier in (file.msg_id, file.payment_id, file.debtor.organisation_id):
        if not _identifier_is_allowed(identifier):
            problems.append(f"identifier_malformed: {identifier!a}")
    if not _iban_is_payable(file.debtor.iban):
        problems.append("iban_invalid: debtor")
    if not to_sepa_text(file.debtor.name, NAME_LENGTH):
        problems.append("name_empty: debtor")

    uses = Counter(transfer.end_to_end_id for transfer in file.transfers)
    problems += [f"end_to_end_id_repeated: {key!a}" for key, times in uses.items() if times > 1]
    for transfer in file.transfers:
        problems += _transfer_problems(transfer)

    # The sums are read back from the written file: adding up the same list twice with the
    # same code would prove nothing. A file with other problems may not even be writable.
    return problems or total_problems(write_payment_file(file))


def total_problems(xml: bytes) -> list[str]:
    """Counts and control sums of a written file against its own payments, at both levels."""
    initiation = etree.fromstring(xml, _parser()).find(_tag("CstmrCdtTrfInitn"))
    assert initiation is not None, "only files of this writer come here"
    amounts = [_cents(amount.text or "") for amount in initiation.iter(_tag("InstdAmt"))]

    problems = []
    for level in ("GrpHdr", "PmtInf"):
        header = initiation.find(_tag(level))
        assert header is not None, "only files of this writer come here"
        if header.findtext(_tag("NbOfTxs")) != str(len(amounts)):
            problems.append(f"count_differs: {level}")
        if _cents(header.findtext(_tag("CtrlSum")) or "") != sum(amounts):
            problems.append(f"sum_differs: {level}")
    return problems


def _write_group_header(xml: "_Pen", file: PaymentFile) -> None:
    with xml.element(_tag("GrpHdr")):
        _leaf(xml, "MsgId", file.msg_id)
        # Paris time, so that one instant has one spelling whatever the server's zone.
        _leaf(xml, "CreDtTm", file.created_at.astimezone(PARIS).isoformat(timespec="seconds"))
        _write_totals(xml, file)
        with xml.element(_tag("InitgPty")):
            _leaf(xml, "Nm", to_sepa_text(file.debtor.name, NAME_LENGTH))
            _nested(xml, "Id/OrgId/Othr/Id", file.debtor.organisation_id)


def _write_payment_information(xml: "_Pen", file: PaymentFile) -> None:
    debtor = file.debtor
    with xml.element(_tag("PmtInf")):
        _leaf(xml, "PmtInfId", file.payment_id)
        _leaf(xml, "PmtMtd", "TRF")
        # One debit on our statement, which is the total that two people approved.
        _leaf(xml, "BtchBookg", "true")
        _write_totals(xml, file)
        _nested(xml, "PmtTpInf/SvcLvl/Cd", "SEPA")
        _nested(xml, "ReqdExctnDt/Dt", file.execution_on.isoformat())
        with xml.element(_tag("Dbtr")):
            _leaf(xml, "Nm", to_sepa_text(debtor.name, NAME_LENGTH))
            if debtor.lei:
                _nested(xml, "Id/OrgId/LEI", debtor.lei)
        _nested(xml, "DbtrAcct/Id/IBAN", debtor.iban)
        if debtor.bic:
            _nested(xml, "DbtrAgt/FinInstnId/BICFI", debtor.bic)
        else:
            # The element is compulsory even where the account number says it all.
            _nested(xml, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
        _leaf(xml, "ChrgBr", "SLEV")
        for transfer in file.transfers:
            _write_transfer(xml, transfer)


def _write_transfer(xml: "_Pen", transfer: CreditTransfer) -> None:
    with xml.element(_tag("CdtTrfTxInf")):
        _nested(xml, "PmtId/EndToEndId", transfer.end_to_end_id)
        with xml.element(_tag("Amt")), xml.element(_tag("InstdAmt"), Ccy="EUR"):
            xml.write(_euros(transfer.amount_cents))
        with xml.element(_tag("Cdtr")):
            _leaf(xml, "Nm", to_sepa_text(transfer.creditor_name, NAME_LENGTH))
            if needs_address(transfer.creditor_iban):
                with xml.element(_tag("PstlAdr")):
                    _leaf(xml, "TwnNm", to_sepa_text(transfer.town or "", TOWN_LENGTH))
                    _leaf(xml, "Ctry", transfer.country or "")
        _nested(xml, "CdtrAcct/Id/IBAN", transfer.creditor_iban)
        _nested(xml, "RmtInf/Ustrd", to_sepa_text(transfer.remittance_text, REMITTANCE_TEXT_LENGTH))


def _write_totals(xml: "_Pen", file: PaymentFile) -> None:
    _leaf(xml, "NbOfTxs", str(len(file.transfers)))
    _leaf(xml, "CtrlSum", _euros(file.total_cents))


def _nested(xml: "_Pen", path: str, text: str) -> None:
    outer, _, inner = path.partition("/")
    if not inner:
        _leaf(xml, outer, text)
        return
    with xml.element(_tag(outer)):
        _nested(xml, inner, text)


def _leaf(xml: "_Pen", name: str, text: str) -> None:
    with xml.element(_tag(name)):
        xml.write(text)


def _transfer_problems(transfer: CreditTransfer) -> list[str]:
    codes = []
    if not _identifier_is_allowed(transfer.end_to_end_id):
        codes.append("identifier_malformed")
    if not 1 <= transfer.amount_cents <= MAXIMUM_CENTS:
        codes.append("amount_out_of_range")
    if not to_sepa_text(transfer.creditor_name, NAME_LENGTH):
        codes.append("name_empty")
    if not to_sepa_text(transfer.remittance_text, REMITTANCE_TEXT_LENGTH):
        codes.append("remittance_text_empty")
    if not _iban_is_payable(transfer.creditor_iban):
        codes.append("iban_invalid")
    if needs_address(transfer.creditor_iban) and not (
        to_sepa_text(transfer.town or "", TOWN_LENGTH) and transfer.country
    ):
        codes.append("address_missing")
    return [f"{code}: {transfer.end_to_end_id!a}" for code in codes]


def _iban_is_payable(iban: str) -> bool:
    # The rulebook forgives spaces and small letters; the file is written as it stands.
    return iban == normal_iban(iban) and iban_is_valid(iban)


def _identifier_is_allowed(identifier: str) -> bool:
    return (
        0 < len(identifier) <= IDENTIFIER_LENGTH
        and set(identifier.upper()) <= SEPA_CHARACTERS
        and identifier.isascii()
        and identifier == identifier.strip(" /")
        and "//" not in identifier
    )


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _cents(euros: str) -> int:
    whole, _, hundredths = euros.partition(".")
    assert len(hundredths) == 2, "this writer always gives two decimals"
    return int(whole) * 100 + int(hundredths)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _official_schema() -> bytes:
    return (resources.files("sepaxml") / "schemas" / "pain.001.001.09.xsd").read_bytes()


def _parser() -> etree.XMLParser:
    # No entity, no network: `schema_problems` may be shown a file from elsewhere.
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
