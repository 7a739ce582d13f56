"""Makes the terminal that a partner's own phone becomes, with its activation code (C43, C48).

The law: a partner activates phones alone; boxes and readers are the Département's to lend. PIN
policy and limit are the scheme's (`phone_pin_policy`, `terminal_limit_cents`), never the form's.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import locked_partner_of
from cardservice.services.make_terminal_code import NewTerminal, TerminalCode, make_terminal_code


def make_phone(
    engine: Engine,
    *,
    lead: ActingDelegate,
    outlet_id: int,
    label: str,
    draw: Callable[[int], int],
) -> TerminalCode | Refused:
    """The code of a new phone at an outlet of the lead's partner.

    Refused: role_may_not, outlet_unknown, terminal_label_malformed.
    """
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        policy = scheme.rule(connection, "phone_pin_policy", paris_today(connection))
    return make_terminal_code(
        engine,
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
