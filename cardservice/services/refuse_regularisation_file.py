"""Answers a partner's question, or a youth's, with no: there is nothing to regularise (C62).

The law: a question is answered once; who asked reads the reason, in the agent's words. Nothing
moves. Where a regularisation of the debit waits for a second agent, that one decides, not this.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import agent_of_email
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.regularise import ROLES
from cardservice.services.tell_file_answered import tell_file_answered
from cardservice.services.written_reason import reason_refusal


def refuse_regularisation_file(
    engine: Engine, file_id: int, *, by: str, reason: str
) -> int | Refused:
    """The number of the file that is refused now.

    Refused: reason_malformed, agent_unknown, agent_may_not, regularisation_file_unknown,
    regularisation_file_answered (also while a second agent is to decide).
    """
    malformed = reason_refusal(reason)
    if malformed is not None:
        return malformed
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, by)
        if agent is None:
            return Refused("agent_unknown")
        if agent.role not in ROLES:
            return Refused("agent_may_not")
        _hold_member(connection, file_id)
        file = connection.execute(
            text(
                "SELECT x.file_id, x.operation_id, x.partner_id, x.state, o.outlet_id"
                " FROM regularisation_file x JOIN operation o USING (operation_id)"
                " WHERE x.file_id = :file_id FOR NO KEY UPDATE OF x"
            ),
            {"file_id": file_id},
        ).one_or_none()
        if file is None:
            return Refused("regularisation_file_unknown")
        if file.state != "open" or _waits(connection, file.operation_id):
            return Refused("regularisation_file_answered")
        connection.execute(
            text(
                "UPDATE regularisation_file SET state = 'refused', refused_by = :agent_id,"
                " refused_at = ledger_now(), refusal_reason = :reason"
                # Partner and youth may both have asked: each is answered in words of its own.
                " WHERE file_id = :file_id"
            ),
            {
                "agent_id": agent.agent_id,
                "reason": reason.strip(),
                "file_id": file_id,
            },
        )
        tell_file_answered(connection, [file_id])
        note(
            connection,
            actor=agent.actor,
            action="regularisation.answer",
            subject=f"operation:{file.operation_id}",
            partner_id=file.partner_id,
            outlet_id=file.outlet_id,
        )
        return file_id


def _hold_member(connection: Connection, file_id: int) -> None:
    """The youth who asked, before the file, as an erasure locks them: one that was under way is
    waited for, and then there is nobody to write to."""
    connection.execute(
        text(
            "SELECT FROM member m JOIN regularisation_file x"
            " ON x.opened_by_holder = m.beneficiary_id"
            " WHERE x.file_id = :file_id FOR KEY SHARE OF m"
        ),
        {"file_id": file_id},
    )


def _waits(connection: Connection, operation_id: UUID) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM regularisation"
            " WHERE debit_id = :operation_id AND state = 'waiting')"
        ),
        {"operation_id": operation_id},
    )
    return bool(found.scalar_one())
