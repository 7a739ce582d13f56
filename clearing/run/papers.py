"""The papers of an approved run: every remittance as PDF, CSV and page, rendered once and stored.

The law: what is stored is what everybody gets for ten years; a paper that exists is never rendered
again. One transaction per remittance, so that a cut costs one paper and a rerun makes the rest. A
paper that fails is told and leaves the others alone; nothing is released before all are there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from cardservice.adapters.paper_key import paper_key
from cardservice.db.engine import unit_of_work
from cardservice.domain.keys import Keys
from clearing.documents.renderer import NotRendered, PaperOrder, Papers, render_papers
from clearing.documents.signed_text import Sign, claim_of, signed_text
from clearing.documents.wording import say
from clearing.run.papers_state import (
    LACKING,
    PaperFailure,
    PapersProgress,
    papers_are_complete,
    papers_progress,
    papers_that_lack,
)
from clearing.run.payment_list import list_lacks, read_payment_list, render_list
from clearing.run.read_remittance import read_remittance, remittance_number
from clearing.run.render_pool import RenderProcess, renderers
from clearing.run.stored import store_documents

__all__ = [
    "PaperFailure",
    "PapersMade",
    "PapersProgress",
    "complete_papers",
    "papers_are_complete",
    "papers_progress",
    "papers_that_lack",
    "read_remittance",
    "remittance_number",
    "store_documents",
]

# Renderers of their own are worth their start from here on.
_FEW: Final = 8

_Outcomes = Generator[tuple[int, NotRendered | None], None, None]
Render = Callable[[PaperOrder], Papers | NotRendered]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PapersMade:
    """How many remittances got their papers now, and which did not."""

    made: int
    failed: tuple[PaperFailure, ...]


def complete_papers(
    engine: Engine,
    run_id: int,
    *,
    keys: Keys,
    scheme_name: str,
    remittance_id: int | None = None,
    processes: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> PapersMade:
    """Renders and stores what is missing of a run's papers, or of one remittance of it alone.

    `progress` is told (done, all) in this thread; what it raises stops the work.
    """
    with unit_of_work(engine) as connection:
        lacking = list(connection.execute(LACKING, {"run_id": run_id}).scalars())
    if remittance_id is not None:
        lacking = [one for one in lacking if one == remittance_id]
    work = _Work(engine, run_id, scheme_name, paper_key(keys).sign)
    alone = len(lacking) < _FEW and processes is None
    failed: list[PaperFailure] = []
    if remittance_id is None and (no_list := work.make_list()) is not None:
        failed.append(work.told(None, no_list))
    with closing(
        _one_by_one(work, lacking)
        if alone
        else _side_by_side(work, lacking, processes or renderers())
    ) as outcomes:
        for done, (one, failure) in enumerate(outcomes, start=1):
            if failure is not None:
                failed.append(work.told(one, failure))
            progress(done, len(lacking))
    unmade = sum(one.remittance_id is not None for one in failed)
    return PapersMade(len(lacking) - unmade, tuple(failed))


def _here(order: PaperOrder) -> Papers | NotRendered:
    try:
        return render_papers(order)
    except Exception as defect:
        return NotRendered(type(defect).__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything one paper needs but the renderer."""

    engine: Engine
    run_id: int
    scheme_name: str
    sign: Sign

    def make(self, remittance_id: int, render: Render) -> NotRendered | None:
        """Reads, renders, stores; a whole remittance or nothing of it."""
        try:
            with unit_of_work(self.engine) as connection:
                remittance = read_remittance(connection, remittance_id)
            code = signed_text(claim_of(remittance), self.sign)
        except SQLAlchemyError:
            raise
        except Exception as defect:
            return NotRendered(type(defect).__name__)
        papers = render(PaperOrder(remittance, self.scheme_name, code))
        if isinstance(papers, NotRendered):
            return papers
        with unit_of_work(self.engine) as connection:
            store_documents(connection, self.run_id, remittance_id, papers)
        return None

    def make_list(self) -> NotRendered | None:
        """The run's payment list, unless it is there; rendered while no transaction waits."""
        try:
            with unit_of_work(self.engine) as connection:
                if not list_lacks(connection, self.run_id):
                    return None
                payments = read_payment_list(connection, self.run_id)
            papers = render_list(payments, scheme_name=self.scheme_name, sign=self.sign)
        except SQLAlchemyError:
            raise
        except Exception as defect:
            return NotRendered(type(defect).__name__)
        with unit_of_work(self.engine) as connection:
            store_documents(connection, self.run_id, None, papers)
        return None

    def told(self, remittance_id: int | None, failure: NotRendered) -> PaperFailure:
        """Writes a failure down, for whoever looks without having waited."""
        with unit_of_work(self.engine) as connection:
            connection.execute(
                text(
                    "INSERT INTO paper_failure (run_id, remittance_id, reason, failed_at)"
                    " VALUES (:run_id, :remittance_id, :reason, ledger_now())"
                ),
                {
                    "run_id": self.run_id,
                    "remittance_id": remittance_id,
                    "reason": failure.reason,
                },
            )
            if remittance_id is None:
                return PaperFailure(None, "", say("payment_list.title"), failure.reason)
            row = connection.execute(
                text(
                    "SELECT m.number_year, m.number, p.trade_name FROM remittance m"
                    " JOIN partner p USING (partner_id) WHERE m.remittance_id = :remittance_id"
                ),
                {"remittance_id": remittance_id},
            ).one()
        number = remittance_number(row.number_year, row.number)
        return PaperFailure(remittance_id, number, row.trade_name, failure.reason)


def _one_by_one(work: _Work, lacking: list[int]) -> _Outcomes:
    for one in lacking:
        yield one, work.make(one, _here)


def _side_by_side(work: _Work, lacking: list[int], processes: int) -> _Outcomes:
    """A thread for each renderer; each takes the next paper when it is free."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for one in lacking:
        waiting.put(one)
    outcomes: queue.SimpleQueue[tuple[int, NotRendered | None] | BaseException] = (
        queue.SimpleQueue()
    )
    stop = threading.Event()

    def keep_rendering() -> None:
        try:
            with RenderProcess() as renderer:
                while not stop.is_set():
                    one = waiting.get_nowait()
                    outcomes.put((one, work.make(one, renderer.render)))
        except queue.Empty:
            return
        except BaseException as failure:
            outcomes.put(failure)

    threads = [
        threading.Thread(target=keep_rendering, daemon=True)
        for _ in range(min(processes, len(lacking)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in lacking:
            outcome = outcomes.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        stop.set()
        for thread in threads:
            thread.join()
