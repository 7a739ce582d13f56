"""Takes a file of the bank in: read, understood, written down and booked, once (design §6).

The law: everything of one file is taken in one transaction, under the runs' own lock; the same file
again changes nothing, and one that bears a known name with other content is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from clearing.bank.finding import Understood
from clearing.bank.known_entries import known_entries
from clearing.bank.message import BankMessage
from clearing.bank.read_message import read_message
from clearing.bank.sent import Sent, sent_to_the_bank
from clearing.bank.statement import Statement
from clearing.bank.status_report import understand_report
from clearing.bank.write_down import digest_of, known_message, write_down
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import take_turn


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A message as it was taken in: how many findings of each word (`tables.bank.UNDERSTOOD`).
    `is_known`: it had been taken in before, and nothing was changed now."""

    bank_message_id: int
    kind: str
    message_id: str
    is_known: bool
    understood: Mapping[str, int]


def take_in(engine: Engine, content: bytes, *, by: str) -> TakenIn | Refused:
    """Takes in the bytes of a pain.002, camt.053 or camt.054. `by` is the agent's mail address,
    proved already.

    Refused: those of read_message, agent_unknown, agent_may_not, bank_message_reused.
    """
    message = read_message(content)
    if isinstance(message, Refused):
        return message
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        known = known_message(connection, message.kind, message.message_id)
        if known is not None:
            bank_message_id, sha256 = known
            if sha256 != digest_of(content):
                return Refused("bank_message_reused", {"message": message.message_id})
            return TakenIn(
                bank_message_id,
                message.kind,
                message.message_id,
                is_known=True,
                understood=_counts(connection, bank_message_id),
            )
        sent = _sent(connection, message)
        understood = _understood(connection, message, sent)
        bank_message_id = write_down(
            connection,
            sent,
            understood,
            kind=message.kind,
            message_id=message.message_id,
            content=content,
            by=agent,
        )
        return TakenIn(
            bank_message_id,
            message.kind,
            message.message_id,
            is_known=False,
            understood=Counter(finding.understood for finding in understood.findings),
        )


def _sent(connection: Connection, message: BankMessage) -> Sent:
    """What the message may be about, by every name that stands in it."""
    file_ids = {report.original_message for report in message.reports}
    names = {one.end_to_end_id for report in message.reports for one in report.transfers}
    for entry in message.entries:
        file_ids |= entry.file_ids
        names |= {one.end_to_end_id for one in entry.details}
    return sent_to_the_bank(
        connection,
        file_ids=[name for name in file_ids if name is not None],
        names=[name for name in names if name is not None],
    )


def _understood(connection: Connection, message: BankMessage, sent: Sent) -> Understood:
    received_on = paris_today(connection)
    understood = Understood()
    for report in message.reports:
        understand_report(
            report, sent, understood, created_on=message.created_on, received_on=received_on
        )
    if message.entries:
        statement = Statement(
            sent,
            understood,
            known_entries(connection, sent.runs),
            kind=message.kind,
            received_on=received_on,
        )
        statement.read(message.entries)
    return understood


def _counts(connection: Connection, bank_message_id: int) -> Mapping[str, int]:
    rows = connection.execute(
        text(
            "SELECT understood, count(*) FROM bank_finding"
            " WHERE bank_message_id = :bank_message_id GROUP BY understood ORDER BY understood"
        ),
        {"bank_message_id": bank_message_id},
    )
    return {understood: count for understood, count in rows}
