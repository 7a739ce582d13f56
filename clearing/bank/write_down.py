"""Writes down one message of the bank: its bytes, what was understood, and what follows from it.

The law: the message, its findings, the answers with their operations, the states of runs and the
mails commit together or not at all. Only called while it is this transaction's turn.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

from cardservice.db.queries.agents import Agent
from cardservice.db.queries.journal import note
from clearing.bank.finding import Finding, Understood
from clearing.bank.sent import Sent
from clearing.bank.tell_partners import tell_partners
from clearing.run.answer import accept_runs, answer_transfers

_FIELDS = (
    "understood",
    "remark",
    "end_to_end_id",
    "amount_cents",
    "reason_code",
    "entry_reference",
    "is_credit",
    "happened_on",
    "run_id",
    "remittance_id",
)
_CHUNK = 1_000


def digest_of(content: bytes) -> str:
    """SHA-256 of a message, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def known_message(connection: Connection, kind: str, message_id: str) -> tuple[int, str] | None:
    """The number and digest of a message that was taken in before, by its kind and own name."""
    row = connection.execute(
        text(
            "SELECT bank_message_id, sha256 FROM bank_message"
            " WHERE kind = :kind AND message_id = :message_id"
        ),
        {"kind": kind, "message_id": message_id},
    ).one_or_none()
    return None if row is None else (row.bank_message_id, row.sha256)


def write_down(
    connection: Connection,
    sent: Sent,
    understood: Understood,
    *,
    kind: str,
    message_id: str,
    content: bytes,
    by: Agent,
) -> int:
    """Stores a message that is not known yet and books what follows; returns its number."""
    bank_message_id: int = connection.execute(
        text(
            "INSERT INTO bank_message"
            " (kind, message_id, content, sha256, received_at, received_by)"
            " VALUES (:kind, :message_id, :content, :sha256, ledger_now(), :agent_id)"
            " RETURNING bank_message_id"
        ),
        {
            "kind": kind,
            "message_id": message_id,
            "content": content,
            "sha256": digest_of(content),
            "agent_id": by.agent_id,
        },
    ).scalar_one()
    _store_findings(connection, bank_message_id, understood.findings)
    note(
        connection, actor=by.actor, action="bank.take_in", subject=f"bank_message:{bank_message_id}"
    )
    tell_partners(connection, understood.failed)
    accept_runs(connection, understood.accepted_run_ids, by=by.email)
    if understood.answers:
        answered = {answer.remittance_id for answer in understood.answers}
        answer_transfers(
            connection,
            bank_message_id,
            understood.answers,
            run_ids=[
                run.run_id
                for run in sent.runs.values()
                if any(transfer.remittance_id in answered for transfer in run.transfers)
            ],
            by=by.email,
        )
    return bank_message_id


def _store_findings(connection: Connection, bank_message_id: int, findings: list[Finding]) -> None:
    statement = text(
        f"INSERT INTO bank_finding (bank_message_id, entry_no, {', '.join(_FIELDS)})"  # noqa: S608
        f" VALUES (:bank_message_id, :entry_no, {', '.join(f':{name}' for name in _FIELDS)})"
    )
    for first in range(0, len(findings), _CHUNK):
        connection.execute(
            statement,
            [
                {
                    "bank_message_id": bank_message_id,
                    "entry_no": entry_no,
                    **{name: getattr(finding, name) for name in _FIELDS},
                }
                for entry_no, finding in enumerate(
                    findings[first : first + _CHUNK], start=first + 1
                )
            ],
        )
