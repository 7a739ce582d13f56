"""The application: counters mounted over one office, opened and closed with the process.

The law: nothing is decided here; a new counter is one more list of routes. Middleware is pure ASGI,
in this order from outside: headers, traffic, size of bodies.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

import department_desk
import partner_portal
import youth_portal
from cardservice import webkit
from cardservice.api import (
    activation,
    cancellations,
    day_closes,
    debits,
    health,
    identifications,
    me,
    photos,
    tickets,
)
from cardservice.api.desk import Desk
from cardservice.api.limits import BodyLimit, SecurityHeaders
from cardservice.api.lookup_budgets import open_budgets
from cardservice.api.openapi import openapi_route
from cardservice.api.pages import page_routes
from cardservice.api.problems import HANDLERS
from cardservice.api.reading_log import ReadingLog
from cardservice.api.sightings import Sightings
from cardservice.api.traffic import Traffic
from cardservice.phone_terminal import phone_terminal_routes
from cardservice.webkit.doors import PageRoute, wrong_method
from cardservice.webkit.dress import settings_files
from cardservice.webkit.portal import Portal
from cardservice.webkit.static_files import StaticFiles
from cardservice.wiring import (
    Office,
    opened_notices,
    opened_pages,
    opened_postman,
    opened_till,
)
from department_desk.portal import PORTAL as DESK
from department_desk.routes import ROUTES as DEPARTMENT_DESK
from partner_portal.portal import PORTAL as PARTNERS
from partner_portal.routes import ROUTES as PARTNER_PORTAL
from youth_portal.live import LivePages
from youth_portal.portal import PORTAL as YOUTHS
from youth_portal.routes import ROUTES as YOUTH_PORTAL

# Routes are tried in this order: the one called most stands first.
_API = [
    *debits.ROUTES,
    *identifications.ROUTES,
    *cancellations.ROUTES,
    *tickets.ROUTES,
    *photos.ROUTES,
    *me.ROUTES,
    *day_closes.ROUTES,
    *activation.ROUTES,
]


_STATIC_FOLDERS = {
    "webkit": Path(webkit.__file__).parent / "static",
    "partenaire": Path(partner_portal.__file__).parent / "static",
    "departement": Path(department_desk.__file__).parent / "static",
    "jeune": Path(youth_portal.__file__).parent / "static",
}

# Addresses that take a file, and how large it may be.
_PORTALS: tuple[Portal[Any], ...] = (PARTNERS, YOUTHS, DESK)
_PORTAL_ROUTES: list[PageRoute[Any]] = [*PARTNER_PORTAL, *YOUTH_PORTAL, *DEPARTMENT_DESK]
_TAKE_FILES = {
    route.path: route.most_bytes for route in _PORTAL_ROUTES if route.most_bytes is not None
}

_MIDDLEWARE = [
    Middleware(SecurityHeaders),
    Middleware(Traffic),
    Middleware(BodyLimit, larger=_TAKE_FILES),
]

# FastAPI's own spans would carry paths and queries out of the house; traffic.py says what may be.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


async def _no_such_address(request: Request, failure: HTTPException) -> Response:
    """A terminal is answered with a problem; somebody at a portal's address with a page."""
    answer = await HANDLERS[HTTPException](request, failure)
    if failure.status_code != 405:
        return answer
    portal = next((one for one in _PORTALS if request.url.path.startswith(one.prefix)), None)
    if portal is None:
        return answer
    page = wrong_method(portal, request)
    page.headers["allow"] = answer.headers["allow"]
    return page


def create_app(
    office: Office, *, lanes: int = 2, origin: str | None = None, posts_mail: bool = True
) -> FastAPI:
    """The application over an open office; its till opens with the server's event loop.

    `origin` is where this process answers: what mails point at when no public address is set.
    Without `posts_mail` the letters wait for another process.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_with_it:
            till = await open_with_it.enter_async_context(opened_till(office, lanes=lanes))
            app.state.pages = await open_with_it.enter_async_context(opened_pages(office))
            if posts_mail:
                await open_with_it.enter_async_context(opened_postman(office, origin=origin))
                await open_with_it.enter_async_context(opened_notices(office))
            budgets = await run_in_threadpool(open_budgets, office.engine)
            reading_log = ReadingLog(office.engine)
            sightings = Sightings(office.engine)
            writing = [asyncio.create_task(one.run()) for one in (reading_log, sightings)]
            app.state.desk = Desk(office, till, budgets, reading_log, sightings)
            writing.append(asyncio.create_task(app.state.live.run()))
            try:
                yield
            finally:
                for task in writing:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await reading_log.flush()
                await sightings.flush()

    static = StaticFiles(_STATIC_FOLDERS, made=settings_files(office.settings))
    app = FastAPI(
        title="CJeune",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        exception_handlers=HANDLERS | {HTTPException: _no_such_address},
        middleware=_MIDDLEWARE,
    )
    app.router.routes.extend(
        [
            *_API,
            openapi_route(_API),
            *health.ROUTES,
            *page_routes(office.settings, _API),
            *static.routes(),
            *phone_terminal_routes(office.settings),
            *_PORTAL_ROUTES,
        ]
    )
    app.state.office = office
    app.state.live = LivePages(office.engine)
    app.state.static = static
    return app
