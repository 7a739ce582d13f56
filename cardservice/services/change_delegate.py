"""Changes what a delegate may do: role, outlets, last day, ceiling (C33, C35).

The law: the change holds from the next click, because every page asks anew; another role, or less
than before, also ends the delegate's sessions, so that no open page promises what is gone.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import (
    DelegateRow,
    Entrusted,
    entrusted_refusal,
    locked_delegate,
    locked_partner_of,
    outlets_listed,
    set_outlets,
)
from cardservice.services.web_sessions import end_sessions


def change_delegate(
    engine: Engine, *, lead: ActingDelegate, delegate_id: int, asked: Entrusted
) -> DelegateRow | Refused | None:
    """The delegate as they were before; None for nobody of this partner.

    Refused: role_may_not, delegate_is_lead, delegate_not_active (removed), those of
    entrusted_refusal.
    """
    asked = asked.as_kept
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        delegate = locked_delegate(connection, lead.partner_id, delegate_id)
        if delegate is None:
            return None
        if delegate.role == "lead":
            return Refused("delegate_is_lead")
        if delegate.state == "removed":
            return Refused("delegate_not_active")
        refused = entrusted_refusal(connection, lead.partner_id, asked)
        if refused is not None:
            return refused
        before = _entrusted_to(connection, delegate)
        if asked != before:
            _store(connection, delegate_id, asked)
            if _is_less(asked, before):
                end_sessions(connection, delegate_id=delegate_id)
            note(
                connection,
                actor=lead.actor,
                action="delegate.change",
                subject=delegate.subject,
                partner_id=lead.partner_id,
                detail=_detail(asked, before),
            )
        return delegate


def _entrusted_to(connection: Connection, delegate: DelegateRow) -> Entrusted:
    outlet_ids = None if delegate.every_outlet else outlets_listed(connection, delegate.delegate_id)
    last_day = None
    if delegate.ends_before is not None:
        last_day = delegate.ends_before.fromordinal(delegate.ends_before.toordinal() - 1)
    return Entrusted(delegate.role, outlet_ids, last_day, delegate.ceiling_cents)


def _store(connection: Connection, delegate_id: int, asked: Entrusted) -> None:
    connection.execute(
        text(
            "UPDATE delegate SET role = :role, every_outlet = :every_outlet,"
            " ends_before = :ends_before, ceiling_cents = :ceiling_cents"
            " WHERE delegate_id = :delegate_id"
        ),
        {
            "delegate_id": delegate_id,
            "role": asked.role,
            "every_outlet": asked.outlet_ids is None,
            "ends_before": asked.ends_before,
            "ceiling_cents": asked.ceiling_cents,
        },
    )
    set_outlets(connection, delegate_id, asked.outlet_ids)


def _is_less(asked: Entrusted, before: Entrusted) -> bool:
    """Whether something that was allowed before is not any more."""
    return (
        asked.role != before.role
        or (asked.outlet_ids is not None and not _holds(asked.outlet_ids, before.outlet_ids))
        or (
            asked.last_day is not None
            and (before.last_day is None or asked.last_day < before.last_day)
        )
        or (
            asked.ceiling_cents is not None
            and (before.ceiling_cents is None or asked.ceiling_cents < before.ceiling_cents)
        )
    )


def _holds(outlet_ids: frozenset[int], before: frozenset[int] | None) -> bool:
    return before is not None and before <= outlet_ids


def _detail(asked: Entrusted, before: Entrusted) -> str:
    """What has changed, by the names of the fields."""
    pairs = {
        "role": (asked.role, before.role),
        "outlets": (asked.outlet_ids, before.outlet_ids),
        "end": (asked.last_day, before.last_day),
        "ceiling": (asked.ceiling_cents, before.ceiling_cents),
    }
    return ", ".join(name for name, (now, then) in pairs.items() if now != then)
