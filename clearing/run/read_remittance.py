"""A numbered remittance as its papers show it, read from the rows.

The law: what a paper says comes from one snapshot of the rows, so that lines, totals and seals
belong together. No youth's name is read here: a paper cannot leak what it never receives.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, text

from cardservice.domain.short_code import operation_reference
from clearing.remittance import Remittance, RemittanceLine

_HEAD: Final = text(
    "SELECT m.*, r.period_key, f.starts_on, f.ends_before - 1 AS last_day, p.trade_name, p.siret,"
    " p.address, p.postal_code, p.commune"
    " FROM remittance m JOIN reimbursement_run r USING (run_id)"
    " JOIN fortnight f USING (period_key) JOIN partner p USING (partner_id)"
    " WHERE m.remittance_id = :remittance_id"
)
_LINES: Final = text(
    # In the order of a RemittanceLine, behind the day: a run reads a million of them.
    "SELECT o.business_day, o.operation_no, o.accepted_at, coalesce(u.name, '–'),"
    " coalesce(t.label, '–'), nullif(concat_ws(' ', d.first_name, d.last_name), ''), c.last4,"
    " l.wallet, l.nature, l.amount_cents, origin.operation_no"
    " FROM remittance_line l JOIN operation o USING (operation_id)"
    # Who acts in a debit is a delegate; in a regularisation it is an agent of the department.
    " LEFT JOIN delegate d ON d.delegate_id = o.actor_id AND o.kind = 'debit'"
    " LEFT JOIN outlet u ON u.outlet_id = o.outlet_id"
    " LEFT JOIN terminal t ON t.terminal_id = o.terminal_id"
    " JOIN card c ON c.card_id = o.card_id"
    " LEFT JOIN operation origin ON origin.operation_id = o.target_id"
    " WHERE l.remittance_id = :remittance_id ORDER BY o.operation_no"
)
# Every sealed day that a line of the remittance comes from, late ones included.
_SEALS: Final = text(
    "SELECT business_day, seal FROM day_block WHERE business_day = ANY(:days) ORDER BY business_day"
)
# Whose rejected transfers this one presents again.
_RE_PRESENTS: Final = text(
    "SELECT f.number_year, f.number FROM remittance_re_presentation p"
    " JOIN remittance f ON f.remittance_id = p.from_remittance_id"
    " WHERE p.into_remittance_id = :remittance_id ORDER BY f.number_year, f.number"
)


def remittance_number(year: int, number: int) -> str:
    """The number that people read: `BR-2026-000123`."""
    return f"BR-{year}-{number:06d}"


def read_remittance(connection: Connection, remittance_id: int) -> Remittance:
    """A numbered remittance as its papers show it."""
    head = connection.execute(_HEAD, {"remittance_id": remittance_id}).one()
    lines = connection.execute(_LINES, {"remittance_id": remittance_id}).all()
    days = sorted({day for day, *_ in lines})
    seals = connection.execute(_SEALS, {"days": days}).all()
    again = connection.execute(_RE_PRESENTS, {"remittance_id": remittance_id}).all()
    return Remittance(
        number=remittance_number(head.number_year, head.number),
        period_key=head.period_key,
        starts_on=head.starts_on,
        last_day=head.last_day,
        partner_name=head.trade_name,
        partner_siret=head.siret,
        partner_address=f"{head.address}, {head.postal_code} {head.commune}",
        holder_name=head.holder_name,
        iban=head.iban,
        lines=tuple(_line(line) for line in lines),
        carried_in_cents=head.carried_in_cents,
        re_presented_cents=head.re_presented_cents,
        seals=tuple((row.business_day, bytes(row.seal).hex()) for row in seals),
        paid_on=None,
        re_presents=tuple(remittance_number(row.number_year, row.number) for row in again),
    )


def _line(row: Row[Any]) -> RemittanceLine:
    _, number, *facts, origin = tuple(row)
    at, outlet, terminal, delegate, last4, wallet, nature, cents = facts
    return RemittanceLine(
        reference=operation_reference(number),
        accepted_at=at,
        outlet=outlet,
        terminal=terminal,
        delegate=delegate,
        card_last4=last4,
        wallet=wallet,
        nature=nature,
        amount_cents=cents,
        origin_reference=None if origin is None else operation_reference(origin),
    )
