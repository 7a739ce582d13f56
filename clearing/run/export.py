"""Export an approved run: the bank file, the partners' money in transit, the files on disk.

The law: the first export fixes the file for ever (creation time, execution date, bytes); every
later one hands out the same bytes. The file and the ledger's movement commit together.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.ledger import post
from cardservice.ledger.post import Reimbursement
from clearing.banking_days import next_target_day
from clearing.pain001 import (
    CreditTransfer,
    Debtor,
    PaymentFile,
    own_rule_problems,
    schema_problems,
    total_problems,
    write_payment_file,
)
from clearing.run.frozen import content_hash
from clearing.run.papers import papers_are_complete, remittance_number, store_document
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn

_TRANSFERS = text(
    "SELECT m.number_year, m.number, m.transfer_cents, m.iban, m.holder_name, p.commune"
    " FROM remittance m JOIN partner p USING (partner_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0 ORDER BY m.number"
)
# What each remittance that is paid takes out of the partner's accounts, wallet by wallet.
_REIMBURSED = text(
    "SELECT m.number_year, m.number, m.partner_id, l.wallet,"
    " sum(l.amount_cents)::bigint AS amount_cents"
    " FROM remittance m JOIN remittance_line l USING (remittance_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0"
    " GROUP BY m.number_year, m.number, m.partner_id, l.wallet"
    " ORDER BY m.number, l.wallet"
)


class FileNotFit(Exception):
    """Our own bank file breaks a rule of the bank's: a defect, nothing was exported."""


def export_run(engine: Engine, period_key: str, *, by: str, debtor: Debtor) -> Run | Refused:
    """Approved -> exported; a run that is further on keeps its file."""
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
        file = _payment_file(connection, run, debtor)
        if file.transfers:
            store_document(
                connection, run.run_id, None, kind="pain001", content=_checked_bytes(file)
            )
        post.reimburse(connection, _reimbursements(connection, run.run_id))
        move(
            connection,
            run.run_id,
            "exported",
            by=agent.email,
            msg_id=file.msg_id,
            exported_at=file.created_at,
            execution_on=file.execution_on,
        )
        return run_again(connection, period_key)


def write_files(engine: Engine, run: Run, out: Path) -> list[Path]:
    """Writes a run's stored bytes into a folder, each file under its name only when whole."""
    with unit_of_work(engine) as connection:
        documents = connection.execute(
            text(
                "SELECT d.kind, d.content, m.number_year, m.number FROM document d"
                " LEFT JOIN remittance m USING (remittance_id)"
                " WHERE d.run_id = :run_id AND d.kind IN ('pain001', 'pdf', 'csv')"
                " ORDER BY m.number, d.kind"
            ),
            {"run_id": run.run_id},
            execution_options={"stream_results": True, "yield_per": 20},
        )
        written = []
        for document in documents:
            if document.kind == "pain001":
                path = out / f"{run.msg_id}.xml"
            else:
                number = remittance_number(document.number_year, document.number)
                path = out / "bordereaux" / f"{number}.{document.kind}"
            _write_whole(path, bytes(document.content))
            written.append(path)
        return written


def _payment_file(connection: Connection, run: Run, debtor: Debtor) -> PaymentFile:
    now = connection.execute(text("SELECT date_trunc('second', ledger_now())")).scalar_one()
    transfers = []
    for row in connection.execute(_TRANSFERS, {"run_id": run.run_id}):
        number = remittance_number(row.number_year, row.number)
        transfers.append(
            CreditTransfer(
                end_to_end_id=number,
                amount_cents=row.transfer_cents,
                creditor_name=row.holder_name,
                creditor_iban=row.iban,
                remittance_text=f"CJEUNE {number}",
                town=row.commune,
                country=row.iban[:2],
            )
        )
    return PaymentFile(
        msg_id=f"CJP-{run.period_key}-{run.attempt}",
        created_at=now,
        execution_on=next_target_day(paris_day(now)),
        debtor=debtor,
        transfers=tuple(transfers),
    )


def _checked_bytes(file: PaymentFile) -> bytes:
    content = write_payment_file(file)
    problems = schema_problems(content) + own_rule_problems(file) + total_problems(content)
    if problems:
        raise FileNotFit("; ".join(problems[:5]))
    return content


def _reimbursements(connection: Connection, run_id: int) -> list[Reimbursement]:
    rows = connection.execute(_REIMBURSED, {"run_id": run_id}).all()
    return [
        Reimbursement(
            remittance_number(row.number_year, row.number),
            row.partner_id,
            row.wallet,
            row.amount_cents,
        )
        for row in rows
    ]


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o640)
    Path(temporary).replace(path)
