"""Understands a pain.002: the bank has taken our file, refused it, or refused some transfers of it.

The law: « payé » is never said here. A file counts as refused only when the report says nothing
else of it, nothing of it was executed, and no reason anywhere is "you sent this before"; one that
was accepted before, only when its count or its sum is told again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from clearing.bank.finding import DUPLICATES, Finding, Understood
from clearing.bank.message import NOT_SPECIFIED, StatusReport, TransferStatus
from clearing.bank.sent import Sent, SentRun, looks_ours

_ACCEPTED: Final = frozenset(
    ("ACTC", "ACCP", "ACSP", "ACSC", "ACWC", "ACFC", "ACCC", "ACWP", "PART")
)
_PENDING: Final = frozenset(("RCVD", "PDNG"))
_REJECTED: Final = "RJCT"


def understand_report(
    report: StatusReport,
    sent: Sent,
    understood: Understood,
    *,
    created_on: date | None,
    received_on: date,
) -> None:
    """Adds what a report says to `understood`; the first finding is about the file itself."""
    run = sent.run_of_file(report.original_message)
    if run is None:
        ours = any(looks_ours(one.end_to_end_id) for one in report.transfers)
        understood.findings.append(_unmatched("other_file") if ours else Finding("not_ours"))
        return
    happened_on = run.day_of(created_on, received_on=received_on)
    place = len(understood.findings)
    whole = _whole(report, run)
    if whole is None:
        for one in report.transfers:
            understood.findings.append(_transfer(one, run, sent, understood, happened_on))
        if report.statuses:
            understood.findings.insert(place, _file(report, run, understood, happened_on))
        return
    # Those that it names have a reason of their own; the others fall with the file.
    if whole.understood == "rejected":
        for one in report.transfers:
            understood.findings.append(_transfer(one, run, sent, understood, happened_on))
        reason_code = report.reason_code or NOT_SPECIFIED
        for transfer in run.outstanding:
            understood.fails(
                transfer, reason_code, kind="pain002", happened_on=happened_on, with_file=True
            )
    understood.findings.insert(
        place,
        Finding(
            whole.understood,
            whole.remark,
            reason_code=(report.reason_code or NOT_SPECIFIED)
            if whole.understood == "rejected"
            else report.reason_code,
            amount_cents=report.total_cents,
            happened_on=happened_on,
            run_id=run.run_id,
        ),
    )


def _whole(report: StatusReport, run: SentRun) -> Finding | None:
    """What becomes of the whole file, when the report is about another one or refuses it."""
    if not _is_about(report, run):
        return _unmatched("other_file")
    if _REJECTED not in report.statuses:
        return None
    reasons = {
        *report.reason_codes,
        *(code for one in report.transfers for code in one.reason_codes),
    }
    if reasons & DUPLICATES:
        return _unmatched("duplicate_file")
    if run.was_executed:
        return _unmatched("contradicts_paid")
    said = {*report.statuses, *(one.status for one in report.transfers)}
    is_bare = report.count is None and report.total_cents is None
    if said - {None, _REJECTED} or (is_bare and run.state != "exported"):
        return _unmatched("status_unknown")
    return Finding("rejected" if run.outstanding else "already_known")


def _is_about(report: StatusReport, run: SentRun) -> bool:
    """The report names no other payment, count or sum than those of the run's file."""
    return (
        set(report.payment_ids) <= {f"{run.msg_id}-1"}
        and report.count in (None, len(run.transfers))
        and report.total_cents in (None, run.total_cents)
    )


def _file(report: StatusReport, run: SentRun, understood: Understood, happened_on: date) -> Finding:
    """The file was taken, wholly or in part, or waits."""
    statuses = set(report.statuses)
    if not statuses <= _ACCEPTED | _PENDING:
        word, remark = "unmatched", "status_unknown"
    elif statuses & _PENDING:
        word, remark = "pending", None
    elif run.state != "exported":
        word, remark = "already_known", None
    else:
        word, remark = "accepted", None
        run.state = "accepted"
        understood.accepted_run_ids.append(run.run_id)
    return Finding(
        word,
        remark,
        amount_cents=report.total_cents,
        happened_on=happened_on,
        run_id=run.run_id,
    )


def _transfer(
    one: TransferStatus, run: SentRun, sent: Sent, understood: Understood, happened_on: date
) -> Finding:
    transfer = sent.transfer(one.end_to_end_id)
    if transfer is None or transfer.run_id != run.run_id:
        return _unmatched("transfer_unknown", one, run_id=run.run_id)
    found = Finding(
        "accepted",
        end_to_end_id=one.end_to_end_id,
        amount_cents=one.amount_cents,
        reason_code=one.reason_code,
        happened_on=happened_on,
        run_id=run.run_id,
        remittance_id=transfer.remittance_id,
    )
    if one.amount_cents not in (None, transfer.amount_cents):
        return replace(found, understood="unmatched", remark="amount_differs")
    if one.status in _ACCEPTED | _PENDING:
        # Of one transfer nothing is known before it is booked or refused.
        return replace(found, understood="pending") if one.status in _PENDING else found
    if one.status != _REJECTED:
        return replace(found, understood="unmatched", remark="status_unknown")
    if transfer.is_failed:
        return replace(found, understood="already_known")
    if transfer.is_paid:
        # What our account says is stronger: if it comes back, it comes back there.
        return replace(found, understood="unmatched", remark="contradicts_paid")
    if DUPLICATES & set(one.reason_codes):
        return replace(found, understood="unmatched", remark="duplicate_file")
    reason_code = one.reason_code or NOT_SPECIFIED
    understood.fails(transfer, reason_code, kind="pain002", happened_on=happened_on)
    return replace(found, understood="rejected", reason_code=reason_code)


def _unmatched(
    remark: str, one: TransferStatus | None = None, *, run_id: int | None = None
) -> Finding:
    return Finding(
        "unmatched",
        remark,
        end_to_end_id=one.end_to_end_id if one else None,
        amount_cents=one.amount_cents if one else None,
        reason_code=one.reason_code if one else None,
        run_id=run_id,
    )
