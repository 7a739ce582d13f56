"""What a draft holds: lines, what is carried in, what is presented again, and what they add up to.

The law: what is owed of closed days and stands in no live run, once; what an exported remittance
could not take back, once; what the bank has sent back and may be presented again, once. The unique
keys of the tables are the guarantee. Who is held stands in none of it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

# What is owed of closed days and stands in no live run. Business days make the period, never clock
# times.
_OWED = """
    SELECT o.operation_id, o.partner_id, o.wallet, o.nature, o.amount_cents
    FROM owed_operation o
    WHERE o.business_day < :ends_before
      AND NOT EXISTS (SELECT FROM remittance_line l
                      WHERE l.operation_id = o.operation_id AND l.live)
      AND NOT EXISTS (SELECT FROM partner_hold h
                      WHERE h.partner_id = o.partner_id AND h.released_at IS NULL)
"""
# What an exported remittance could not take back and none has taken into account yet. One that is
# not exported may still be drafted again.
_CARRIED = """
    SELECT m.remittance_id, m.partner_id, m.carried_out_cents
    FROM remittance m JOIN reimbursement_run r USING (run_id)
    WHERE m.carried_out_cents < 0 AND r.exported_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM remittance_carry c
                      WHERE c.from_remittance_id = m.remittance_id)
"""
# What the bank has sent back, once the reason is gone (views/failed_transfer.sql): it is presented
# again whole, also to a partner who has sold nothing more.
_PRESENTED_AGAIN = """
    SELECT f.remittance_id, f.partner_id, f.transfer_cents, f.presentation
    FROM failed_transfer f
    WHERE f.let_go_by IS NOT NULL AND f.into_remittance_id IS NULL
      AND NOT EXISTS (SELECT FROM partner_hold h
                      WHERE h.partner_id = f.partner_id AND h.released_at IS NULL)
"""
# One remittance per partner who has lines or money to be presented again.
_FILL = text(
    f"WITH owed AS ({_OWED}), "  # noqa: S608
    f"carried AS ({_CARRIED}), "
    f"failed AS ({_PRESENTED_AGAIN}), "
    "lines AS (SELECT partner_id,"
    "   coalesce(sum(amount_cents) FILTER (WHERE nature = 'debit'), 0) AS gross,"
    "   coalesce(sum(amount_cents) FILTER (WHERE nature <> 'debit'), 0) AS corrections"
    "   FROM owed GROUP BY partner_id), "
    "again AS (SELECT partner_id, sum(transfer_cents) AS cents,"
    "   max(presentation) + 1 AS presentation FROM failed GROUP BY partner_id), "
    "before AS (SELECT partner_id, sum(carried_out_cents) AS cents FROM carried"
    "   GROUP BY partner_id), "
    "sums AS (SELECT partner_id, coalesce(l.gross, 0) AS gross,"
    "   coalesce(l.corrections, 0) AS corrections, coalesce(b.cents, 0) AS carried_in,"
    "   coalesce(a.cents, 0) AS again, coalesce(a.presentation, 0) AS presentation"
    "   FROM lines l FULL JOIN again a USING (partner_id)"
    "   LEFT JOIN before b USING (partner_id)), "
    "net AS (SELECT *, gross + corrections + carried_in + again AS net FROM sums), "
    "made AS (INSERT INTO remittance (run_id, partner_id, gross_cents, corrections_cents,"
    "   carried_in_cents, re_presented_cents, presentation, transfer_cents, carried_out_cents)"
    "   SELECT :run_id, partner_id, gross, corrections, carried_in, again, presentation,"
    "          greatest(net, 0), least(net, 0) FROM net ORDER BY partner_id"
    "   RETURNING remittance_id, partner_id), "
    "kept AS (INSERT INTO remittance_carry (from_remittance_id, into_remittance_id)"
    "   SELECT carried.remittance_id, made.remittance_id"
    "   FROM carried JOIN made USING (partner_id)), "
    "presented AS (INSERT INTO remittance_re_presentation"
    "   (from_remittance_id, into_remittance_id)"
    "   SELECT failed.remittance_id, made.remittance_id"
    "   FROM failed JOIN made USING (partner_id))"
    "INSERT INTO remittance_line (remittance_id, operation_id, wallet, nature, amount_cents)"
    " SELECT remittance_id, operation_id, wallet, nature, amount_cents"
    " FROM owed JOIN made USING (partner_id)"
)
_TOTALS = text(
    "UPDATE reimbursement_run r SET debits = s.debits, partners = t.partners,"
    " gross_cents = t.gross, corrections_cents = t.corrections,"
    " carried_in_cents = t.carried_in, carried_out_cents = t.carried_out,"
    " re_presented_cents = t.re_presented, transfers_cents = t.transfers"
    " FROM (SELECT count(*) AS partners,"
    "   coalesce(sum(gross_cents), 0) AS gross,"
    "   coalesce(sum(corrections_cents), 0) AS corrections,"
    "   coalesce(sum(carried_in_cents), 0) AS carried_in,"
    "   coalesce(sum(carried_out_cents), 0) AS carried_out,"
    "   coalesce(sum(re_presented_cents), 0) AS re_presented,"
    "   coalesce(sum(transfer_cents), 0) AS transfers"
    "   FROM remittance WHERE run_id = :run_id) t,"
    " (SELECT count(*) AS debits FROM remittance_line JOIN remittance USING (remittance_id)"
    "   WHERE run_id = :run_id AND nature = 'debit') s"
    " WHERE r.run_id = :run_id"
)


def fill(connection: Connection, run_id: int, ends_before: date) -> None:
    """The remittances of a run and their lines, what earlier ones could not take back, and the
    run's totals. What a partner owes more than he earned (net not positive) is carried out: no
    transfer."""
    # How many lines a fortnight has, no statistics of the tables tell: guessed to be one, they are
    # compared with each remittance in turn, which takes minutes for a million.
    connection.execute(text("SET LOCAL enable_nestloop = off"))
    connection.execute(_FILL, {"run_id": run_id, "ends_before": ends_before})
    connection.execute(_TOTALS, {"run_id": run_id})
    connection.execute(text("SET LOCAL enable_nestloop = on"))


def empty(connection: Connection, run_id: int) -> None:
    """Takes everything out of a run that is a draft again: it stands in no run any more."""
    connection.execute(
        text(
            "DELETE FROM remittance_line l USING remittance m"
            " WHERE m.remittance_id = l.remittance_id AND m.run_id = :run_id"
        ),
        {"run_id": run_id},
    )
    connection.execute(
        text(
            "DELETE FROM remittance_carry c USING remittance m"
            " WHERE m.remittance_id = c.into_remittance_id AND m.run_id = :run_id"
        ),
        {"run_id": run_id},
    )
    connection.execute(
        text(
            "DELETE FROM remittance_re_presentation p USING remittance m"
            " WHERE m.remittance_id = p.into_remittance_id AND m.run_id = :run_id"
        ),
        {"run_id": run_id},
    )
    connection.execute(text("DELETE FROM remittance WHERE run_id = :run_id"), {"run_id": run_id})
