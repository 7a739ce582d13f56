"""Every line of a run in one CSV, written by the server itself and handed on as it comes.

Laws kept: the same rows, words and disarmed texts as the bordereaux' own CSV, with the bordereau
and its partner in front; no total row. Memory does not grow with the rows: nothing is kept here.
Refuses to know: where it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Connection, text

from cardservice.domain.operation import WALLETS
from clearing.documents.bordereau_csv import HEADER as LINE_HEADER
from clearing.documents.wording import say, wallet_label

HEADER: Final = ("bordereau", "partenaire", "siret", *LINE_HEADER)
_NATURES: Final = ("debit", "regularisation", "reversal")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# One write for some hundreds of rows.
_BLOCK: Final = 64 * 1024

# Names are disarmed once each, not once a row; every table but the lines and operations is small.
_QUERY: Final = """
COPY (
    WITH partners AS MATERIALIZED (
        SELECT m.remittance_id, m.number, spreadsheet_text(p.trade_name) AS name, p.siret,
            'BR-' || m.number_year || '-'
            || lpad(m.number::text, greatest(6, length(m.number::text)), '0') AS label
        FROM remittance m JOIN partner p USING (partner_id) WHERE m.run_id = {run_id}
    ), outlets AS MATERIALIZED (
        SELECT outlet_id, spreadsheet_text(name) AS name FROM outlet
    ), terminals AS MATERIALIZED (
        SELECT terminal_id, spreadsheet_text(label) AS name FROM terminal
    ), delegates AS MATERIALIZED (
        SELECT delegate_id, spreadsheet_text(concat_ws(' ', first_name, last_name)) AS name
        FROM delegate
    ), wallets (wallet, label) AS (VALUES {wallets}
    ), natures (nature, label) AS (VALUES {natures}
    )
    SELECT r.remittance, r.partner, r.siret, operation_reference(r.operation_no),
        to_char(r.accepted_at AT TIME ZONE 'Europe/Paris', 'DD/MM/YYYY'),
        to_char(r.accepted_at AT TIME ZONE 'Europe/Paris', 'HH24:MI'),
        coalesce(r.outlet, {dash}), coalesce(r.terminal, {dash}), nullif(r.delegate, ''),
        {stars} || r.last4, r.wallet, r.nature,
        CASE WHEN r.amount_cents < 0 THEN '-' ELSE '' END || abs(r.amount_cents) / 100 || ','
            || lpad((abs(r.amount_cents) % 100)::text, 2, '0'),
        operation_reference(r.origin_no)
    FROM (
        -- Sorted before it is spelled out: numbers are narrower than their words.
        SELECT p.label AS remittance, p.name AS partner, p.siret, o.operation_no, o.accepted_at,
            u.name AS outlet, t.name AS terminal, d.name AS delegate, c.last4, w.label AS wallet,
            n.label AS nature, l.amount_cents,
            -- Only a correction has one: the others must not be looked up, nor joined.
            CASE WHEN o.target_id IS NOT NULL THEN (
                SELECT operation_no FROM operation WHERE operation_id = o.target_id
            ) END AS origin_no
        FROM remittance_line l
        JOIN partners p USING (remittance_id)
        JOIN operation o USING (operation_id)
        JOIN wallets w ON w.wallet = l.wallet
        JOIN natures n ON n.nature = l.nature
        JOIN card c ON c.card_id = o.card_id
        LEFT JOIN outlets u ON u.outlet_id = o.outlet_id
        LEFT JOIN terminals t ON t.terminal_id = o.terminal_id
        LEFT JOIN delegates d ON d.delegate_id = o.actor_id AND o.kind = 'debit'
        ORDER BY p.number, o.operation_no
    ) r
) TO STDOUT (FORMAT csv, DELIMITER ';', ENCODING 'UTF8')
"""


def write_run_csv(
    connection: Connection, run_id: int, write: Callable[[bytes], Any]
) -> tuple[int, str]:
    """Hands the file to `write` piece by piece; returns its length in bytes and its SHA-256."""
    digest = hashlib.sha256()
    length = 0

    def on(piece: bytes) -> None:
        nonlocal length
        digest.update(piece)
        length += len(piece)
        write(piece)

    on(_BYTE_ORDER_MARK + ";".join(HEADER).encode() + b"\n")
    # A million rows take longer than a page may.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL work_mem = '64MB'"))
    # A file is waited for: its rows are worth both cores for some seconds, from tills too, which
    # the planner's default price for handing a row from one process to the next forbids. No table
    # that they share: a container has as little as 64 MB for that.
    connection.execute(text("SET LOCAL parallel_tuple_cost = 0.01"))
    connection.execute(text("SET LOCAL enable_parallel_hash = off"))
    driver = connection.connection.driver_connection
    assert driver is not None
    waiting = bytearray()
    with driver.cursor() as cursor, cursor.copy(_query(run_id)) as copy:
        for row in copy:
            waiting += row
            if len(waiting) >= _BLOCK:
                on(bytes(waiting))
                waiting.clear()
    on(bytes(waiting))
    return length, digest.hexdigest()


def _query(run_id: int) -> sql.Composed:
    # COPY takes no parameters: these are written as literals by the driver.
    return sql.SQL(_QUERY).format(
        run_id=sql.Literal(run_id),
        wallets=_labels((wallet, wallet_label(wallet)) for wallet in WALLETS),
        natures=_labels((nature, say(f"natures.{nature}")) for nature in _NATURES),
        dash=sql.Literal("–"),
        stars=sql.Literal(say("csv.card_masked", last4="")),
    )


def _labels(pairs: Any) -> sql.Composed:
    rows = [
        sql.SQL("({}, {})").format(sql.Literal(key), sql.Literal(label)) for key, label in pairs
    ]
    return sql.SQL(", ").join(rows)
