"""The partners of a run: a page of them, searched, filtered by what asks for a look (C66, C71).

The law: totals are told over the whole run and over what was found, whatever page is shown. An
alert says that something is unusual; it never says that something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

# How many exported runs make what is usual for a partner, and how many times that is not.
_RULES: Final = {"usual_runs": 6, "unusual_times": 3}

# In the order of their weight; the words stand in texts_fr.toml.
ALERTS: Final = (
    "failed",
    "held",
    "no_account",
    "shared_iban",
    "account_changed",
    "far_above_usual",
    "carried_out",
    "re_presented",
    "first_payment",
)
ORDERS: Final = {
    "nom": "trade_name, remittance_id",
    "montant": "transfer_cents DESC, remittance_id",
    "debit": "gross_cents DESC, remittance_id",
}

_TOLD: Final = """
WITH shown AS (SELECT * FROM remittance WHERE run_id = :run_id),
before AS (SELECT run_id, exported_at FROM reimbursement_run
  WHERE exported_at IS NOT NULL AND run_id < :run_id ORDER BY run_id DESC LIMIT :usual_runs),
usual AS (SELECT m.partner_id, avg(m.gross_cents)::bigint AS cents
  FROM remittance m JOIN before USING (run_id) GROUP BY m.partner_id),
account AS (SELECT b.partner_id, b.iban, b.verified_at, EXISTS (SELECT FROM bank_account old
    WHERE old.partner_id = b.partner_id AND old.state = 'replaced'
    AND old.verified_at IS NOT NULL) AS is_second
  FROM bank_account b WHERE b.state = 'verified'),
shared AS (SELECT a.iban FROM account a JOIN shown USING (partner_id)
  GROUP BY a.iban HAVING count(*) > 1),
told AS (SELECT m.remittance_id, m.partner_id, p.trade_name, p.siret, p.commune, m.number_year,
    m.number, m.gross_cents, m.corrections_cents,
    m.carried_in_cents, m.re_presented_cents, m.transfer_cents, m.carried_out_cents,
    usual.cents AS usual_cents,
    (SELECT outcome FROM transfer_answer t WHERE t.remittance_id = m.remittance_id
     ORDER BY outcome LIMIT 1) AS answer,
    array_remove(ARRAY[
      CASE WHEN EXISTS (SELECT FROM transfer_answer t WHERE t.remittance_id = m.remittance_id
        AND t.outcome = 'failed') THEN 'failed' END,
      CASE WHEN EXISTS (SELECT FROM partner_hold h WHERE h.partner_id = m.partner_id
        AND h.released_at IS NULL) THEN 'held' END,
      CASE WHEN m.transfer_cents > 0 AND m.iban IS NULL AND a.iban IS NULL
        THEN 'no_account' END,
      CASE WHEN a.iban IN (SELECT iban FROM shared) THEN 'shared_iban' END,
      CASE WHEN a.is_second AND a.verified_at > (SELECT max(exported_at) FROM before)
        THEN 'account_changed' END,
      CASE WHEN m.gross_cents > :unusual_times * usual.cents THEN 'far_above_usual' END,
      CASE WHEN m.carried_out_cents < 0 THEN 'carried_out' END,
      CASE WHEN m.re_presented_cents > 0 THEN 're_presented' END,
      CASE WHEN usual.partner_id IS NULL AND NOT EXISTS (SELECT FROM remittance e
        JOIN reimbursement_run r USING (run_id) WHERE e.partner_id = m.partner_id
        AND e.run_id < :run_id AND r.exported_at IS NOT NULL) THEN 'first_payment' END
    ], NULL) AS alerts
  FROM shown m JOIN partner p USING (partner_id)
  LEFT JOIN usual USING (partner_id)
  LEFT JOIN account a USING (partner_id))
"""
_WANTED: Final = """
  (:alert = '' OR (:alert = 'any' AND cardinality(alerts) > 0) OR :alert = ANY(alerts))
  AND (:words = '' OR position(lower(:words) IN lower(trade_name)) > 0
       OR position(lower(:words) IN lower(commune)) > 0
       OR siret LIKE :digits || '%' AND :digits <> ''
       OR (number_year = :year AND number = :number))
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: words (name, commune, SIRET, number of a remittance), an alert (`any`
    for each of them), an order."""

    words: str = ""
    alert: str = ""
    order: str = "nom"
    year: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class RunPartner:
    """A partner's remittance in a run; cents. `answer` is the bank's: paid, failed or none yet."""

    remittance_id: int
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
    usual_cents: int | None
    answer: str | None
    alerts: list[str]
    debits: int


@dataclass(frozen=True, slots=True)
class Found:
    """How many partners were found, and what they are paid together."""

    count: int
    transfers_cents: int


def partners_of_run(
    connection: Connection, run_id: int, looked: Looked, *, limit: int, offset: int
) -> list[RunPartner]:
    """A page of what was found, in the order asked for."""
    rows = connection.execute(
        text(
            f"{_TOLD} SELECT page.*, (SELECT count(*) FROM remittance_line l"  # noqa: S608
            "  WHERE l.remittance_id = page.remittance_id AND l.nature = 'debit') AS debits"
            f" FROM (SELECT * FROM told WHERE {_WANTED} ORDER BY {ORDERS[looked.order]}"
            " LIMIT :limit OFFSET :offset) page"
            f" ORDER BY {ORDERS[looked.order]}"
        ),
        _values(run_id, looked) | {"limit": limit, "offset": offset},
    )
    return [RunPartner(*row) for row in rows]


def found_in_run(connection: Connection, run_id: int, looked: Looked) -> Found:
    """The totals of what was found."""
    row = connection.execute(
        text(
            f"{_TOLD} SELECT count(*), coalesce(sum(transfer_cents), 0)::bigint"  # noqa: S608
            " FROM told"
            f" WHERE {_WANTED}"
        ),
        _values(run_id, looked),
    ).one()
    return Found(*row)


def alerts_of_run(connection: Connection, run_id: int) -> dict[str, int]:
    """How many partners of the whole run each alert concerns, by weight; `any` for at least one."""
    rows = connection.execute(
        text(
            f"{_TOLD} SELECT alert, count(*) FROM told, unnest(alerts) AS alert"  # noqa: S608
            " GROUP BY alert"
            " UNION ALL SELECT 'any', count(*) FROM told WHERE cardinality(alerts) > 0"
        ),
        _RULES | {"run_id": run_id},
    )
    counts = {alert: int(count) for alert, count in rows}
    return {alert: counts[alert] for alert in ("any", *ALERTS) if counts.get(alert)}


def _values(run_id: int, looked: Looked) -> dict[str, Any]:
    digits = looked.words.replace(" ", "")
    return _RULES | {
        "run_id": run_id,
        "alert": looked.alert,
        "words": looked.words,
        "digits": digits if digits.isascii() and digits.isdigit() else "",
        "year": looked.year,
        "number": looked.number,
    }
