"""Questions about any partner's remittance and any debit, as an agent of the Département may ask.

The law: whoever asks is an agent; no youth's name is among the answers, a card is its last four.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

_REMITTANCE: Final = """
SELECT m.remittance_id, m.run_id, r.period_key, r.attempt, r.state AS run_state, m.partner_id,
       p.trade_name, p.siret, p.commune, m.number_year, m.number, m.gross_cents,
       m.corrections_cents, m.carried_in_cents, m.re_presented_cents, m.transfer_cents,
       m.carried_out_cents, m.presentation, m.iban, m.holder_name, r.execution_on, r.exported_at
FROM remittance m JOIN reimbursement_run r USING (run_id) JOIN partner p USING (partner_id)
"""


@dataclass(frozen=True, slots=True)
class DeskRemittance:
    """What one partner gets from one run; cents. `iban` is whole: a page masks it."""

    remittance_id: int
    run_id: int
    period_key: str
    attempt: int
    run_state: str
    partner_id: int
    trade_name: str
    siret: str
    commune: str
    number_year: int | None
    number: int | None
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    re_presented_cents: int
    transfer_cents: int
    carried_out_cents: int
    presentation: int
    iban: str | None
    holder_name: str | None
    execution_on: date | None
    exported_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """What the bank said of a transfer, and what came of it: released by whom, presented again in
    which remittance."""

    outcome: str
    reason_code: str | None
    happened_on: date
    released_by: str | None
    release_reason: str | None
    into_remittance_id: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A partner's payments that are held back now."""

    reason: str
    held_by: str
    held_at: datetime


@dataclass(frozen=True, slots=True)
class DeskPartner:
    """A partner as the desk names it."""

    partner_id: int
    trade_name: str
    legal_name: str
    siret: str
    commune: str
    state: str
    masked_from: str | None
    waits_for_look: bool


def remittance_of_run(
    connection: Connection, period_key: str, remittance_id: int
) -> DeskRemittance | None:
    """One remittance of a fortnight; None for an unknown one or that of another fortnight."""
    row = connection.execute(
        text(
            f"{_REMITTANCE} WHERE m.remittance_id = :remittance_id AND r.period_key = :period_key"
        ),
        {"remittance_id": remittance_id, "period_key": period_key},
    ).one_or_none()
    return None if row is None else DeskRemittance(*row)


def remittances_of_partner(
    connection: Connection, partner_id: int, *, limit: int
) -> list[DeskRemittance]:
    """A partner's remittances, the latest first, cancelled attempts too."""
    rows = connection.execute(
        text(
            f"{_REMITTANCE} WHERE m.partner_id = :partner_id"
            " ORDER BY m.remittance_id DESC LIMIT :limit"
        ),
        {"partner_id": partner_id, "limit": limit},
    )
    return [DeskRemittance(*row) for row in rows]


def answers_of(connection: Connection, remittance_id: int) -> list[TransferAnswer]:
    """What the bank said of a remittance's transfer, in the order it happened."""
    rows = connection.execute(
        text(
            "SELECT t.outcome, t.reason_code, t.happened_on, a.email, x.reason,"
            " p.into_remittance_id FROM transfer_answer t"
            " LEFT JOIN transfer_release x USING (remittance_id)"
            " LEFT JOIN agent a ON a.agent_id = x.released_by"
            " LEFT JOIN remittance_re_presentation p ON p.from_remittance_id = t.remittance_id"
            " WHERE t.remittance_id = :remittance_id ORDER BY t.answered_at, t.outcome LIMIT 2"
        ),
        {"remittance_id": remittance_id},
    )
    return [TransferAnswer(*row) for row in rows]


def hold_of(connection: Connection, partner_id: int) -> Hold | None:
    """Why a partner's payments are held now; None when they are not."""
    row = connection.execute(
        text(
            "SELECT h.reason, a.email, h.held_at FROM partner_hold h"
            " JOIN agent a ON a.agent_id = h.held_by"
            " WHERE h.partner_id = :partner_id AND h.released_at IS NULL"
        ),
        {"partner_id": partner_id},
    ).one_or_none()
    return None if row is None else Hold(*row)


def partner_of_desk(connection: Connection, partner_id: int) -> DeskPartner | None:
    """A partner by its number."""
    row = connection.execute(
        text(
            "SELECT p.partner_id, p.trade_name, p.legal_name, p.siret, p.commune, p.state,"
            " (SELECT b.iban FROM bank_account b WHERE b.partner_id = p.partner_id"
            "  AND b.state = 'verified'),"
            " EXISTS (SELECT FROM bank_account b WHERE b.partner_id = p.partner_id"
            "  AND b.state = 'unverified')"
            " FROM partner p WHERE p.partner_id = :partner_id"
        ),
        {"partner_id": partner_id},
    ).one_or_none()
    return None if row is None else DeskPartner(*row)


def partners_named(connection: Connection, words: str, *, limit: int) -> list[Any]:
    """Partners whose name, commune or SIRET holds these words: rows of id, name, SIRET, commune and
    whether payments are held; by name."""
    return list(
        connection.execute(
            text(
                "SELECT p.partner_id, p.trade_name, p.siret, p.commune, EXISTS (SELECT"
                "  FROM partner_hold h WHERE h.partner_id = p.partner_id"
                "  AND h.released_at IS NULL) AS is_held"
                " FROM partner p WHERE position(lower(:words) IN lower(p.trade_name)) > 0"
                " OR position(lower(:words) IN lower(p.legal_name)) > 0"
                " OR position(lower(:words) IN lower(p.commune)) > 0"
                " OR p.siret LIKE replace(:digits, ' ', '') || '%'"
                " ORDER BY p.trade_name, p.partner_id LIMIT :limit"
            ),
            {
                "words": words,
                "digits": words if words.replace(" ", "").isdigit() else "-",
                "limit": limit,
            },
        )
    )


def partner_of_operation(connection: Connection, operation_no: int) -> Any:
    """Where a debit was made: a row of operation_id, partner_id, trade_name; None for another kind
    of operation or an unknown number."""
    return connection.execute(
        text(
            "SELECT o.operation_id, o.partner_id, p.trade_name FROM operation o"
            " JOIN partner p USING (partner_id)"
            " WHERE o.operation_no = :operation_no AND o.kind = 'debit'"
        ),
        {"operation_no": operation_no},
    ).one_or_none()
