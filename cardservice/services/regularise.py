"""Gives back, after its day, what a debit took wrongly (C62): asked by one agent of the hotline,
above a limit agreed by another, and undone when it was itself a mistake.

The law: at most what is left of the debit, which the money function decides; both legs are new
operations, so that the partner's next bordereau takes it back with a link to the debit. The limit
is dated data of the scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent, agent_of_email
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.scheme import rule_number
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_operation_reference
from cardservice.ledger import post

ROLES: Final = ("hotline", "administrator")
MOST_EVIDENCE: Final = 2_000
_BOOKED: Final = ("booked", "replayed")

_DEBIT: Final = """
SELECT o.operation_id, o.outcome, o.amount_cents, o.partner_id, o.outlet_id,
       o.business_day >= business_day(ledger_now()) AS is_of_today,
       EXISTS (SELECT FROM operation c WHERE c.target_id = o.operation_id
               AND c.kind = 'cancellation' AND c.outcome = 'cancelled') AS is_cancelled
FROM operation o WHERE o.kind = 'debit'
"""
_ANSWERED_BY: Final = """
  AND o.operation_id = (SELECT debit_id FROM regularisation WHERE regularisation_id = :number)
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is asked for. `debit` is the reference that people read; `reason` one of
    REGULARISATION_REASONS; `evidence` says where it is documented."""

    debit: str
    amount_cents: int
    reason: str
    evidence: str

    def __post_init__(self) -> None:
        assert self.amount_cents > 0, "a regularisation gives back"
        assert self.reason in REGULARISATION_REASONS, "counters offer the reasons"


@dataclass(frozen=True, slots=True)
class Regularisation:
    """A regularisation and its state: `waiting` for a second agent, `booked`, `refused` or
    `reversed`."""

    regularisation_id: int
    state: str


def ask_regularisation(
    engine: Engine, correction: Correction, *, by: str
) -> Regularisation | Refused:
    """Books it at once, or leaves it waiting for a second agent above the scheme's limit.

    Refused: agent_unknown, agent_may_not, debit_unknown, explanation_too_long, and those of
    book_regularisation.sql.
    """
    if len(correction.evidence) > MOST_EVIDENCE:
        return Refused("explanation_too_long")
    with unit_of_work(engine) as connection:
        agent = _agent(connection, by)
        if isinstance(agent, Refused):
            return agent
        debit = _debit(connection, correction.debit)
        if debit is None:
            return Refused("debit_unknown")
        limit = rule_number(
            connection, "regularisation_second_agent_cents", paris_today(connection)
        )
        needs_second = correction.amount_cents > limit
        with connection.begin_nested() as asked:
            number = _insert(
                connection, correction, debit=debit, agent=agent, needs_second=needs_second
            )
            refused = _refusal(connection, debit, correction) if needs_second else None
            refused = refused or (None if needs_second else _booked(connection, number, agent))
            if refused is not None:
                # Nothing was decided: what was asked goes with it.
                asked.rollback()
                return refused
        _note(connection, number, debit, action="regularisation.ask", agent=agent)
        return Regularisation(number, "waiting" if needs_second else "booked")


def decide_regularisation(
    engine: Engine, number: int, *, by: str, is_agreed: bool
) -> Regularisation | Refused:
    """A second agent books what waits, or refuses it.

    Refused: agent_unknown, agent_may_not, regularisation_unknown, regularisation_decided,
    regularisation_needs_second_agent, and those of book_regularisation.sql.
    """
    with unit_of_work(engine) as connection:
        agent = _agent(connection, by)
        if isinstance(agent, Refused):
            return agent
        debit = _debit_of(connection, number)
        if debit is None:
            return Refused("regularisation_unknown")
        if is_agreed:
            refused = _booked(connection, number, agent)
        else:
            refused = _turned_down(connection, number, agent)
        if refused is not None:
            return refused
        action = "regularisation.agree" if is_agreed else "regularisation.refuse"
        _note(connection, number, debit, action=action, agent=agent)
        return Regularisation(number, "booked" if is_agreed else "refused")


def reverse_regularisation(engine: Engine, number: int, *, by: str) -> Regularisation | Refused:
    """Undoes a booked regularisation, whole and once.

    Refused: agent_unknown, agent_may_not, regularisation_unknown, regularisation_not_reversible,
    regularisation_needs_second_agent, regularisation_spent.
    """
    with unit_of_work(engine) as connection:
        agent = _agent(connection, by)
        if isinstance(agent, Refused):
            return agent
        debit = _debit_of(connection, number)
        if debit is None:
            return Refused("regularisation_unknown")
        answer = post.reverse_regularisation(connection, number, agent_id=agent.agent_id)
        if answer not in _BOOKED:
            return Refused(answer)
        _note(connection, number, debit, action="regularisation.reverse", agent=agent)
        return Regularisation(number, "reversed")


def _agent(connection: Connection, by: str) -> Agent | Refused:
    agent = agent_of_email(connection, by)
    if agent is None:
        return Refused("agent_unknown")
    return agent if agent.role in ROLES else Refused("agent_may_not")


def _debit(connection: Connection, reference: str) -> Row[Any] | None:
    return connection.execute(
        text(_DEBIT + " AND o.operation_no = :number"),
        {"number": fold_operation_reference(reference)},
    ).one_or_none()


def _debit_of(connection: Connection, number: int) -> Row[Any] | None:
    return connection.execute(
        text(_DEBIT + _ANSWERED_BY),
        {"number": number},
    ).one_or_none()


def _refusal(connection: Connection, debit: Row[Any], correction: Correction) -> Refused | None:
    """What the money function would say today, told before a second agent looks at it."""
    if debit.outcome != "approved" or debit.is_cancelled:
        return Refused("debit_not_correctable")
    if debit.is_of_today:
        return Refused("debit_still_cancellable")
    given = connection.execute(
        text(
            "SELECT coalesce(sum(amount_cents), 0) FROM regularisation WHERE debit_id = :debit_id"
            " AND operation_id IS NOT NULL AND reversal_id IS NULL"
        ),
        {"debit_id": debit.operation_id},
    ).scalar_one()
    if correction.amount_cents > debit.amount_cents - int(given):
        return Refused("regularisation_too_much")
    return None


def _insert(
    connection: Connection,
    correction: Correction,
    *,
    debit: Row[Any],
    agent: Agent,
    needs_second: bool,
) -> int:
    made = connection.execute(
        text(
            "INSERT INTO regularisation (debit_id, file_id, amount_cents, reason, evidence,"
            " asked_by, asked_at, needs_second, state) VALUES (:debit_id,"
            " (SELECT file_id FROM regularisation_file WHERE operation_id = :debit_id),"
            " :amount_cents, :reason, :evidence, :asked_by, ledger_now(), :needs_second,"
            " 'waiting') RETURNING regularisation_id"
        ),
        {
            "debit_id": debit.operation_id,
            "amount_cents": correction.amount_cents,
            "reason": correction.reason,
            "evidence": correction.evidence or None,
            "asked_by": agent.agent_id,
            "needs_second": needs_second,
        },
    )
    return int(made.scalar_one())


def _booked(connection: Connection, number: int, agent: Agent) -> Refused | None:
    answer = post.book_regularisation(connection, number, agent_id=agent.agent_id)
    if answer not in _BOOKED:
        return Refused(answer)
    _answer_the_file(connection, number, "granted")
    return None


def _turned_down(connection: Connection, number: int, agent: Agent) -> Refused | None:
    decided = connection.execute(
        text(
            "UPDATE regularisation SET state = 'refused', decided_by = :agent_id,"
            " decided_at = ledger_now() WHERE regularisation_id = :number AND state = 'waiting'"
        ),
        {"number": number, "agent_id": agent.agent_id},
    )
    if decided.rowcount == 0:
        return Refused("regularisation_decided")
    _answer_the_file(connection, number, "refused")
    return None


def _answer_the_file(connection: Connection, number: int, state: str) -> None:
    """The partner who asked sees what became of it."""
    connection.execute(
        text(
            "UPDATE regularisation_file SET state = :state WHERE file_id ="
            " (SELECT file_id FROM regularisation WHERE regularisation_id = :number)"
        ),
        {"number": number, "state": state},
    )


def _note(
    connection: Connection, number: int, debit: Row[Any], *, action: str, agent: Agent
) -> None:
    note(
        connection,
        actor=agent.actor,
        action=action,
        subject=f"operation:{debit.operation_id}",
        detail=f"regularisation:{number}",
        partner_id=debit.partner_id,
        outlet_id=debit.outlet_id,
    )
