"""The tree of a bank's file into facts: pain.002, camt.053 and camt.054, of any version.

The law: what cannot be read is refused whole, with the place; nothing is guessed. Amounts go from
digits to integer cents without ever being a fraction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from cardservice.domain.refusal import Refused
from clearing.bank.message import (
    BankMessage,
    EntryDetail,
    StatementEntry,
    StatusReport,
    TransferStatus,
)
from clearing.bank.read_xml import Element, child, children, local_name, read_xml, words

# ISO gives identifiers 35 characters and references up to 70; more than this is no identifier.
_LONGEST: Final = 140
_AMOUNT: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,5}))?")
_REASONS: Final = ("Rsn/Cd", "Rsn/Prtry")


class _Unreadable(Exception):
    """A place of the file that says nothing we can read."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def read_message(content: bytes) -> BankMessage | Refused:
    """The facts of a file. Refused: those of read_xml, bank_file_unknown, bank_file_malformed."""
    root = read_xml(content)
    if isinstance(root, Refused):
        return root
    body = next(iter(root), None)
    if local_name(root) != "Document" or body is None or not isinstance(body.tag, str):
        return Refused("bank_file_unknown")
    reader = _READERS.get(local_name(body))
    if reader is None:
        return Refused("bank_file_unknown")
    try:
        return reader(body)
    except _Unreadable as unreadable:
        return Refused("bank_file_malformed", {"where": unreadable.where})


def _status_report(body: Element) -> BankMessage:
    transfers: list[TransferStatus] = []
    group = child(body, "OrgnlGrpInfAndSts")
    if group is None:
        raise _Unreadable("OrgnlGrpInfAndSts")
    payments = list(children(body, "OrgnlPmtInfAndSts"))
    for holder in (body, *payments):
        transfers += [_transfer_status(one) for one in children(holder, "TxInfAndSts")]
    report = StatusReport(
        original_message=_identifier(group, "OrgnlMsgId"),
        payment_ids=tuple(filter(None, (_identifier(one, "OrgnlPmtInfId") for one in payments))),
        statuses=tuple(
            status
            for status in (
                _identifier(group, "GrpSts"),
                *(_identifier(one, "PmtInfSts") for one in payments),
            )
            if status is not None
        ),
        reason_codes=tuple(code for one in (group, *payments) for code in _reasons(one)),
        count=_count(group, "OrgnlNbOfTxs"),
        total_cents=_cents(words(group, "OrgnlCtrlSum"), "OrgnlCtrlSum"),
        transfers=tuple(transfers),
    )
    return BankMessage("pain002", _message_id(body), _created_on(body), reports=(report,))


def _transfer_status(element: Element) -> TransferStatus:
    return TransferStatus(
        end_to_end_id=_identifier(element, "OrgnlEndToEndId"),
        status=_identifier(element, "TxSts"),
        reason_codes=_reasons(element),
        amount_cents=_cents(
            words(element, "OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt"), "InstdAmt"
        ),
    )


def _reasons(element: Element) -> tuple[str, ...]:
    informations = children(element, "StsRsnInf")
    return tuple(filter(None, (_identifier(one, *_REASONS) for one in informations)))


def _statement(body: Element) -> BankMessage:
    return _account_message(body, kind="camt053", part="Stmt")


def _notification(body: Element) -> BankMessage:
    return _account_message(body, kind="camt054", part="Ntfctn")


def _account_message(body: Element, *, kind: str, part: str) -> BankMessage:
    entries = [_entry(one) for part_ in children(body, part) for one in children(part_, "Ntry")]
    return BankMessage(kind, _message_id(body), _created_on(body), entries=tuple(entries))


def _entry(element: Element) -> StatementEntry:
    amount = child(element, "Amt")
    cents = _cents(words(element, "Amt"), "Ntry/Amt")
    side = words(element, "CdtDbtInd")
    if amount is None or cents is None or side not in ("CRDT", "DBIT"):
        raise _Unreadable("Ntry/Amt" if side in ("CRDT", "DBIT") else "Ntry/CdtDbtInd")
    file_ids: set[str | None] = set()
    details = []
    for block in children(element, "NtryDtls"):
        for batch in children(block, "Btch"):
            file_ids |= {_identifier(batch, "MsgId"), _identifier(batch, "PmtInfId")}
        for one in children(block, "TxDtls"):
            file_ids |= {_identifier(one, "Refs/MsgId"), _identifier(one, "Refs/PmtInfId")}
            details.append(_detail(one))
    return StatementEntry(
        reference=_identifier(element, "AcctSvcrRef", "NtryRef"),
        amount_cents=cents,
        currency=amount.get("Ccy", ""),
        is_credit=side == "CRDT",
        is_reversal=words(element, "RvslInd") in ("true", "1"),
        # A word of its own in the newer versions, the element's text in the older ones.
        is_booked=words(element, "Sts/Cd", "Sts") == "BOOK",
        booked_on=_day(words(element, "BookgDt/Dt", "BookgDt/DtTm"), "BookgDt"),
        file_ids=frozenset(one for one in file_ids if one is not None),
        details=tuple(details),
    )


def _detail(element: Element) -> EntryDetail:
    return EntryDetail(
        end_to_end_id=_identifier(element, "Refs/EndToEndId"),
        amount_cents=_cents(
            words(element, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"), "TxDtls/Amt"
        ),
        reason_code=_identifier(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"),
    )


def _message_id(body: Element) -> str:
    found = _identifier(body, "GrpHdr/MsgId")
    if found is None:
        raise _Unreadable("GrpHdr/MsgId")
    return found


def _created_on(body: Element) -> date | None:
    return _day(words(body, "GrpHdr/CreDtTm"), "GrpHdr/CreDtTm")


def _identifier(element: Element, *paths: str) -> str | None:
    found = words(element, *paths)
    if found is not None and len(found) > _LONGEST:
        raise _Unreadable(paths[0])
    return found


def _count(element: Element, name: str) -> int | None:
    found = words(element, name)
    if found is None:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", found):
        raise _Unreadable(name)
    return int(found)


def _cents(digits: str | None, where: str) -> int | None:
    if digits is None:
        return None
    amount = _AMOUNT.fullmatch(digits)
    fraction = "" if amount is None else (amount[2] or "").rstrip("0")
    if amount is None or len(fraction) > 2:
        raise _Unreadable(where)
    return int(amount[1]) * 100 + int(fraction.ljust(2, "0"))


def _day(written: str | None, where: str) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise _Unreadable(where) from error


_READERS: Final[dict[str, Callable[[Element], BankMessage]]] = {
    "CstmrPmtStsRpt": _status_report,
    "BkToCstmrStmt": _statement,
    "BkToCstmrDbtCdtNtfctn": _notification,
}
