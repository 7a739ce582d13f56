"""Questions of the hotline: which debits are asked about or corrected, and what came of it (C62).

The law: a case is a debit; what a partner or a youth asked and every regularisation of it stand
together. Of the youth nothing but the last four of the card is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from cardservice.domain.short_code import fold_operation_reference, operation_reference

# What an inbox can be filtered by; `open` waits for the hotline, `second` for a second agent.
CASE_STATES: Final = ("open", "second", "granted", "refused", "reversed")


@dataclass(frozen=True, slots=True)
class Case:
    """A debit that somebody asks about or that was corrected; cents. `state` is one of CASE_STATES,
    or `none` for a debit that nobody has touched. `asked_by` is `partner`, `holder` (of the
    card) or `hotline`."""

    debit_id: UUID
    operation_no: int
    outcome: str
    is_cancelled: bool
    is_of_today: bool
    accepted_at: datetime
    business_day: date
    amount_cents: int
    wallet: str
    last4: str | None
    partner_id: int
    partner: str
    outlet: str
    state: str
    asked_by: str
    asked_at: datetime | None
    file_id: int | None
    reason: str | None
    right_amount_cents: int | None
    explanation: str | None
    refusal_reason: str | None
    given_cents: int
    waiting_cents: int

    @property
    def reference(self) -> str:
        """As tickets show it."""
        return operation_reference(self.operation_no)

    @property
    def left_cents(self) -> int:
        """What can still be given back of it, also with what waits for a second agent."""
        return self.amount_cents - self.given_cents - self.waiting_cents

    @property
    def is_correctable(self) -> bool:
        """Whether the money functions would book a correction of it now."""
        return self.outcome == "approved" and not self.is_cancelled and not self.is_of_today

    @property
    def asked_cents(self) -> int | None:
        """What the partner says was too much."""
        if self.right_amount_cents is None:
            return None
        return self.amount_cents - self.right_amount_cents


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What one side asked about a debit: `asked_by` is `partner` or `holder`, cents."""

    file_id: int
    asked_by: str
    opened_at: datetime
    reason: str
    right_amount_cents: int
    explanation: str | None
    state: str
    refusal_reason: str | None


@dataclass(frozen=True, slots=True)
class RegularisationRow:
    """One regularisation of a debit. `state` is `waiting`, `booked`, `refused` or `reversed`; the
    people are mail addresses of agents."""

    regularisation_id: int
    amount_cents: int
    reason: str
    evidence: str | None
    needs_second: bool
    state: str
    asked_by: str
    asked_by_id: int
    asked_at: datetime
    decided_by: str | None
    decided_by_id: int | None
    decided_at: datetime | None
    reversed_by: str | None
    reversed_at: datetime | None
    remittance: str | None


@dataclass(frozen=True, slots=True)
class CaseAct:
    """One line of a debit's history; `who` is an agent's address or a delegate's name."""

    at: datetime
    action: str
    who: str


_CASES: Final = """
SELECT o.operation_id AS debit_id, o.operation_no, o.outcome,
       EXISTS (SELECT FROM operation c WHERE c.target_id = o.operation_id
               AND c.kind = 'cancellation' AND c.outcome = 'cancelled') AS is_cancelled,
       o.business_day >= business_day(ledger_now()) AS is_of_today,
       o.accepted_at, o.business_day, o.amount_cents, o.wallet, k.last4, o.partner_id,
       p.trade_name AS partner, u.name AS outlet,
       CASE WHEN g.waiting > 0 THEN 'second'
            WHEN x.state IS NOT NULL THEN x.state
            WHEN g.booked > 0 THEN 'granted'
            WHEN g.undone > 0 THEN 'reversed'
            WHEN g.refused > 0 THEN 'refused'
            ELSE 'none' END AS state,
       CASE WHEN x.file_id IS NULL THEN 'hotline'
            WHEN x.opened_by_holder IS NOT NULL THEN 'holder' ELSE 'partner' END AS asked_by,
       coalesce(x.opened_at, g.first_asked_at) AS asked_at,
       x.file_id, x.reason, x.right_amount_cents, x.explanation, x.refusal_reason,
       g.given_cents, g.waiting_cents
FROM operation o
JOIN partner p USING (partner_id) JOIN outlet u ON u.outlet_id = o.outlet_id
LEFT JOIN card k ON k.card_id = o.card_id
LEFT JOIN LATERAL (
    -- Partner and youth may both ask about one debit: what waits comes first, the partner's words
    -- before the youth's, who asks for no amount. What was cancelled meanwhile has its answer.
    SELECT f.file_id, f.opened_by_holder, f.opened_at, f.reason, f.right_amount_cents,
           f.explanation, f.refusal_reason,
           CASE WHEN f.state = 'open' AND f.opened_by_holder IS NOT NULL AND EXISTS (
                    SELECT FROM operation c WHERE c.target_id = o.operation_id
                    AND c.kind = 'cancellation' AND c.outcome = 'cancelled')
                THEN 'granted' ELSE f.state END AS state
    FROM regularisation_file f WHERE f.operation_id = o.operation_id
    ORDER BY f.state <> 'open', f.opened_by_holder IS NOT NULL LIMIT 1
) x ON true
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.state = 'waiting') AS waiting,
           count(*) FILTER (WHERE r.state = 'booked' AND r.reversal_id IS NULL) AS booked,
           count(*) FILTER (WHERE r.reversal_id IS NOT NULL) AS undone,
           count(*) FILTER (WHERE r.state = 'refused') AS refused,
           min(r.asked_at) AS first_asked_at,
           coalesce(sum(r.amount_cents) FILTER (WHERE r.state = 'booked'
               AND r.reversal_id IS NULL), 0)::bigint AS given_cents,
           coalesce(sum(r.amount_cents) FILTER (WHERE r.state = 'waiting'), 0)::bigint
               AS waiting_cents
    FROM regularisation r WHERE r.debit_id = o.operation_id
) g
WHERE o.kind = 'debit'
"""
_TOUCHED: Final = """
  AND o.operation_id IN (SELECT operation_id FROM regularisation_file
                         UNION SELECT debit_id FROM regularisation)
"""


def cases(connection: Connection, *, state: str | None, limit: int, offset: int) -> list[Case]:
    """Those of a state, or all: what waits longest comes first, what is decided last."""
    rows = connection.execute(
        text(
            f"SELECT * FROM ({_CASES} {_TOUCHED}) AS found"  # noqa: S608
            " WHERE CAST(:state AS text) IS NULL OR state = :state"
            " ORDER BY state NOT IN ('open', 'second'),"
            "  CASE WHEN state IN ('open', 'second') THEN asked_at END,"
            "  asked_at DESC, operation_no DESC LIMIT :limit OFFSET :offset"
        ),
        {"state": state, "limit": limit, "offset": offset},
    )
    return [Case(*row) for row in rows]


def cases_by_state(connection: Connection) -> dict[str, int]:
    """How many cases of each state there are."""
    rows = connection.execute(
        text(
            f"SELECT state, count(*) FROM ({_CASES} {_TOUCHED}) AS found"  # noqa: S608
            " GROUP BY state ORDER BY state LIMIT 10"
        )
    )
    return dict.fromkeys(CASE_STATES, 0) | {state: count for state, count in rows}


def case_of(connection: Connection, reference: str) -> Case | None:
    """The debit of a reference as people type it, asked about or not; None for an unknown one."""
    number = fold_operation_reference(reference)
    if number is None:
        return None
    row = connection.execute(
        text(f"{_CASES} AND o.operation_no = :number"), {"number": number}
    ).one_or_none()
    return None if row is None else Case(*row)


def files_about(connection: Connection, debit_id: UUID) -> list[CaseFile]:
    """What the partner and the youth asked about a debit, the partner's first."""
    rows = connection.execute(
        text(
            "SELECT file_id, CASE WHEN opened_by IS NULL THEN 'holder' ELSE 'partner' END,"
            " opened_at, reason, right_amount_cents, explanation, state, refusal_reason"
            " FROM regularisation_file WHERE operation_id = :debit_id"
            " ORDER BY opened_by IS NULL LIMIT 2"
        ),
        {"debit_id": debit_id},
    )
    return [CaseFile(*row) for row in rows]


def regularisations_of(connection: Connection, debit_id: UUID) -> list[RegularisationRow]:
    """Every regularisation of a debit, the newest first."""
    rows = connection.execute(
        text(
            "SELECT r.regularisation_id, r.amount_cents, r.reason, r.evidence, r.needs_second,"
            " CASE WHEN r.reversal_id IS NOT NULL THEN 'reversed' ELSE r.state END,"
            " a.email, r.asked_by, r.asked_at, d.email, r.decided_by, r.decided_at, v.email,"
            " r.reversed_at,"
            " (SELECT 'BR-' || m.number_year || '-' || lpad(m.number::text, 6, '0')"
            "  FROM remittance_line l JOIN remittance m USING (remittance_id)"
            "  WHERE l.operation_id = r.operation_id AND l.live AND m.number IS NOT NULL LIMIT 1)"
            " FROM regularisation r JOIN agent a ON a.agent_id = r.asked_by"
            " LEFT JOIN agent d ON d.agent_id = r.decided_by"
            " LEFT JOIN agent v ON v.agent_id = r.reversed_by"
            " WHERE r.debit_id = :debit_id ORDER BY r.regularisation_id DESC LIMIT 200"
        ),
        {"debit_id": debit_id},
    )
    return [RegularisationRow(*row) for row in rows]


def acts_on(connection: Connection, debit_id: UUID) -> list[CaseAct]:
    """What was done about a debit, the oldest first."""
    rows = connection.execute(
        text(
            "SELECT j.at, j.action, coalesce(a.email,"
            "  nullif(trim(concat(d.first_name, ' ', d.last_name)), ''), j.actor)"
            " FROM journal j LEFT JOIN agent a ON j.actor = 'agent:' || a.agent_id"
            " LEFT JOIN delegate d ON j.actor = 'delegate:' || d.delegate_id"
            " WHERE j.subject = :subject AND j.action LIKE 'regularisation.%'"
            " ORDER BY j.journal_id LIMIT 200"
        ),
        {"subject": f"operation:{debit_id}"},
    )
    return [CaseAct(*row) for row in rows]
