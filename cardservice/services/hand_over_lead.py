"""Hands the lead over: from this commit on somebody else answers for the partner (C32).

The law: there is a lead before, after and at every moment between (`uq_delegate_lead`,
`partner_keeps_its_lead`); whoever leads has a second factor. Password and code are asked for: a
browser left open must not give a partner, and its bank account, to somebody else.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.delegates import addresses_of_active
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import (
    DelegateRow,
    locked_delegate,
    locked_partner_of,
    set_outlets,
)
from cardservice.services.prove_again import prove_again
from cardservice.services.web_sessions import end_sessions
from cardservice.services.write_mail import write_mail


def hand_over_lead(
    engine: Engine,
    keys: Keys,
    *,
    lead: ActingDelegate,
    delegate_id: int,
    stays: bool,
    password: str,
    code: str,
) -> DelegateRow | Refused | None:
    """The new lead as they were before; None for nobody of this partner.

    The old lead becomes an accountant if he `stays`, or is removed. Refused: role_may_not,
    delegate_is_lead, delegate_not_active, lead_needs_second_factor, those of prove_again.
    """
    assert lead.credential_id is not None, "a lead signs in"
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        successor = locked_delegate(connection, lead.partner_id, delegate_id)
        if successor is None:
            return None
        # A refusal of the proof is kept: it counts against guessing.
        refused = _unfit(successor) or prove_again(
            connection, keys, credential_id=lead.credential_id, password=password, code=code
        )
        if refused is not None:
            return refused
        addresses = addresses_of_active(connection, lead.partner_id)
        _step_down(connection, lead, stays=stays)
        _step_up(connection, successor)
        note(
            connection,
            actor=lead.actor,
            action="lead.hand_over",
            subject=successor.subject,
            partner_id=lead.partner_id,
        )
        for address in addresses:
            write_mail(
                connection,
                recipient=address,
                kind="lead_handed_over",
                facts={"partner_name": lead.trade_name, "new_lead": _name(connection, successor)},
            )
        return successor


def _unfit(successor: DelegateRow) -> Refused | None:
    if successor.role == "lead":
        return Refused("delegate_is_lead")
    if successor.state != "active" or successor.is_over:
        return Refused("delegate_not_active")
    if not successor.has_second_factor:
        return Refused("lead_needs_second_factor")
    return None


def _step_down(connection: Connection, lead: ActingDelegate, *, stays: bool) -> None:
    # First the old one: the index allows no moment with two.
    connection.execute(
        text(
            "UPDATE delegate SET role = 'accountant',"
            " state = CASE WHEN :stays THEN state ELSE 'removed' END,"
            " removed_at = CASE WHEN :stays THEN NULL ELSE ledger_now() END"
            " WHERE delegate_id = :delegate_id"
        ),
        {"delegate_id": lead.delegate_id, "stays": stays},
    )
    end_sessions(connection, delegate_id=lead.delegate_id)


def _step_up(connection: Connection, successor: DelegateRow) -> None:
    connection.execute(
        text(
            "UPDATE delegate SET role = 'lead', every_outlet = true, ends_before = NULL,"
            " ceiling_cents = NULL WHERE delegate_id = :delegate_id"
        ),
        {"delegate_id": successor.delegate_id},
    )
    set_outlets(connection, successor.delegate_id, None)
    end_sessions(connection, delegate_id=successor.delegate_id)


def _name(connection: Connection, successor: DelegateRow) -> str:
    found = connection.execute(
        text("SELECT first_name, last_name FROM delegate WHERE delegate_id = :delegate_id"),
        {"delegate_id": successor.delegate_id},
    ).one()
    return f"{found.first_name} {found.last_name}"
