"""The controls that must all hold to the cent before a run is submitted, with both figures.

The law: a control compares two figures found by two different roads; it repairs nothing. Blocking
ones stop the run, warnings are shown to whoever approves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Control:
    """One comparison: `left` and `right` are cents or counts and must be equal."""

    name: str
    left: int
    right: int
    blocking: bool = True

    @property
    def holds(self) -> bool:
        """Whether both roads led to the same figure."""
        return self.left == self.right


_LINES = """
    FROM remittance_line l JOIN remittance m USING (remittance_id) WHERE m.run_id = :run_id
"""

# What is owed to partners whose payments are held (the caller closes the parenthesis).
_HELD = """
    (SELECT coalesce(sum(o.amount_cents), 0) FROM owed_operation o
     WHERE o.business_day < f.ends_before
     AND EXISTS (SELECT FROM partner_hold h
                 WHERE h.partner_id = o.partner_id AND h.released_at IS NULL)
     AND NOT EXISTS (SELECT FROM remittance_line l
                     WHERE l.operation_id = o.operation_id AND l.live)
"""

# Each query answers one row with two figures.
_CONTROLS: tuple[tuple[str, bool, str], ...] = (
    # What tells most comes first: one of these makes sums differ too.
    (
        "no_cancelled_debit",
        True,
        f"SELECT (SELECT count(*) {_LINES} AND EXISTS (SELECT FROM operation c"  # noqa: S608
        "  WHERE c.target_id = l.operation_id AND c.kind = 'cancellation'"
        "  AND c.outcome = 'cancelled')), 0",
    ),
    (
        "none_twice",
        True,
        f"SELECT (SELECT count(*) {_LINES}), (SELECT count(DISTINCT l.operation_id) {_LINES})",
    ),
    (
        "lines_and_remittances",
        True,
        f"SELECT (SELECT coalesce(sum(l.amount_cents), 0) {_LINES}),"  # noqa: S608
        " (SELECT coalesce(sum(gross_cents + corrections_cents), 0)"
        "  FROM remittance WHERE run_id = :run_id)",
    ),
    (
        "lines_and_operations",
        True,
        f"SELECT (SELECT coalesce(sum(l.amount_cents), 0) {_LINES}),"  # noqa: S608
        " (SELECT coalesce(sum(o.amount_cents), 0)"
        f"  FROM owed_operation o WHERE o.operation_id IN (SELECT l.operation_id {_LINES}))",
    ),
    (
        "ledger_movement",
        True,
        # What the partners' accounts moved by until the period's end, less what other runs took
        # of it: a later fortnight may be drafted before this one is submitted.
        f"SELECT (SELECT coalesce(sum(l.amount_cents), 0) {_LINES}),"  # noqa: S608
        " (SELECT coalesce(sum(e.amount_cents), 0) FROM ledger_entry e"
        "  WHERE e.account = 'partner_payable'"
        "  AND e.kind NOT IN ('reimbursement', 'transfer_return', 'paid_transfer_return')"
        "  AND e.business_day < f.ends_before)"
        " - (SELECT coalesce(sum(l.amount_cents), 0) FROM remittance_line l"
        "    JOIN remittance m USING (remittance_id) JOIN operation o USING (operation_id)"
        "    WHERE l.live AND m.run_id <> :run_id AND o.business_day < f.ends_before)"
        f" - {_HELD})"
        " FROM reimbursement_run r JOIN fortnight f USING (period_key) WHERE r.run_id = :run_id",
    ),
    (
        "day_closes",
        True,
        # The same by a third road: the partners' sealed day closes, which hold debits alone.
        f"SELECT (SELECT coalesce(sum(l.amount_cents), 0) {_LINES} AND l.nature = 'debit'),"  # noqa: S608
        " (SELECT coalesce(sum(d.amount_cents), 0) FROM day_close d"
        "  WHERE d.partner_id <> 0 AND d.business_day < f.ends_before)"
        " - (SELECT coalesce(sum(l.amount_cents), 0) FROM remittance_line l"
        "    JOIN remittance m USING (remittance_id) JOIN operation o USING (operation_id)"
        "    WHERE l.live AND l.nature = 'debit' AND m.run_id <> :run_id"
        "    AND o.business_day < f.ends_before)"
        f" - {_HELD} AND o.nature = 'debit')"
        " FROM reimbursement_run r JOIN fortnight f USING (period_key) WHERE r.run_id = :run_id",
    ),
    (
        "transfers_and_carry",
        True,
        "SELECT sum(gross_cents + corrections_cents + carried_in_cents + re_presented_cents),"
        " sum(transfers_cents + carried_out_cents)"
        " FROM reimbursement_run WHERE run_id = :run_id",
    ),
    (
        "carried_in",
        True,
        "SELECT (SELECT coalesce(sum(carried_in_cents), 0) FROM remittance WHERE run_id = :run_id),"
        " (SELECT coalesce(sum(before.carried_out_cents), 0) FROM remittance_carry c"
        "  JOIN remittance m ON m.remittance_id = c.into_remittance_id"
        "  JOIN remittance before ON before.remittance_id = c.from_remittance_id"
        "  WHERE m.run_id = :run_id AND before.partner_id = m.partner_id)",
    ),
    (
        "nothing_left_to_carry",
        True,
        # A run exported since the draft may have left something to take back.
        "SELECT (SELECT coalesce(sum(before.carried_out_cents), 0) FROM remittance before"
        "  JOIN reimbursement_run r USING (run_id) WHERE before.carried_out_cents < 0"
        "  AND r.exported_at IS NOT NULL"
        "  AND NOT EXISTS (SELECT FROM remittance_carry c"
        "   WHERE c.from_remittance_id = before.remittance_id)"
        "  AND EXISTS (SELECT FROM remittance m"
        "   WHERE m.run_id = :run_id AND m.partner_id = before.partner_id)), 0",
    ),
    (
        "re_presented",
        True,
        # What is presented again is, whole, what the bank has sent back of the same partner.
        "SELECT (SELECT coalesce(sum(re_presented_cents), 0) FROM remittance"
        "  WHERE run_id = :run_id),"
        " (SELECT coalesce(sum(f.transfer_cents), 0) FROM failed_transfer f"
        "  JOIN remittance m ON m.remittance_id = f.into_remittance_id"
        "  WHERE m.run_id = :run_id AND m.partner_id = f.partner_id)",
    ),
    (
        "reason_gone",
        True,
        # The account that stood in the way may have come back since the draft.
        "SELECT (SELECT count(*) FROM failed_transfer f"
        "  JOIN remittance m ON m.remittance_id = f.into_remittance_id"
        "  WHERE m.run_id = :run_id AND f.let_go_by IS NULL), 0",
    ),
    (
        "no_partner_held",
        True,
        "SELECT (SELECT count(*) FROM remittance m JOIN partner_hold h USING (partner_id)"
        "  WHERE m.run_id = :run_id AND h.released_at IS NULL), 0",
    ),
    (
        "run_and_remittances",
        True,
        "SELECT r.transfers_cents, (SELECT coalesce(sum(transfer_cents), 0) FROM remittance"
        " WHERE run_id = :run_id) FROM reimbursement_run r WHERE run_id = :run_id",
    ),
    (
        "every_iban_verified",
        True,
        "SELECT (SELECT count(*) FROM remittance m WHERE m.run_id = :run_id"
        "  AND m.transfer_cents > 0 AND NOT EXISTS (SELECT FROM bank_account b"
        "  WHERE b.partner_id = m.partner_id AND b.state = 'verified'"
        "  AND b.usable_from <= ledger_now())), 0",
    ),
    (
        "partners_held",
        False,
        "SELECT (SELECT count(*) FROM partner_hold WHERE released_at IS NULL), 0",
    ),
    (
        "first_payments",
        False,
        "SELECT (SELECT count(*) FROM remittance m WHERE m.run_id = :run_id"
        "  AND NOT EXISTS (SELECT FROM remittance p JOIN reimbursement_run r USING (run_id)"
        "  WHERE p.partner_id = m.partner_id AND p.run_id <> :run_id"
        "  AND r.exported_at IS NOT NULL)), 0",
    ),
    (
        "left_to_present_again",
        False,
        # A draft made again would take these with it.
        "SELECT (SELECT count(*) FROM failed_transfer f"
        "  WHERE f.let_go_by IS NOT NULL AND f.into_remittance_id IS NULL"
        "  AND NOT EXISTS (SELECT FROM partner_hold h"
        "   WHERE h.partner_id = f.partner_id AND h.released_at IS NULL)), 0",
    ),
    (
        "account_that_failed",
        False,
        # Paid into an account that has sent a transfer back: it will most likely fail again.
        "SELECT (SELECT count(*) FROM remittance m JOIN bank_account b USING (partner_id)"
        "  WHERE m.run_id = :run_id AND m.transfer_cents > 0 AND b.state = 'verified'"
        "  AND EXISTS (SELECT FROM failed_transfer f WHERE f.partner_id = m.partner_id"
        "   AND f.iban = b.iban AND f.let_go_by IS NULL)), 0",
    ),
    (
        "budget_exceeded",
        False,
        # Cents spent until the period's end beyond the budgets in force: money that is owed is
        # paid all the same, budgets block at the grant.
        "SELECT (SELECT coalesce(sum(greatest(spent.cents - b.amount_cents, 0)), 0)"
        "  FROM reimbursement_run r JOIN fortnight f USING (period_key)"
        "  CROSS JOIN (SELECT DISTINCT ON (school_year, wallet) * FROM wallet_budget"
        "   ORDER BY school_year, wallet, wallet_budget_id DESC) b"
        "  JOIN school_year y ON y.school_year = b.school_year"
        "  CROSS JOIN LATERAL (SELECT"
        "   (SELECT coalesce(sum(d.amount_cents), 0) FROM day_close_wallet d"
        "    WHERE d.wallet = b.wallet AND d.partner_id <> 0 AND d.business_day < f.ends_before"
        "    AND d.business_day BETWEEN y.first_day AND y.last_day)"
        "   + (SELECT coalesce(sum(v.amount_cents), 0) FROM regularisation g"
        "    JOIN owed_operation v ON v.operation_id IN (g.operation_id, g.reversal_id)"
        "    JOIN operation o ON o.operation_id = v.operation_id"
        "    WHERE o.school_year = b.school_year AND o.wallet = b.wallet"
        "    AND o.business_day < f.ends_before) AS cents) AS spent"
        "  WHERE r.run_id = :run_id), 0",
    ),
    (
        "one_iban_for_two_partners",
        False,
        "SELECT (SELECT count(*) FROM (SELECT b.iban FROM remittance m"
        "  JOIN bank_account b ON b.partner_id = m.partner_id AND b.state = 'verified'"
        "  WHERE m.run_id = :run_id GROUP BY b.iban HAVING count(*) > 1) shared), 0",
    ),
)


def controls_of(connection: Connection, run_id: int) -> Sequence[Control]:
    """Every control of a run, with its figures, in a fixed order."""
    found = []
    for name, blocking, query in _CONTROLS:
        left, right = connection.execute(text(query), {"run_id": run_id}).one()
        found.append(Control(name, int(left), int(right), blocking))
    return found


def failures(controls: Sequence[Control]) -> list[Control]:
    """The blocking controls that do not hold."""
    return [control for control in controls if control.blocking and not control.holds]
