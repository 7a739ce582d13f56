"""The bank account of a partner: the one in use, and the one that waits to be verified (C68, C70).

The law: a first IBAN may be verified at once; a changed one waits `iban_hold_hours`, and the old
one stays in use until a second agent has verified the new one. Nothing is overwritten: an account
that left is kept as `replaced`.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.services.partners_file import BankFields


def declare_account(
    connection: Connection, partner_id: int, bank: BankFields, *, changed_by: str
) -> bool:
    """Makes `bank` the partner's account, present or to come; False when it was already."""
    live = {
        row.state: row
        for row in connection.execute(
            text(
                "SELECT bank_account_id, state, iban, holder_name FROM bank_account"
                " WHERE partner_id = :partner_id AND state <> 'replaced'"
                " ORDER BY bank_account_id FOR NO KEY UPDATE"
            ),
            {"partner_id": partner_id},
        )
    }
    waiting, verified = live.get("unverified"), live.get("verified")
    expected = waiting or verified
    if expected and (expected.iban, expected.holder_name) == (bank.iban, bank.holder_name):
        return False

    if waiting:
        connection.execute(
            text("UPDATE bank_account SET state = 'replaced' WHERE bank_account_id = :waiting"),
            {"waiting": waiting.bank_account_id},
        )
    if verified and (verified.iban, verified.holder_name) == (bank.iban, bank.holder_name):
        return True
    hold_hours = 0
    if expected:
        hold_hours = scheme.rule_number(connection, "iban_hold_hours", paris_today(connection))
    connection.execute(
        text(
            "INSERT INTO bank_account"
            " (partner_id, iban, holder_name, usable_from, changed_by, changed_at)"
            " SELECT :partner_id, :iban, :holder_name,"
            " at + make_interval(hours => :hold_hours), :changed_by, at"
            " FROM ledger_now() AS at"
        ),
        {
            "partner_id": partner_id,
            "iban": bank.iban,
            "holder_name": bank.holder_name,
            "hold_hours": hold_hours,
            "changed_by": changed_by,
        },
    )
    return True
