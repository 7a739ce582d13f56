"""Papers survive their makers: renderers and parents killed for real, at every step (issue 5, 7).

The law: a remittance has all its papers or none; a rerun makes the rest, byte for byte the same.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cardservice.adapters.paper_key import paper_key
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import document_of
from cardservice.domain.refusal import Refused
from cardservice.wiring import Office
from clearing.documents.renderer import NotRendered, PaperOrder, render_papers
from clearing.documents.signed_text import claim_of, signed_text
from clearing.run.papers import (
    PapersMade,
    complete_papers,
    papers_are_complete,
    papers_progress,
    papers_that_lack,
)
from clearing.run.read_remittance import read_remittance
from clearing.run.render_pool import RenderProcess
from clearing.run.show import show_run
from tests import makers
from tests.clearing.story import PERIOD, Fortnight, make_fortnight
from tests.clearing.test_documents_verify import STORY
from tests.ledger.straight import at_once

SCHEME = "CJeune de Provence"
PARTNERS = 5
KINDS = ["csv", "html", "pdf", "signature"]
ROOT = Path(__file__).parents[2]

# Renders a run's papers and dies at the given step of the given paper.
DYING = """
import os, signal, sys
from pathlib import Path
import psutil
from cardservice.adapters.keys import load_keys
from cardservice.db.engine import make_engine
from clearing.run import papers

url, secret, run_id, step, at = sys.argv[1:]
calls = 0

def die_at(name):
    global calls
    calls += name == step
    if name == step and calls == int(at):
        print(*[child.pid for child in psutil.Process().children(recursive=True)], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

def before(name, function):
    def wrapped(*arguments, **options):
        die_at(name)
        return function(*arguments, **options)
    return wrapped

def after(name, function):
    def wrapped(*arguments, **options):
        answer = function(*arguments, **options)
        die_at(name)
        return answer
    return wrapped

papers.read_remittance = before("read", papers.read_remittance)
papers.store_documents = after("stored", before("store", papers.store_documents))
papers.complete_papers(
    make_engine(url, serving=False), int(run_id), keys=load_keys(Path(secret)),
    scheme_name="CJeune de Provence", processes=2,
    progress=lambda done, all: die_at("progress"),
)
"""


@pytest.fixture
def approved(office: Office) -> Fortnight:
    """Five partners, approved, without any paper yet."""
    fortnight = make_fortnight(office)
    for number in range(1, PARTNERS):
        fortnight.add_partner(iban=makers.OTHER_IBAN if number % 2 else makers.IBAN)
    for number in range(PARTNERS):
        fortnight.sell(1000 + number, at=number)
    fortnight.end()
    for step in (fortnight.draft, fortnight.submit, fortnight.approve):
        assert refused(step()) is None
    return fortnight


def refused(done: object) -> str | None:
    return done.code if isinstance(done, Refused) else None


def make(
    fortnight: Fortnight, *, remittance_id: int | None = None, processes: int = 2
) -> PapersMade:
    return complete_papers(
        fortnight.office.engine,
        fortnight.run().run_id,
        keys=fortnight.office.keys,
        scheme_name=SCHEME,
        remittance_id=remittance_id,
        processes=processes,
    )


def papers_of(fortnight: Fortnight) -> dict[int, dict[str, bytes]]:
    found: dict[int, dict[str, bytes]] = {}
    for row in fortnight.rows(
        "SELECT remittance_id, kind, content FROM document WHERE remittance_id IS NOT NULL"
        " ORDER BY 1, 2"
    ):
        found.setdefault(row.remittance_id, {})[row.kind] = bytes(row.content)
    return found


def as_they_must_be(fortnight: Fortnight) -> dict[int, dict[str, bytes]]:
    """Rendered in this process, one after the other."""
    sign = paper_key(fortnight.office.keys).sign
    found = {}
    for row in fortnight.rows("SELECT remittance_id FROM remittance ORDER BY 1"):
        with unit_of_work(fortnight.office.engine) as connection:
            remittance = read_remittance(connection, row.remittance_id)
        code = signed_text(claim_of(remittance), sign)
        found[row.remittance_id] = render_papers(PaperOrder(remittance, SCHEME, code))
    return found


@pytest.mark.parametrize(
    ("step", "at"),
    [("read", 1), ("read", 3), ("store", 1), ("store", 2), ("store", 4), ("store", 6),
     ("stored", 1), ("stored", 3), ("stored", 6),
     ("progress", 1), ("progress", 2), ("progress", 5)],
)  # fmt: skip
def test_a_killed_parent_leaves_whole_papers_and_no_process_behind(
    approved: Fortnight, step: str, at: int
) -> None:
    office = approved.office
    secret = office.settings.secret_file or office.settings.data_dir / "master.key"
    run_id = approved.run().run_id
    dead = subprocess.run(
        [sys.executable, "-c", DYING, office.database_url, secret, str(run_id), step, str(at)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    orphans = [
        psutil.Process(int(pid)) for pid in dead.stdout.split() if psutil.pid_exists(int(pid))
    ]
    _gone, alive = psutil.wait_procs(orphans, timeout=20)
    assert not alive, "a renderer outlived the one who asked"

    assert all(sorted(papers) == KINDS for papers in papers_of(approved).values())
    before = papers_of(approved)
    assert refused(approved.export()) == "papers_missing" or len(before) == PARTNERS

    made = make(approved)
    assert made == PapersMade(PARTNERS - len(before), ())
    assert papers_of(approved) == as_they_must_be(approved)
    assert before.items() <= papers_of(approved).items()
    assert refused(approved.export()) is None


def test_a_killed_renderer_costs_no_paper(approved: Fortnight) -> None:
    killed = []

    def kill_one(done: int, _all: int) -> None:
        for child in psutil.Process().children():
            if not killed and "clearing.documents.renderer" in " ".join(child.cmdline()):
                child.send_signal(signal.SIGKILL)
                killed.append(child.pid)

    made = complete_papers(
        approved.office.engine,
        approved.run().run_id,
        keys=approved.office.keys,
        scheme_name=SCHEME,
        processes=2,
        progress=kill_one,
    )
    assert killed and made == PapersMade(PARTNERS, ())
    assert papers_of(approved) == as_they_must_be(approved)


def test_a_renderer_that_hangs_is_given_up_and_told() -> None:
    order = PaperOrder(STORY, SCHEME, signed_text(claim_of(STORY), lambda _message: bytes(64)))
    with RenderProcess(longest_seconds=0.01) as renderer:
        assert renderer.render(order) == NotRendered("renderer_died")
    with RenderProcess() as renderer:
        assert renderer.render(order) == render_papers(order)


def test_one_partners_failure_is_told_and_stops_nobody_else(approved: Fortnight) -> None:
    broken = approved.rows("SELECT remittance_id FROM remittance ORDER BY 1")[2].remittance_id
    # What no paper can say: a correction of nothing.
    approved.meddle(
        "UPDATE remittance_line SET nature = 'reversal' WHERE remittance_id = %s", broken
    )
    made = make(approved)
    assert made.made == PARTNERS - 1
    assert [(one.remittance_id, one.reason) for one in made.failed] == [(broken, "AssertionError")]
    run_id = approved.run().run_id
    with unit_of_work(approved.office.engine) as connection:
        told = papers_progress(connection, run_id)
        assert (told.remittances, told.made, told.failed) == (PARTNERS, PARTNERS - 1, 1)
        assert not told.is_complete
        (lacking,) = papers_that_lack(connection, run_id)
        assert not papers_are_complete(connection, run_id)
    assert (lacking.remittance_id, lacking.number) == (broken, "BR-2026-000003")
    assert lacking.reason == "AssertionError" and lacking.failed_at is not None
    assert refused(approved.export()) == "papers_missing"

    approved.meddle("UPDATE remittance_line SET nature = 'debit' WHERE remittance_id = %s", broken)
    assert make(approved, remittance_id=broken) == PapersMade(1, ())
    assert papers_of(approved) == as_they_must_be(approved)
    assert refused(approved.export()) is None


def test_a_payment_list_that_fails_is_told_and_stops_no_bordereau(approved: Fortnight) -> None:
    holder, *_ = approved.rows("SELECT remittance_id, holder_name FROM remittance ORDER BY 1")
    named = "UPDATE remittance SET holder_name = %s WHERE remittance_id = %s"
    approved.meddle(named, None, holder.remittance_id)
    made = make(approved)
    assert made.made == PARTNERS
    assert [one.remittance_id for one in made.failed] == [None]
    with unit_of_work(approved.office.engine) as connection:
        (told,) = papers_that_lack(connection, approved.run().run_id)
    assert told.remittance_id is None and told.reason == made.failed[0].reason
    assert refused(approved.export()) == "papers_missing"

    approved.meddle(named, holder.holder_name, holder.remittance_id)
    assert make(approved) == PapersMade(0, ())
    assert refused(approved.export()) is None


def test_no_paper_is_out_before_all_are_there(approved: Fortnight) -> None:
    first, *_ = approved.rows("SELECT remittance_id FROM remittance ORDER BY 1")
    make(approved, remittance_id=first.remittance_id)
    with unit_of_work(approved.office.engine) as connection:
        assert document_of(connection, first.remittance_id, "pdf") is None
    make(approved)
    with unit_of_work(approved.office.engine) as connection:
        assert document_of(connection, first.remittance_id, "pdf") is not None


def test_two_makers_at_once_store_each_paper_once(approved: Fortnight) -> None:
    done = at_once([lambda: make(approved)] * 2)
    assert all(isinstance(one, PapersMade) and not one.failed for one in done)
    assert papers_of(approved) == as_they_must_be(approved)
    assert len(approved.rows("SELECT 1 FROM document WHERE remittance_id IS NULL")) == 2
    shown = show_run(approved.office.engine, PERIOD)
    assert shown is not None and shown["state"] == "approved"


def test_no_renderer_is_left_when_the_work_is_done(approved: Fortnight) -> None:
    make(approved)
    left = [one for one in psutil.Process().children() if "renderer" in " ".join(one.cmdline())]
    assert left == []
