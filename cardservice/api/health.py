"""Is the process alive, can it work, and what has it done? For machines, outside the API.

The law: no key, no personal data, nothing that a stranger could use; readiness is answered within
a second, because a proxy decides by it.
"""

from __future__ import annotations

import logging
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.desk import desk_of
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import problem
from cardservice.api.traffic import registry
from cardservice.api.wire import Answer, said
from cardservice.db.engine import unit_of_work

_READY_WITHIN_SECONDS = 1.0

log = logging.getLogger("cjeune.health")


async def alive(_request: Request) -> Response:
    """The process answers."""
    return said({"status": "alive"})


async def ready(request: Request) -> Response:
    """The database answers too."""
    desk = desk_of(request)
    try:
        with anyio.fail_after(_READY_WITHIN_SECONDS):
            await to_thread.run_sync(
                partial(_ask, desk.office.engine),
                # The thread of a database that hangs is left behind; two of them at most.
                abandon_on_cancel=True,
                limiter=_limiter(request),
            )
    except Exception as failure:
        log.warning("not ready: %s", type(failure).__name__)
        return problem("unavailable", retry_after=1)
    return said({"status": "ready"})


async def metrics(_request: Request) -> Response:
    """Prometheus reads this."""
    page = await run_in_threadpool(generate_latest, registry())
    return Answer(page, media_type=CONTENT_TYPE_LATEST.encode())


def _ask(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        connection.execute(text("SELECT first_open_day FROM open_day")).one()


def _limiter(request: Request) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "readiness_limiter"):
        state.readiness_limiter = CapacityLimiter(2)
    limiter: CapacityLimiter = state.readiness_limiter
    return limiter


ROUTES = [
    LeanRoute("GET", "/healthz", alive),
    LeanRoute("GET", "/readyz", ready),
    LeanRoute("GET", "/metrics", metrics),
]
