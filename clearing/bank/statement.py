"""Understands a camt.053 or camt.054: our account was debited, or a transfer came back to it.

The law: a run is paid by a debit of exactly what was not rejected, to the cent; a transfer comes
back whole. Anything else that bears our names is shown to a person and changes nothing. Debits are
read before returns, whatever their order in the file.
"""

from __future__ import annotations

from datetime import date

from clearing.bank.finding import Finding, Understood
from clearing.bank.known_entries import KnownEntries
from clearing.bank.message import NOT_SPECIFIED, EntryDetail, StatementEntry
from clearing.bank.sent import Sent, SentRun, SentTransfer, looks_ours


class Statement:
    """One message while it is understood: `kind` is camt053 or camt054."""

    def __init__(
        self,
        sent: Sent,
        understood: Understood,
        known: KnownEntries,
        *,
        kind: str,
        received_on: date,
    ) -> None:
        self.sent = sent
        self.understood = understood
        self.known = known
        self.kind = kind
        self.received_on = received_on
        self._come_back: set[int] = set()

    def read(self, entries: tuple[StatementEntry, ...]) -> None:
        """Adds a finding for each debit, one for each transfer that came back, and the answers."""
        self._come_back = {
            transfer.remittance_id
            for entry in entries
            if entry.is_credit and entry.is_booked
            for one in entry.details
            if (transfer := self.sent.transfer(one.end_to_end_id)) is not None
        }
        found: dict[int, list[Finding]] = {}
        for place in sorted(range(len(entries)), key=lambda place: entries[place].is_credit):
            found[place] = self._entry(entries[place])
        for place in range(len(entries)):
            self.understood.findings += found[place]

    def _entry(self, entry: StatementEntry) -> list[Finding]:
        runs = self.sent.runs_named(entry.file_ids)
        run = runs[0] if len(runs) == 1 else None
        if not runs and not any(looks_ours(one.end_to_end_id) for one in entry.details):
            # Somebody else's affair: of that nothing is kept but that it was there.
            return [Finding("not_ours")]
        if not entry.is_booked:
            return [self._finding("pending", entry, run)]
        if entry.currency != "EUR":
            return [self._finding("unmatched", entry, run, remark="currency")]
        if entry.is_reversal:
            return [self._finding("unmatched", entry, run, remark="reversal")]
        if entry.is_credit:
            return self._credit(entry, run)
        return [self._debit(entry, run)]

    # -- our account was debited -------------------------------------------------------------------

    def _debit(self, entry: StatementEntry, run: SentRun | None) -> Finding:
        transfers = self._transfers_that_make(entry)
        if transfers and (run is None or len(transfers) == 1):
            return self._debit_of_transfers(entry, transfers)
        if run is None:
            return self._finding("unmatched", entry, None, remark="transfer_unknown")
        return self._debit_of_run(entry, run)

    def _transfers_that_make(self, entry: StatementEntry) -> list[SentTransfer]:
        """The transfers of one run that an entry names, when they and nothing else make it."""
        found = []
        for one in entry.details:
            transfer = self.sent.transfer(one.end_to_end_id)
            if transfer is None or one.amount_cents not in (None, transfer.amount_cents):
                return []
            found.append(transfer)
        is_whole = sum(transfer.amount_cents for transfer in found) == entry.amount_cents
        is_once = len({one.remittance_id for one in found}) == len(found)
        return found if is_whole and is_once and len({one.run_id for one in found}) == 1 else []

    def _debit_of_run(self, entry: StatementEntry, run: SentRun) -> Finding:
        if self._is_another(entry, run.run_id, None, amount_cents=entry.amount_cents):
            return self._finding("unmatched", entry, run, remark="second_entry")
        remark = self._contradiction(entry, run)
        if remark is not None:
            return self._finding("unmatched", entry, run, remark=remark)
        self._remember(entry, run.run_id, None, amount_cents=entry.amount_cents)
        if not run.outstanding:
            return self._finding("already_known", entry, run)
        self.understood.pays_all(run, happened_on=self._day(entry, run))
        return self._finding("paid", entry, run)

    def _contradiction(self, entry: StatementEntry, run: SentRun) -> str | None:
        """Why an entry is not the debit of what this run still stands for, or None."""
        for one in entry.details:
            transfer = self.sent.transfer(one.end_to_end_id)
            if transfer is None and not looks_ours(one.end_to_end_id):
                continue
            if transfer is None or transfer.run_id != run.run_id:
                return "transfer_unknown"
            if one.amount_cents not in (None, transfer.amount_cents):
                return "amount_differs"
        apart = self.known.told_apart(run.run_id, is_credit=False, kind=self.kind)
        lacks = entry.amount_cents - run.sum_to_be_debited(without=apart)
        if not lacks:
            return None
        typed = run.typed_failures
        if lacks != sum(one.amount_cents for one in typed):
            return "total_differs"
        # Debited, says the account, and failed, says a person: it must also have come back.
        back = self._come_back | self.known.told_apart(run.run_id, is_credit=True)
        is_back = all(one.remittance_id in back for one in typed)
        return None if is_back else "contradicts_failed"

    def _debit_of_transfers(self, entry: StatementEntry, transfers: list[SentTransfer]) -> Finding:
        run = self.sent.runs[transfers[0].run_id]
        alone = transfers[0] if len(transfers) == 1 else None
        about = alone.remittance_id if alone else None
        if self._is_another(entry, run.run_id, about, amount_cents=entry.amount_cents):
            return self._finding("unmatched", entry, run, alone, remark="second_entry")
        if any(transfer.is_failed and not transfer.is_paid for transfer in transfers):
            return self._finding("unmatched", entry, run, alone, remark="contradicts_failed")
        self._remember(entry, run.run_id, about, amount_cents=entry.amount_cents)
        unpaid = [transfer for transfer in transfers if not transfer.is_paid]
        for transfer in unpaid:
            self.understood.pays(transfer, happened_on=self._day(entry, run))
        return self._finding("paid" if unpaid else "already_known", entry, run, alone)

    # -- a transfer came back ----------------------------------------------------------------------

    def _credit(self, entry: StatementEntry, run: SentRun | None) -> list[Finding]:
        if not any(looks_ours(one.end_to_end_id) for one in entry.details):
            # Money for a whole file, and no transfer named.
            return [self._finding("unmatched", entry, run, remark="transfer_unknown")]
        alone = len(entry.details) == 1
        if not alone:
            total = sum(one.amount_cents or 0 for one in entry.details)
            if total != entry.amount_cents:
                return [self._finding("unmatched", entry, run, remark="total_differs")]
        return [self._return(entry, one, alone=alone) for one in entry.details]

    def _return(self, entry: StatementEntry, one: EntryDetail, *, alone: bool) -> Finding:
        transfer = self.sent.transfer(one.end_to_end_id)
        if transfer is None:
            if not looks_ours(one.end_to_end_id):
                return Finding("not_ours")
            return self._finding("unmatched", entry, None, one=one, remark="transfer_unknown")
        run, about = self.sent.runs[transfer.run_id], transfer.remittance_id
        amounts = {one.amount_cents, entry.amount_cents} if alone else {one.amount_cents}
        if amounts - {None} != {transfer.amount_cents}:
            return self._finding(
                "unmatched", entry, run, transfer, one=one, remark="amount_differs"
            )
        if self._is_another(entry, run.run_id, about, amount_cents=transfer.amount_cents):
            return self._finding("unmatched", entry, run, transfer, one=one, remark="second_entry")
        self._remember(entry, run.run_id, about, amount_cents=transfer.amount_cents)
        if transfer.is_failed:
            return self._finding("already_known", entry, run, transfer, one=one)
        reason_code = one.reason_code or NOT_SPECIFIED
        happened_on = self._day(entry, run)
        self.understood.fails(transfer, reason_code, kind=self.kind, happened_on=happened_on)
        return self._finding("returned", entry, run, transfer, one=one, reason_code=reason_code)

    # -- what is written down ----------------------------------------------------------------------

    def _is_another(
        self, entry: StatementEntry, run_id: int, about: int | None, *, amount_cents: int
    ) -> bool:
        return self.known.is_another(
            run_id,
            about,
            is_credit=entry.is_credit,
            kind=self.kind,
            reference=entry.reference,
            amount_cents=amount_cents,
        )

    def _remember(
        self, entry: StatementEntry, run_id: int, about: int | None, *, amount_cents: int
    ) -> None:
        self.known.remember(
            run_id,
            about,
            is_credit=entry.is_credit,
            kind=self.kind,
            reference=entry.reference,
            amount_cents=amount_cents,
        )

    def _day(self, entry: StatementEntry, run: SentRun | None) -> date:
        if run is None:
            return self.received_on
        return run.day_of(entry.booked_on, received_on=self.received_on)

    def _finding(
        self,
        understood: str,
        entry: StatementEntry,
        run: SentRun | None,
        transfer: SentTransfer | None = None,
        *,
        one: EntryDetail | None = None,
        reason_code: str | None = None,
        remark: str | None = None,
    ) -> Finding:
        named = one.end_to_end_id if one else transfer.end_to_end_id if transfer else None
        detail_cents = one.amount_cents if one else None
        return Finding(
            understood,
            remark,
            end_to_end_id=named,
            amount_cents=entry.amount_cents if detail_cents is None else detail_cents,
            reason_code=reason_code or (one.reason_code if one else None),
            entry_reference=entry.reference,
            is_credit=entry.is_credit,
            happened_on=self._day(entry, run),
            run_id=run.run_id if run else None,
            remittance_id=transfer.remittance_id if transfer else None,
        )
