"""Tells the lead of a partner that a transfer has come back, and what to do about it (C68, C70).

The law: written in the transaction that takes the answer in; never for a file that the bank refused
whole, which is no affair of the partner's; the account is masked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import paris_today
from cardservice.domain.calendar import format_day
from cardservice.domain.iban import masked_iban
from cardservice.domain.money import format_euros
from cardservice.services.write_mail import write_mail
from clearing.bank.reasons import reason_of
from clearing.bank.sent import SentTransfer

# The lead delegate, and the partner's own address: an account that is closed is urgent.
_ADDRESSES = text(
    "SELECT p.partner_id, p.trade_name, k.email FROM partner p"
    " JOIN delegate d ON d.partner_id = p.partner_id AND d.role = 'lead' AND d.state <> 'removed'"
    " JOIN credential k USING (credential_id) WHERE p.partner_id = ANY(:partner_ids)"
    " UNION SELECT partner_id, trade_name, lower(email) FROM partner"
    " WHERE partner_id = ANY(:partner_ids) ORDER BY partner_id, email"
)


def tell_partners(connection: Connection, failed: Sequence[tuple[SentTransfer, str]]) -> None:
    """One mail per transfer and address."""
    partner_ids = sorted({transfer.partner_id for transfer, _ in failed})
    if not partner_ids:
        return
    addresses: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_ADDRESSES, {"partner_ids": partner_ids}):
        addresses[row.partner_id].append(row)
    today = paris_today(connection)
    for transfer, reason_code in failed:
        reason = reason_of(reason_code)
        for row in addresses[transfer.partner_id]:
            write_mail(
                connection,
                recipient=row.email,
                kind="transfer_failed",
                facts={
                    "partner_name": row.trade_name,
                    "number": transfer.number,
                    "amount": format_euros(transfer.amount_cents),
                    "masked_iban": masked_iban(transfer.iban),
                    "day": format_day(today),
                    "reason": reason.sentence,
                    "check_account": reason.account,
                },
            )
