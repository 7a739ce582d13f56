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
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_operation_reference
from cardservice.ledger import post
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.tell_file_answered import tell_file_answered

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
    engine: Engine, correction: Correction, *, by: str, is_another: bool = False
) -> Regularisation | Refused:
    """Books it at once, or leaves it waiting for a second agent above the scheme's limit, which
    counts what this debit was given back before.

    The same amount of the same debit, asked for twice, is the same wish: the first one is answered
    again, unless the caller says that it is another. Refused: agent_unknown, agent_may_not,
    debit_unknown, explanation_too_long, and those of book_regularisation.sql.
    """
    if len(correction.evidence) > MOST_EVIDENCE:
        return Refused("explanation_too_long")
    with unit_of_work(engine) as connection:
        agent = _agent(connection, by)
        if isinstance(agent, Refused):
            return agent
        debit = _locked_debit(connection, correction.debit)
        if debit is None:
            return Refused("debit_unknown")
        known = None if is_another else _same_wish(connection, debit, correction)
        if known is not None:
            return known
        refused = _refusal(connection, debit, correction)
        if refused is not None:
            return refused
        needs_second = _takes_two(connection, debit, correction)
        number = _insert(
            connection, correction, debit=debit, agent=agent, needs_second=needs_second
        )
        if not needs_second:
            refused = _booked(connection, number, agent)
            assert refused is None, "the same was asked a moment ago, under the debit's lock"
        action = "regularisation.ask" if needs_second else "regularisation.agree"
        _note(connection, number, debit, action=action, agent=agent)
        return Regularisation(number, "waiting" if needs_second else "booked")


def decide_regularisation(
    engine: Engine, keys: Keys, number: int, *, by: str, totp: str, is_agreed: bool
) -> Regularisation | Refused:
    """A second agent, with the code of this moment, books what waits, or refuses it.

    Refused: agent_unknown, agent_may_not, totp_wrong, totp_used, sign_in_delayed,
    regularisation_unknown, regularisation_decided, regularisation_needs_second_agent, and those of
    book_regularisation.sql.
    """
    with unit_of_work(engine) as connection:
        agent = _proven_agent(connection, keys, by, totp)
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


def reverse_regularisation(
    engine: Engine, keys: Keys, number: int, *, by: str, totp: str
) -> Regularisation | Refused:
    """Undoes a booked regularisation, whole and once; the agent's code of this moment is asked for.

    Refused: agent_unknown, agent_may_not, totp_wrong, totp_used, sign_in_delayed,
    regularisation_unknown, regularisation_not_reversible, regularisation_needs_second_agent,
    regularisation_spent.
    """
    with unit_of_work(engine) as connection:
        agent = _proven_agent(connection, keys, by, totp)
        if isinstance(agent, Refused):
            return agent
        debit = _debit_of(connection, number)
        if debit is None:
            return Refused("regularisation_unknown")
        answer = post.reverse_regularisation(connection, number, agent_id=agent.agent_id)
        if answer not in _BOOKED:
            return Refused(answer)
        if answer == "booked":
            # The question is open again: what was given for it was taken back.
            _answer_the_file(connection, number, "open", when="granted")
            _note(connection, number, debit, action="regularisation.reverse", agent=agent)
        return Regularisation(number, "reversed")


def _agent(connection: Connection, by: str) -> Agent | Refused:
    agent = agent_of_email(connection, by)
    if agent is None:
        return Refused("agent_unknown")
    return agent if agent.role in ROLES else Refused("agent_may_not")


def _proven_agent(connection: Connection, keys: Keys, by: str, totp: str) -> Agent | Refused:
    agent = _agent(connection, by)
    return agent if isinstance(agent, Refused) else agent_with_totp(connection, keys, by, totp)


def _locked_debit(connection: Connection, reference: str) -> Row[Any] | None:
    """The debit of a reference; until the end nobody else corrects it. Locks in the order of the
    money functions: the day, then the debit."""
    asked = {"number": fold_operation_reference(reference)}
    debit = connection.execute(text(_DEBIT + " AND o.operation_no = :number"), asked).one_or_none()
    if debit is None:
        return None
    connection.execute(text("SELECT hold_day_open()"))
    connection.execute(
        text("SELECT pg_advisory_xact_lock(uuid_hash_extended(:debit_id, 0))"),
        {"debit_id": debit.operation_id},
    )
    return connection.execute(text(_DEBIT + " AND o.operation_no = :number"), asked).one()


def _same_wish(
    connection: Connection, debit: Row[Any], correction: Correction
) -> Regularisation | None:
    row = connection.execute(
        text(
            "SELECT regularisation_id, state FROM regularisation WHERE debit_id = :debit_id"
            " AND amount_cents = :amount_cents AND state <> 'refused' AND reversal_id IS NULL"
            " ORDER BY regularisation_id DESC LIMIT 1"
        ),
        {"debit_id": debit.operation_id, "amount_cents": correction.amount_cents},
    ).one_or_none()
    return None if row is None else Regularisation(*row)


def _takes_two(connection: Connection, debit: Row[Any], correction: Correction) -> bool:
    """Whether this, with what the debit was given or waits for, is above the limit."""
    before = connection.execute(
        text(
            "SELECT coalesce(sum(amount_cents), 0) FROM regularisation WHERE debit_id = :debit_id"
            " AND state <> 'refused' AND reversal_id IS NULL"
        ),
        {"debit_id": debit.operation_id},
    ).scalar_one()
    limit = rule_number(connection, "regularisation_second_agent_cents", paris_today(connection))
    return correction.amount_cents + int(before) > limit


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
            " (SELECT min(file_id) FROM regularisation_file WHERE operation_id = :debit_id),"
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
    if not post.refuse_regularisation(connection, number, agent_id=agent.agent_id):
        return Refused("regularisation_decided")
    _answer_the_file(connection, number, "refused")
    return None


def _answer_the_file(
    connection: Connection, number: int, state: str, *, when: str = "open"
) -> None:
    """Whoever asked, partner or youth, sees what became of it; an answer that was given stands."""
    answered = connection.execute(
        text(
            "UPDATE regularisation_file x SET state = :state FROM regularisation r"
            " WHERE r.regularisation_id = :number AND x.operation_id = r.debit_id"
            " AND x.state = :when AND (x.opened_by IS NOT NULL OR :state = 'open'"
            # Who says "it was not me" is right when nothing of the debit is left, and is told so;
            # a part of it, or a no to the partner, leaves the question open.
            "  OR :state = 'granted' AND (SELECT sum(g.amount_cents) FROM regularisation g"
            "   WHERE g.debit_id = r.debit_id AND g.state = 'booked' AND g.reversal_id IS NULL)"
            "   >= (SELECT amount_cents FROM operation o WHERE o.operation_id = r.debit_id))"
            " RETURNING x.file_id"
        ),
        {"number": number, "state": state, "when": when},
    )
    tell_file_answered(connection, answered.scalars().all())


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
