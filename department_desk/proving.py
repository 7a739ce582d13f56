"""Reads a run's papers back, beside the pages: five thousand of them take minutes.

The law: a proof is the clearing house's (cent_proof.py) and is told with the instant it was made;
it is kept in this process only, because a stored proof would prove nothing. One at a time: it reads
every stored byte of a run, and tills come first.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.wiring import Office
from clearing.cent_proof import CentProof, run_proof

_log = logging.getLogger("cjeune.desk")
_one_at_a_time = threading.Lock()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Proving:
    """How far a run's proof is; `proof` and `at` when it is done, `has_failed` when it was cut."""

    done: int = 0
    remittances: int = 0
    proof: CentProof | None = None
    at: datetime | None = None
    has_failed: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.proof is None and not self.has_failed


_known: dict[int, Proving] = {}


def proving_of(run_id: int) -> Proving | None:
    """What this process knows of a run's proof; None when nobody has asked for one."""
    with _lock:
        return _known.get(run_id)


def start_proving(office: Office, run_id: int) -> None:
    """Returns at once; a proof that is under way is left alone, one that is done is made anew."""
    with _lock:
        known = _known.get(run_id)
        if known is not None and known.is_under_way:
            return
        _known[run_id] = Proving()
    name = f"proof-{run_id}"
    threading.Thread(target=_prove, args=(office, run_id), name=name, daemon=True).start()


def _prove(office: Office, run_id: int) -> None:
    def progress(done: int, remittances: int) -> None:
        with _lock:
            _known[run_id] = Proving(done, remittances)

    try:
        with _one_at_a_time, unit_of_work(office.engine) as connection:
            proof = run_proof(connection, run_id, progress=progress)
            told = Proving(proof=proof, at=ledger_instant(connection))
    except Exception:
        _log.exception("the proof of run %d stopped", run_id)
        told = Proving(has_failed=True)
    with _lock:
        _known[run_id] = told
