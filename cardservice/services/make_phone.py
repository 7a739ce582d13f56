"""Makes the terminal that a partner's own phone becomes, with its activation code (C43, C48).

The law: a partner activates phones alone; boxes and readers are the Département's to lend. PIN
policy and limit are the scheme's (`phone_pin_policy`, `terminal_limit_cents`), never the form's.
The form posted twice makes one phone: a code that was told is not told again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import locked_partner_of
from cardservice.services.make_terminal_code import NewTerminal, TerminalCode, terminal_code_in


def make_phone(
    engine: Engine,
    *,
    lead: ActingDelegate,
    outlet_id: int,
    label: str,
    draw: Callable[[int], int],
) -> TerminalCode | str | Refused:
    """The code of a new phone at an outlet of the lead's partner; the public id of the one that
    waits under this very name already.

    Refused: role_may_not, outlet_unknown, terminal_label_malformed.
    """
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        waiting = _waiting(connection, lead.partner_id, outlet_id=outlet_id, label=label)
        if waiting is not None:
            return waiting
        policy = scheme.rule(connection, "phone_pin_policy", paris_today(connection))
        return terminal_code_in(
            connection,
            NewTerminal(
                str(lead.partner_id),
                "phone",
                label,
                policy["required"],
                outlet_id=outlet_id,
                above_cents=policy.get("above_cents"),
            ),
            draw=draw,
            actor=lead.actor,
        )


def _waiting(connection: Connection, partner_id: int, *, outlet_id: int, label: str) -> str | None:
    found: str | None = connection.execute(
        text(
            "SELECT t.public_id FROM terminal t JOIN outlet o USING (outlet_id)"
            " WHERE o.partner_id = :partner_id AND o.outlet_id = :outlet_id AND t.kind = 'phone'"
            " AND t.state = 'waiting' AND t.label = :label ORDER BY t.terminal_id LIMIT 1"
        ),
        {"partner_id": partner_id, "outlet_id": outlet_id, "label": label.strip()},
    ).scalar_one_or_none()
    return found
