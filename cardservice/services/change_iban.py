"""The lead changes where the partner is reimbursed: declared now, in use when verified (C68, C70).

The law: password and second factor are asked for again; the account in use stays until somebody
else, at the Département, has verified the new one after its hold. Everybody who could be cheated
with it is told by mail at once. The number is masked wherever it is shown, mailed or noted.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import Account, live_accounts
from cardservice.db.queries.delegates import addresses_of_active
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.domain.iban import iban_is_valid, normal_iban
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.bank_account import declare_account
from cardservice.services.entrusted import locked_partner_of
from cardservice.services.partners_file import BankFields
from cardservice.services.prove_again import prove_again
from cardservice.services.write_mail import write_mail

LONGEST_HOLDER_NAME = 70


def change_iban(
    engine: Engine,
    keys: Keys,
    *,
    lead: ActingDelegate,
    bank: BankFields,
    password: str,
    code: str,
) -> Account | Refused:
    """The account that waits from now on; a waiting one before it is replaced and its hold too.

    Refused: iban_malformed, holder_name_malformed, role_may_not, iban_unchanged, those of
    prove_again.
    """
    assert lead.credential_id is not None, "a lead signs in"
    wanted = BankFields(normal_iban(bank.iban), " ".join(bank.holder_name.split()))
    if not iban_is_valid(wanted.iban):
        return Refused("iban_malformed")
    if not _is_a_holder(wanted.holder_name):
        return Refused("holder_name_malformed")
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is None and _is(connection, lead.partner_id, wanted, state="verified"):
            refused = Refused("iban_unchanged")
        if refused is not None:
            return refused
        if _is(connection, lead.partner_id, wanted, state="unverified"):
            # The same form posted twice: it waits already, and its hold does not begin again.
            return live_accounts(connection, lead.partner_id)["unverified"]
        # A refusal of the proof is kept: it counts against guessing.
        refused = prove_again(
            connection, keys, credential_id=lead.credential_id, password=password, code=code
        )
        if refused is not None:
            return refused
        declare_account(connection, lead.partner_id, wanted, changed_by=lead.actor)
        waiting = live_accounts(connection, lead.partner_id)["unverified"]
        _tell(connection, lead, waiting)
        return waiting


def _is_a_holder(name: str) -> bool:
    return (
        len(name) <= LONGEST_HOLDER_NAME
        and name.isprintable()
        and any(character.isalnum() for character in name)
    )


def _is(connection: Connection, partner_id: int, wanted: BankFields, *, state: str) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM bank_account WHERE partner_id = :partner_id"
            " AND state = :state AND iban = :iban AND holder_name = :holder_name)"
        ),
        {
            "partner_id": partner_id,
            "state": state,
            "iban": wanted.iban,
            "holder_name": wanted.holder_name,
        },
    )
    return bool(found.scalar_one())


def _tell(connection: Connection, lead: ActingDelegate, waiting: Account) -> None:
    note(
        connection,
        actor=lead.actor,
        action="iban.change",
        subject=f"bank_account:{waiting.bank_account_id}",
        partner_id=lead.partner_id,
    )
    for address in addresses_of_active(connection, lead.partner_id, with_contact=True):
        write_mail(
            connection,
            recipient=address,
            kind="iban_changed",
            facts={
                "partner_name": lead.trade_name,
                "masked_iban": waiting.masked,
                "changed_by": lead.name,
                "usable_from": format_minute(waiting.usable_from),
            },
        )
