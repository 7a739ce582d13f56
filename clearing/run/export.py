"""Export an approved run: the bank file, the partners' money in transit, the files on disk.

The law: the first export fixes the file for ever (creation time, execution date, bytes); every
later one hands out the same bytes. The file and the ledger's movement commit together. Where the
public accountant pays there is no file: the payment list, stored with the papers, is what goes out.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.ledger import post
from cardservice.ledger.post import Reimbursement
from cardservice.ledger.run_content import content_hash
from clearing.allocation import allocate
from clearing.banking_days import next_target_day
from clearing.pain001 import (
    Debtor,
    PaymentFile,
    own_rule_problems,
    schema_problems,
    total_problems,
    write_payment_file,
)
from clearing.run.papers import papers_are_complete, remittance_number, store_documents
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn
from clearing.run.transfers import transfers_of

# What each remittance that is paid takes out of the partner's accounts, wallet by wallet.
_REIMBURSED = text(
    "SELECT m.remittance_id, m.number_year, m.number, m.partner_id, l.wallet,"
    " sum(l.amount_cents)::bigint AS amount_cents"
    " FROM remittance m JOIN remittance_line l USING (remittance_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0 AND NOT m.partner_id = ANY(:apart)"
    " GROUP BY m.remittance_id, m.number_year, m.number, m.partner_id, l.wallet"
    " ORDER BY m.number, l.wallet"
)
# Whoever was ever corrected: there a wallet's account may be short (clearing/allocation.py). And
# who is presented money again, which stands on other lines than this remittance's.
_CORRECTED = text(
    "SELECT DISTINCT m.partner_id FROM remittance m WHERE m.run_id = :run_id"
    " AND m.transfer_cents > 0 AND (m.re_presented_cents > 0 OR EXISTS (SELECT FROM remittance e"
    "  JOIN reimbursement_run r USING (run_id) WHERE e.partner_id = m.partner_id"
    "  AND (e.carried_in_cents <> 0 OR EXISTS (SELECT FROM remittance_line l"
    "   WHERE l.remittance_id = e.remittance_id AND l.nature <> 'debit'))"
    "  AND (r.exported_at IS NOT NULL OR r.run_id = :run_id)))"
)
# What his accounts hold: the lines of all that was exported and of this run, less what was paid,
# and what came back once it is presented again (until then it waits beside them).
_STANDING = text(
    "SELECT s.partner_id, s.wallet, sum(s.cents)::bigint AS cents FROM ("
    "  SELECT e.partner_id, l.wallet, l.amount_cents AS cents"
    "   FROM remittance e JOIN reimbursement_run r USING (run_id)"
    "   JOIN remittance_line l USING (remittance_id)"
    "   WHERE e.partner_id = ANY(:partner_ids)"
    "   AND (r.exported_at IS NOT NULL OR r.run_id = :run_id)"
    "  UNION ALL"
    "  SELECT e.partner_id, p.wallet, -p.amount_cents"
    "   FROM remittance e JOIN remittance_payment p USING (remittance_id)"
    "   WHERE e.partner_id = ANY(:partner_ids)"
    "  UNION ALL"
    "  SELECT e.partner_id, p.wallet, p.amount_cents"
    "   FROM remittance_re_presentation b"
    "   JOIN remittance e ON e.remittance_id = b.into_remittance_id"
    "   JOIN reimbursement_run r USING (run_id)"
    "   JOIN remittance_payment p ON p.remittance_id = b.from_remittance_id"
    "   WHERE e.partner_id = ANY(:partner_ids)"
    "   AND (r.exported_at IS NOT NULL OR r.run_id = :run_id)"
    ") s GROUP BY s.partner_id, s.wallet ORDER BY s.partner_id, s.wallet"
)
_PAID_APART = text(
    "SELECT remittance_id, number_year, number, partner_id, transfer_cents FROM remittance"
    " WHERE run_id = :run_id AND partner_id = ANY(:apart) ORDER BY number"
)


class FileNotFit(Exception):
    """Our own bank file breaks a rule of the bank's: a defect, nothing was exported."""


def export_run(engine: Engine, period_key: str, *, by: str, debtor: Debtor | None) -> Run | Refused:
    """Approved -> exported; a run that is further on keeps its file. Without a `debtor` there is
    none: the public accountant pays from the list."""
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is None or run.state not in ("approved", "exported", "accepted", "paid"):
            return Refused("run_not_approved", {"period": period_key})
        if run.state != "approved":
            return run
        if not papers_are_complete(connection, run.run_id):
            return Refused("papers_missing", {"period": period_key})
        if content_hash(connection, run.run_id) != run.content_hash:
            return Refused("run_changed_since_submission")
        now = connection.execute(text("SELECT date_trunc('second', ledger_now())")).scalar_one()
        msg_id = f"CJP-{run.period_key}-{run.attempt}"
        execution_on = next_target_day(paris_day(now))
        if debtor is not None:
            transfers = transfers_of(connection, run.run_id)
            _store_file(connection, run, PaymentFile(msg_id, now, execution_on, debtor, transfers))
        move(
            connection,
            run.run_id,
            "exported",
            by=agent.email,
            msg_id=msg_id,
            exported_at=now,
            execution_on=execution_on,
        )
        # Last, and then the commit: booking holds the business day open (ledger/post.py).
        _book(connection, run.run_id)
        return run_again(connection, period_key)


def write_files(engine: Engine, run: Run, out: Path) -> list[Path]:
    """Writes a run's stored bytes into a folder, each file under its name only when whole."""
    with unit_of_work(engine) as connection:
        documents = connection.execute(
            text(
                "SELECT d.kind, d.content, m.number_year, m.number FROM document d"
                " LEFT JOIN remittance m USING (remittance_id)"
                " WHERE d.run_id = :run_id AND (d.kind IN ('pain001', 'pdf', 'csv')"
                # The list goes out where no bank file does.
                "  OR d.kind IN ('payment_list_csv', 'payment_list_pdf') AND NOT EXISTS"
                "   (SELECT FROM document b WHERE b.run_id = :run_id AND b.kind = 'pain001'))"
                " ORDER BY m.number, d.kind"
            ),
            {"run_id": run.run_id},
            execution_options={"stream_results": True, "yield_per": 20},
        )
        written = []
        for document in documents:
            if document.kind == "pain001":
                path = out / f"{run.msg_id}.xml"
            elif document.number is None:
                path = out / f"{run.msg_id}.{document.kind.removeprefix('payment_list_')}"
            else:
                number = remittance_number(document.number_year, document.number)
                path = out / "bordereaux" / f"{number}.{document.kind}"
            _write_whole(path, bytes(document.content))
            written.append(path)
        return written


def _store_file(connection: Connection, run: Run, file: PaymentFile) -> None:
    """Nothing where every net was carried over: a file without a payment is none."""
    if file.transfers:
        store_documents(connection, run.run_id, None, {"pain001": checked_bytes(file)})


def checked_bytes(file: PaymentFile) -> bytes:
    """A bank file's bytes. FileNotFit when the schema, our own rules or the totals object."""
    content = write_payment_file(file)
    problems = schema_problems(content) + own_rule_problems(file) + total_problems(content)
    if problems:
        raise FileNotFit("; ".join(problems[:5]))
    return content


@dataclass(frozen=True, slots=True)
class _Payment:
    """What one remittance takes out of one wallet's account."""

    remittance_id: int
    booked: Reimbursement


def _payments(connection: Connection, run_id: int) -> list[_Payment]:
    """What leaves the partners' accounts, by remittance number and wallet."""
    apart = list(connection.execute(_CORRECTED, {"run_id": run_id}).scalars())
    rows = connection.execute(_REIMBURSED, {"run_id": run_id, "apart": apart}).all()
    payments = [_payment(row, wallet=row.wallet, amount_cents=row.amount_cents) for row in rows]
    standing: dict[int, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(_STANDING, {"run_id": run_id, "partner_ids": apart}):
        standing[row.partner_id][row.wallet] = row.cents
    for row in connection.execute(_PAID_APART, {"run_id": run_id, "apart": apart}).all():
        allocated = allocate(row.transfer_cents, standing[row.partner_id])
        payments += [
            _payment(row, wallet=wallet, amount_cents=amount_cents)
            for wallet, amount_cents in sorted(allocated.items())
        ]
    return payments


def _payment(row: Row[Any], *, wallet: str, amount_cents: int) -> _Payment:
    number = remittance_number(row.number_year, row.number)
    return _Payment(row.remittance_id, Reimbursement(number, row.partner_id, wallet, amount_cents))


def _book(connection: Connection, run_id: int) -> None:
    """Money in transit, in the ledger, and beside it what each remittance took from where."""
    payments = _payments(connection, run_id)
    post.reimburse(connection, [payment.booked for payment in payments])
    connection.execute(
        text(
            "INSERT INTO remittance_payment (remittance_id, wallet, amount_cents)"
            " SELECT * FROM unnest(CAST(:remittances AS bigint[]), CAST(:wallets AS text[]),"
            " CAST(:amounts AS bigint[]))"
        ),
        {
            "remittances": [payment.remittance_id for payment in payments],
            "wallets": [payment.booked.wallet for payment in payments],
            "amounts": [payment.booked.amount_cents for payment in payments],
        },
    )


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o640)
    Path(temporary).replace(path)
