"""What people type when the bank sends no file: a transfer's answer, a run's, or that the whole
file was refused (design §6).

The law: what is typed is a message like another, kept with who typed it, and goes the same road.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from clearing.bank.finding import DUPLICATES, Finding, Understood
from clearing.bank.reasons import known_reasons
from clearing.bank.release import release_transfer
from clearing.bank.sent import Sent, SentRun, sent_run, transfer_numbered
from clearing.bank.write_down import known_message, write_down
from clearing.run.answer import settle_run
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import Run, run_again, run_of, take_turn

__all__ = [
    "LONGEST_REFERENCE",
    "TransferAnswered",
    "answer_transfer",
    "confirm_run",
    "reject_file",
    "release_transfer",
]

LONGEST_REFERENCE = 140


@dataclass(frozen=True, slots=True)
class TransferAnswered:
    """A transfer as it stands now: `outcome` is paid or failed; `is_known` when it was before."""

    number: str
    outcome: str
    is_known: bool


def answer_transfer(
    engine: Engine,
    number: str,
    *,
    outcome: str,
    happened_on: date,
    by: str,
    reason_code: str | None = None,
) -> TransferAnswered | Refused:
    """One transfer (`BR-2026-000123`, with its -R1 or without) was paid, or failed for a reason.

    Refused: agent_unknown, agent_may_not, transfer_unknown, transfer_failed, bank_reason_unknown,
    bank_reason_duplicate, bank_day_impossible.
    """
    assert outcome in ("paid", "failed"), outcome
    unfit = _unfit_reason(reason_code) if outcome == "failed" else None
    if unfit is not None:
        return unfit
    with unit_of_work(engine) as connection:
        agent = _turn_of(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        found = transfer_numbered(connection, number)
        if isinstance(found, Refused):
            return found
        run, transfer = found
        if (
            transfer.is_failed
            if outcome == "failed"
            else transfer.is_paid and not transfer.is_failed
        ):
            return TransferAnswered(transfer.number, outcome, is_known=True)
        if outcome == "paid" and transfer.is_failed:
            return Refused("transfer_failed", {"number": transfer.number})
        if not _possible(connection, run, happened_on):
            return Refused("bank_day_impossible")
        understood = Understood()
        if outcome == "paid":
            understood.pays(transfer, happened_on=happened_on)
        else:
            understood.fails(transfer, reason_code or "", kind="typed", happened_on=happened_on)
        _write(
            connection,
            Sent([run]),
            understood,
            Finding(
                "paid" if outcome == "paid" else "returned" if transfer.is_paid else "rejected",
                end_to_end_id=transfer.end_to_end_id,
                amount_cents=transfer.amount_cents,
                reason_code=reason_code if outcome == "failed" else None,
                happened_on=happened_on,
                run_id=run.run_id,
                remittance_id=transfer.remittance_id,
            ),
            about=f"{transfer.end_to_end_id}/{outcome}",
            by=agent,
        )
        return TransferAnswered(transfer.number, outcome, is_known=False)


def confirm_run(
    engine: Engine, period_key: str, *, happened_on: date, reference: str, by: str
) -> Run | Refused:
    """Our account was debited of all that was not rejected: exported or accepted -> paid.

    `reference` is the bank's, as it stands on the statement. A run that is paid is left alone.
    Refused: agent_unknown, agent_may_not, run_not_sent, bank_day_impossible,
    bank_reference_malformed.
    """
    reference = " ".join(reference.split())
    if not (0 < len(reference) <= LONGEST_REFERENCE and reference.isprintable()):
        return Refused("bank_reference_malformed")
    with unit_of_work(engine) as connection:
        agent = _turn_of(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is not None and run.state == "paid":
            return run
        if run is None or run.state not in ("exported", "accepted"):
            return Refused("run_not_sent", {"period": period_key})
        sent = sent_run(connection, run.run_id)
        if not _possible(connection, sent, happened_on):
            return Refused("bank_day_impossible")
        understood = Understood()
        amount_cents = sum(transfer.amount_cents for transfer in sent.outstanding)
        understood.pays_all(sent, happened_on=happened_on)
        finding = Finding(
            "paid",
            amount_cents=amount_cents,
            entry_reference=reference,
            happened_on=happened_on,
            run_id=run.run_id,
        )
        _write(connection, Sent([sent]), understood, finding, about=f"{sent.msg_id}/paid", by=agent)
        # Where every net was carried over nothing is booked, and the run is over all the same.
        settle_run(connection, run.run_id, by=agent.email, has_nothing_to_pay=not sent.transfers)
        return run_again(connection, period_key)


def reject_file(
    engine: Engine, period_key: str, *, reason_code: str, happened_on: date, by: str
) -> Run | Refused:
    """The bank refused the whole file: every transfer is owed again, and presented by the next
    attempt or run without anything else.

    Refused: agent_unknown, agent_may_not, bank_reason_unknown, bank_reason_duplicate, run_not_sent,
    run_paid_in_part, bank_day_impossible.
    """
    unfit = _unfit_reason(reason_code)
    if unfit is not None:
        return unfit
    with unit_of_work(engine) as connection:
        agent = _turn_of(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is not None and run.state == "bank_rejected":
            return run
        if run is None or run.exported_at is None:
            return Refused("run_not_sent", {"period": period_key})
        sent = sent_run(connection, run.run_id)
        if sent.was_executed:
            return Refused("run_paid_in_part", {"period": period_key})
        if not sent.outstanding:
            return Refused("run_not_sent", {"period": period_key})
        if not _possible(connection, sent, happened_on):
            return Refused("bank_day_impossible")
        understood = Understood()
        for transfer in sent.outstanding:
            understood.fails(
                transfer, reason_code, kind="typed", happened_on=happened_on, with_file=True
            )
        finding = Finding(
            "rejected",
            reason_code=reason_code,
            amount_cents=sent.total_cents,
            happened_on=happened_on,
            run_id=run.run_id,
        )
        about = f"{sent.msg_id}/rejected"
        _write(connection, Sent([sent]), understood, finding, about=about, by=agent)
        return run_again(connection, period_key)


def _unfit_reason(reason_code: str | None) -> Refused | None:
    """Why nothing can have failed for this reason, or None."""
    if reason_code not in known_reasons():
        return Refused("bank_reason_unknown", {"reason": reason_code or ""})
    if reason_code in DUPLICATES:
        # The file that was sent before may have been executed: the statement tells.
        return Refused("bank_reason_duplicate", {"reason": reason_code})
    return None


def _turn_of(connection: Connection, by: str, *roles: str) -> Agent | Refused:
    take_turn(connection)
    return agent_in_role(connection, by, *roles)


def _possible(connection: Connection, run: SentRun, happened_on: date) -> bool:
    return run.exported_on <= happened_on <= paris_today(connection)


def _write(
    connection: Connection,
    sent: Sent,
    understood: Understood,
    finding: Finding,
    *,
    about: str,
    by: Agent,
) -> None:
    """A message of our own, whose name says what it is about: the same is never written twice."""
    assert known_message(connection, "typed", about) is None, "an answer is final"
    facts = {
        "about": about,
        "by": by.actor,
        "happened_on": finding.happened_on,
        "amount_cents": finding.amount_cents,
        "reason_code": finding.reason_code,
        "reference": finding.entry_reference,
    }
    understood.findings.append(finding)
    write_down(
        connection,
        sent,
        understood,
        kind="typed",
        message_id=about,
        content=json.dumps(facts, default=str, ensure_ascii=False, sort_keys=True).encode(),
        by=by,
    )
