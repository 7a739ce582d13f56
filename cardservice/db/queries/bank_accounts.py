"""Questions about the bank accounts of a partner: the one in use, the one that waits (C68, C70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from cardservice.domain.holder_match import compare_names
from cardservice.domain.iban import masked_iban


@dataclass(frozen=True, slots=True)
class Account:
    """An account as pages may know it: its number is masked from here on."""

    bank_account_id: int
    masked: str
    holder_name: str
    changed_by: str
    changed_at: datetime
    usable_from: datetime
    verified_at: datetime | None


def live_accounts(connection: Connection, partner_id: int) -> dict[str, Account]:
    """By state: `verified` is in use, `unverified` waits; either may be missing."""
    found = connection.execute(
        text(
            "SELECT state, bank_account_id, iban, holder_name, changed_by, changed_at,"
            " usable_from, verified_at FROM bank_account"
            " WHERE partner_id = :partner_id AND state <> 'replaced'"
            " ORDER BY bank_account_id LIMIT 2"
        ),
        {"partner_id": partner_id},
    )
    return {
        row.state: Account(
            row.bank_account_id,
            masked_iban(row.iban),
            row.holder_name,
            row.changed_by,
            row.changed_at,
            row.usable_from,
            row.verified_at,
        )
        for row in found
    }


@dataclass(frozen=True, slots=True)
class WaitingAccount:
    """An account that waits for a second agent. `holder_match` is what the comparison of names says
    now; `changed_by` is `agent:3`, `delegate:7` or the file it came with; `in_use` the account that
    it would replace, masked."""

    bank_account_id: int
    partner_id: int
    legal_name: str
    trade_name: str
    siret: str
    masked: str
    holder_name: str
    holder_match: str
    changed_by: str
    changed_by_email: str | None
    changed_at: datetime
    usable_from: datetime
    in_use: str | None
    in_use_holder: str | None
    shared_with: int


_WAITING: Final = """
SELECT b.bank_account_id, b.partner_id, p.legal_name, p.trade_name, p.siret, b.iban, b.holder_name,
       b.changed_by, a.email, b.changed_at, b.usable_from, u.iban AS in_use_iban,
       u.holder_name AS in_use_holder,
       (SELECT count(DISTINCT o.partner_id) FROM bank_account o
        WHERE o.iban = b.iban AND o.state <> 'replaced' AND o.partner_id <> b.partner_id) AS shared
FROM bank_account b JOIN partner p USING (partner_id)
LEFT JOIN bank_account u ON u.partner_id = b.partner_id AND u.state = 'verified'
LEFT JOIN agent a ON b.changed_by = 'agent:' || a.agent_id
WHERE b.state = 'unverified'
"""


def waiting_accounts(connection: Connection, *, limit: int, offset: int) -> list[WaitingAccount]:
    """Those that wait to be verified, in the order in which they may be."""
    rows = connection.execute(
        text(f"{_WAITING} ORDER BY b.usable_from, b.bank_account_id LIMIT :limit OFFSET :offset"),
        {"limit": limit, "offset": offset},
    )
    return [_waiting(row) for row in rows]


def count_of_waiting_accounts(connection: Connection) -> int:
    """How many wait."""
    found = connection.execute(text("SELECT count(*) FROM bank_account WHERE state = 'unverified'"))
    return int(found.scalar_one())


def waiting_account_numbered(connection: Connection, bank_account_id: int) -> WaitingAccount | None:
    """One that waits; None when it does not wait any more, or never did."""
    row = connection.execute(
        text(f"{_WAITING} AND b.bank_account_id = :bank_account_id"),
        {"bank_account_id": bank_account_id},
    ).one_or_none()
    return None if row is None else _waiting(row)


def account_exists(connection: Connection, bank_account_id: int) -> bool:
    """Whether there was ever such an account."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM bank_account WHERE bank_account_id = :bank_account_id)"),
        {"bank_account_id": bank_account_id},
    )
    return bool(found.scalar_one())


def _waiting(row: Row[Any]) -> WaitingAccount:
    return WaitingAccount(
        row.bank_account_id,
        row.partner_id,
        row.legal_name,
        row.trade_name,
        row.siret,
        masked_iban(row.iban),
        row.holder_name,
        compare_names(row.holder_name, [row.legal_name, row.trade_name]),
        row.changed_by,
        row.email,
        row.changed_at,
        row.usable_from,
        None if row.in_use_iban is None else masked_iban(row.in_use_iban),
        row.in_use_holder,
        row.shared,
    )


@dataclass(frozen=True, slots=True)
class DecidedAccount:
    """An account that an agent has verified or refused; `decision` says which."""

    bank_account_id: int
    trade_name: str
    masked: str
    decision: str
    holder_match: str
    words: str | None
    decided_by: str
    decided_at: datetime


def decided_accounts(connection: Connection, *, limit: int) -> list[DecidedAccount]:
    """The latest decisions, the newest first."""
    rows = connection.execute(
        text(
            "SELECT b.bank_account_id, p.trade_name, b.iban,"
            " CASE WHEN b.refused_by IS NULL THEN 'verified' ELSE 'refused' END AS decision,"
            " b.holder_match, coalesce(b.refusal_reason, b.match_evidence) AS words,"
            " a.email, coalesce(b.refused_at, b.verified_at) AS at"
            " FROM bank_account b JOIN partner p USING (partner_id)"
            " JOIN agent a ON a.agent_id = coalesce(b.refused_by, b.verified_by)"
            " ORDER BY at DESC, b.bank_account_id DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [
        DecidedAccount(
            row.bank_account_id,
            row.trade_name,
            masked_iban(row.iban),
            row.decision,
            row.holder_match,
            row.words,
            row.email,
            row.at,
        )
        for row in rows
    ]
