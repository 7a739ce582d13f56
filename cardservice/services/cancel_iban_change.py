"""Takes back a change of bank account that waits: the account in use stays (C68, C70).

The law: with the same proof as the change itself. There is nothing to take back where no account is
in use: somebody must be able to pay the partner.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import live_accounts
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import locked_partner_of
from cardservice.services.prove_again import prove_again


def cancel_iban_change(
    engine: Engine, keys: Keys, *, lead: ActingDelegate, password: str, code: str
) -> int | Refused | None:
    """The id of the account that does not wait any more; None when none could be taken back.

    Refused: role_may_not, those of prove_again.
    """
    assert lead.credential_id is not None, "a lead signs in"
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        accounts = live_accounts(connection, lead.partner_id)
        waiting = accounts.get("unverified")
        if waiting is None or "verified" not in accounts:
            return None
        refused = prove_again(
            connection, keys, credential_id=lead.credential_id, password=password, code=code
        )
        if refused is not None:
            return refused
        connection.execute(
            text("UPDATE bank_account SET state = 'replaced' WHERE bank_account_id = :waiting"),
            {"waiting": waiting.bank_account_id},
        )
        note(
            connection,
            actor=lead.actor,
            action="iban.cancel",
            subject=f"bank_account:{waiting.bank_account_id}",
            partner_id=lead.partner_id,
        )
        return waiting.bank_account_id
