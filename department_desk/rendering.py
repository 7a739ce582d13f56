"""Renders a run's papers beside the pages, so that nobody waits in front of a white screen.

The law: the papers are the clearing house's (papers.py), which can be cut anywhere and run again;
this only starts them once per process, and tells nobody anything: how far they are is read from
what is stored.
"""

from __future__ import annotations

import logging
import threading

from cardservice.wiring import Office
from clearing.run.papers import complete_papers
from clearing.run.render_pool import cores

_log = logging.getLogger("cjeune.desk")
_under_way: set[int] = set()
_lock = threading.Lock()


def start_rendering(office: Office, run_id: int) -> None:
    """Returns at once; a run that is being rendered by this process is left alone."""
    with _lock:
        if run_id in _under_way:
            return
        _under_way.add(run_id)
    name = f"papers-{run_id}"
    threading.Thread(target=_render, args=(office, run_id), name=name, daemon=True).start()


def is_rendering(run_id: int) -> bool:
    """Whether this process is at it."""
    with _lock:
        return run_id in _under_way


def _render(office: Office, run_id: int) -> None:
    try:
        complete_papers(
            office.engine,
            run_id,
            keys=office.keys,
            scheme_name=office.settings.scheme_name,
            # This process also answers tills: no more than would draw at once.
            processes=cores(),
        )
    except Exception:
        # What is missing stays missing and is told on the page, where it is started again.
        _log.exception("the papers of run %d stopped", run_id)
    finally:
        with _lock:
            _under_way.discard(run_id)
