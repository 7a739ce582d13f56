"""What passed over the counter: counters and durations for Prometheus, one log line per request.

The law: a route is named by its template and an answer by its code, so that no operation id, key,
query or body ever reaches a metric or a log. A defect becomes a problem here, once.
"""

from __future__ import annotations

import json
import logging
import time
from functools import lru_cache

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cardservice.api.credentials import TERMINAL_KEY
from cardservice.api.problems import log_defect, problem
from cardservice.api.wire import CODE_KEY

# Half of the page, and nobody asks when a counter was made.
disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Counter(
    "cjeune_http_requests",
    "Answers by route template, method, status and code (empty: a yes).",
    ("route", "method", "status", "code"),
)
SECONDS = Histogram(
    "cjeune_http_request_seconds",
    "Time from the request's head to the end of its answer.",
    ("route", "method"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("cjeune.http")


def registry() -> CollectorRegistry:
    """What /metrics prints."""
    return REGISTRY


class Traffic:
    """Counts every request of the application inside, and catches what it lets fall."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        except Exception as defect:
            log_defect(defect)
            if status == 0:
                await problem("internal_error")(scope, receive, watched)
        finally:
            _count(scope, status, time.perf_counter() - started)


def _count(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("route")
    path = "(none)" if route is None else route.path
    # A method of somebody's own making must not become a label.
    method = scope["method"] if scope["method"] in _METHODS else "(other)"
    code = scope.get(CODE_KEY, "")
    _requests(path, method, status, code).inc()
    _seconds(path, method).observe(seconds)
    if log.isEnabledFor(logging.INFO):
        log.info(
            json.dumps(
                {
                    "route": path,
                    "method": method,
                    "status": status,
                    "code": code,
                    "ms": round(seconds * 1000, 2),
                    "terminal": scope.get(TERMINAL_KEY),
                }
            )
        )


@lru_cache(maxsize=4096)
def _requests(path: str, method: str, status: int, code: str) -> Counter:
    return REQUESTS.labels(path, method, status, code)


@lru_cache(maxsize=512)
def _seconds(path: str, method: str) -> Histogram:
    return SECONDS.labels(path, method)
