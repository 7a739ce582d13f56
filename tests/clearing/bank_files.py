"""Files as banks send them, written by hand: pain.002 of two versions, camt.053 and camt.054.

Each bank has its own habits: a prefix on every element, a version more or less, an amount with one
decimal or five. Only what we rely on is filled in; around it stands what a real file has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PAIN002_V03 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
PAIN002_V10 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
CAMT053_V02 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
CAMT053_V08 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
CAMT054_V08 = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


class Status(NamedTuple):
    """A transfer in a pain.002."""

    name: str
    status: str = "RJCT"
    reason: str | None = "AC04"
    euros: str | None = None


def pain002(
    original: str,
    *transfers: Status,
    message: str = "STATUS-1",
    group: str | None = "ACCP",
    payment: str | None = None,
    reason: str | None = None,
    count: int | None = None,
    total: str | None = None,
    namespace: str = PAIN002_V10,
    on: str = "2026-12-02",
) -> bytes:
    """A status report about the file `original`."""
    inner = "".join(_status(one) for one in transfers)
    group_ = f"<GrpSts>{group}</GrpSts>" if group else ""
    count_ = f"<OrgnlNbOfTxs>{count}</OrgnlNbOfTxs>" if count is not None else ""
    total_ = f"<OrgnlCtrlSum>{total}</OrgnlCtrlSum>" if total is not None else ""
    status = f"<PmtInfSts>{payment}</PmtInfSts>" if payment else ""
    why = _why(reason)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{namespace}">
  <CstmrPmtStsRpt>
    <GrpHdr><MsgId>{message}</MsgId><CreDtTm>{on}T09:12:44+01:00</CreDtTm></GrpHdr>
    <OrgnlGrpInfAndSts>
      <OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
      {count_}{total_}{group_}{why}
    </OrgnlGrpInfAndSts>
    <OrgnlPmtInfAndSts><OrgnlPmtInfId>{original}-1</OrgnlPmtInfId>{status}
    {inner}</OrgnlPmtInfAndSts>
  </CstmrPmtStsRpt>
</Document>""".encode()


def _status(one: Status) -> str:
    amount = (
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{one.euros}</InstdAmt></Amt></OrgnlTxRef>'
        if one.euros
        else ""
    )
    return (
        f"<TxInfAndSts><StsId>S1</StsId><OrgnlEndToEndId>{one.name}</OrgnlEndToEndId>"
        f"<TxSts>{one.status}</TxSts>{_why(one.reason if one.status == 'RJCT' else None)}{amount}"
        "</TxInfAndSts>\n"
    )


def _why(reason: str | None) -> str:
    return f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""


def debit(
    euros: str,
    payment_id: str | None,
    *names: tuple[str, str],
    reference: str | None = "DEB-1",
    on: str = "2026-12-02",
    status: str = "BOOK",
    currency: str = "EUR",
    reversal: bool = False,
) -> str:
    """An entry that takes money from our account; `names` are (EndToEndId, euros)."""
    batch = f"<Btch><PmtInfId>{payment_id}</PmtInfId></Btch>" if payment_id else ""
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs>"
        f'<Amt Ccy="EUR">{amount}</Amt></TxDtls>'
        for name, amount in names
    )
    reverse = "<RvslInd>true</RvslInd>" if reversal else ""
    ref = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{euros}</Amt><CdtDbtInd>DBIT</CdtDbtInd>{reverse}'
        f"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>{ref}"
        f"<NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )


def returned(
    name: str,
    euros: str,
    *,
    reason: str | None = "AC04",
    reference: str | None = "RET-1",
    on: str = "2026-12-04",
) -> str:
    """An entry that brings a transfer back to our account."""
    why = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    ref = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{euros}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><DtTm>{on}T00:00:00</DtTm></BookgDt>{ref}<NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{name}</EndToEndId></Refs>{why}</TxDtls></NtryDtls></Ntry>"
    )


# The electricity of the town hall: most of a statement is none of our business.
FOREIGN = (
    '<Ntry><Amt Ccy="EUR">812.40</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>'
    "<BookgDt><Dt>2026-12-02</Dt></BookgDt><AcctSvcrRef>ELEC-12</AcctSvcrRef><NtryDtls><TxDtls>"
    "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
)


def camt053(
    *entries: str, message: str = "STMT-1", namespace: str = CAMT053_V08, prefix: str = ""
) -> bytes:
    """A statement; `prefix` puts every element into a named namespace."""
    return _account(entries, message, namespace, "BkToCstmrStmt", "Stmt", prefix)


def camt054(*entries: str, message: str = "NTF-1", prefix: str = "") -> bytes:
    """A notification."""
    return _account(entries, message, CAMT054_V08, "BkToCstmrDbtCdtNtfctn", "Ntfctn", prefix)


def _account(
    entries: Sequence[str], message: str, namespace: str, body: str, part: str, prefix: str
) -> bytes:
    plain = (
        f"<Document><{body}><GrpHdr><MsgId>{message}</MsgId>"
        f"<CreDtTm>2026-12-02T06:00:00Z</CreDtTm></GrpHdr><{part}><Id>1</Id>"
        '<Acct><Id><IBAN>FR7630004000031234567890143</IBAN></Id></Acct><Bal><Amt Ccy="EUR">1.00'
        f"</Amt></Bal>{''.join(entries)}</{part}></{body}></Document>"
    )
    if not prefix:
        return plain.replace("<Document>", f'<Document xmlns="{namespace}">').encode()
    named = plain.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    opened = f"<{prefix}:Document"
    return named.replace(opened, f'{opened} xmlns:{prefix}="{namespace}"', 1).encode()
