"""A page's door: who may pass, is the form ours, what happens when something breaks.

The law: in this order: session, role, form. Visitors are sent to sign in, a role that may not gets
a page that says so, a foreign object is the page's own business (404 like an unknown one). Whatever
breaks behind the door is answered by a page that helps; what is not known to have happened is never
called done. Pages that judge or keep a password pass few at a time, because they wait for each
other in threads that the till's pages need too. A page that open pages ask for by themselves, by
the hundred, is answered on the event loop: a thread that computes beside it would hold up the
debits (decision 36).
"""

from __future__ import annotations

import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic
from urllib.parse import quote, unquote

import anyio
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.group_commit import Unavailable
from cardservice.services.web_sessions import Session, end_session, session_of
from cardservice.webkit import csrf, numbers_in_addresses
from cardservice.webkit.cookies import give_visitor, session_secret, visitor_secret
from cardservice.webkit.forms import Form, MalformedForm, has_unseen, read_form, read_query
from cardservice.webkit.portal import P, Portal
from cardservice.webkit.uploads import read_upload
from cardservice.webkit.visit import Visit
from cardservice.wiring import Office

Endpoint = Callable[[Visit[P]], Response | Awaitable[Response]]
LoopEndpoint = Callable[[Visit[P], Connection], Response]
_log = logging.getLogger("cjeune.portal")

# Of forty threads; more than the hashes at once (password_hash.py), so that none of those is idle.
_SLOW_AT_ONCE = 6
_SLOW_WAIT_SECONDS = 4.0
# What works for seconds, reading papers back or writing a million lines: one after the other.
_HEAVY_AT_ONCE = 1
# Known to every address that is declared from here on.
assert numbers_in_addresses


class PageRoute(Route, Generic[P]):
    """One method on one address. `roles` None is open to visitors (sign-in, links); `slow` is a
    page that judges or keeps a password, `heavy` one that works for seconds, `on_loop` one that
    only looks, for a few milliseconds, over the AUTOCOMMIT connection that it is given;
    `most_bytes` of a page that takes a file."""

    def __init__(
        self,
        portal: Portal[P],
        method: str,
        path: str,
        endpoint: Endpoint[P] | LoopEndpoint[P],
        *,
        roles: frozenset[str] | None,
        slow: bool = False,
        heavy: bool = False,
        on_loop: bool = False,
        most_bytes: int | None = None,
    ) -> None:
        assert method in ("GET", "POST"), "browsers know two methods"
        assert most_bytes is None or roles is not None, "a stranger's file is not even read"
        assert not on_loop or (method == "GET" and roles is not None and not slow and not heavy), (
            "a page on the loop is short, waits for no body and is not a stranger's"
        )
        self.portal = portal
        self.method = method
        self.roles = roles
        self._few = (
            ("heavy", _HEAVY_AT_ONCE) if heavy else ("slow", _SLOW_AT_ONCE) if slow else None
        )
        self.most_bytes = most_bytes
        self._is_on_loop = on_loop
        self._page: Any = endpoint
        super().__init__(portal.prefix + path, self._answer, methods=[method])

    async def _answer(self, request: Request) -> Response:
        # What counters and logs name it by: the template, never the address with its secrets.
        request.scope["route"] = self
        response = await self._answered(request)
        # Redirections too: an address may hold a secret, and a cookie comes with many.
        response.headers.setdefault("cache-control", "no-store")
        return response

    async def _answered(self, request: Request) -> Response:
        office: Office = request.app.state.office
        visit = Visit(
            self.portal, request, office, visitor_secret(request), None, None, Form(), Form()
        )
        try:
            async with self._connection(request) as connection:
                visit = await self._enter(visit, connection)
                stopped = self._stopped(visit)
                if stopped is not None:
                    return stopped
                if has_unseen(unquote(request.url.path)):
                    return unknown(visit)
                response = await self._pass(visit, connection)
        except MalformedForm:
            return broken(visit, "malformed", status=400)
        except HTTPException as failure:
            if failure.status_code != 413:
                raise
            # The rest of the body is not read: the connection ends with this answer.
            return broken(visit, "too_large", status=413)
        except (Unavailable, NoConnection, DBAPIError):
            # Not decided, or not known to be: the page says so and offers to look again.
            _log.warning("unavailable on %s", self.path)
            return broken(visit, "unavailable", status=503)
        except Exception:
            _log.exception("a defect on %s", self.path)
            return broken(visit, "defect", status=500)
        if visit.session is None and "set-cookie" not in response.headers:
            give_visitor(request, response, visit.secret)
        return response

    @contextlib.asynccontextmanager
    async def _connection(self, request: Request) -> AsyncIterator[AsyncConnection | None]:
        """The one of a page on the event loop; a page in a thread opens its own, and somebody
        without a session goes no further than the door."""
        if not self._is_on_loop or session_secret(request, self.portal.realm) is None:
            yield None
            return
        pages: AsyncEngine = request.app.state.pages
        async with pages.connect() as connection:
            yield connection

    async def _enter(self, visit: Visit[P], connection: AsyncConnection | None) -> Visit[P]:
        request, portal = visit.request, self.portal
        secret = session_secret(request, portal.realm)
        session, person = None, None
        if secret is not None and connection is not None:
            session, person = await connection.run_sync(_recognised, portal, secret)
        elif secret is not None:
            session, person = await run_in_threadpool(_recognised_alone, visit, secret)
        form = Form()
        kind = request.headers.get("content-type", "")
        if self.method == "POST" and self.most_bytes is None:
            form = read_form(await request.body(), kind)
        elif self.method == "POST" and person is not None and person.role in (self.roles or ()):
            form = await run_in_threadpool(read_upload, await request.body(), kind)
        return Visit(
            portal,
            request,
            visit.office,
            visit.secret if session is None or secret is None else secret,
            session,
            person,
            form,
            read_query(request.url.query.encode()),
        )

    def _stopped(self, visit: Visit[P]) -> Response | None:
        if self.roles is not None:
            if visit.person is None:
                return visit.without_session(self._to_sign_in(visit))
            if visit.person.role not in self.roles:
                return refusal_page(visit, Refused(self.portal.role_refusal), status=403)
        if self.method == "POST" and not csrf.is_ours(
            visit.request,
            visit.office.keys,
            secret=visit.secret,
            token=visit.form.text(csrf.FIELD),
        ):
            return refusal_page(visit, Refused("form_expired"), status=403)
        return None

    def _to_sign_in(self, visit: Visit[P]) -> Response:
        wanted = visit.request.url.path
        if self.method == "POST" or wanted == self.portal.prefix:
            return RedirectResponse(self.portal.sign_in, status_code=303)
        return RedirectResponse(f"{self.portal.sign_in}?vers={quote(wanted)}", status_code=303)

    async def _pass(self, visit: Visit[P], connection: AsyncConnection | None) -> Response:
        if connection is not None:
            answered: Any = await connection.run_sync(lambda mine: self._page(visit, mine))
        elif inspect.iscoroutinefunction(self._page):
            answered = await self._page(visit)
        elif self._few is not None:
            async with _one_of_few(visit.request, *self._few):
                answered = await run_in_threadpool(self._page, visit)
        else:
            answered = await run_in_threadpool(self._page, visit)
        assert isinstance(answered, Response), "a page answers with a response"
        return answered


def unknown(visit: Visit[Any]) -> Response:
    """404: there is no such thing, or it is somebody else's; nobody learns which."""
    return broken(visit, "unknown", status=404)


def broken(visit: Visit[Any], what: str, *, status: int) -> Response:
    """A page that says what happened and what to do: unknown, malformed, too_large, wrong_method,
    unavailable, defect."""
    return visit.page("kit/broken.html", status=status, what=what, sentence=None)


def wrong_method(portal: Portal[Any], request: Request) -> Response:
    """405 for what no door of the portal answers to; nobody is recognised for it."""
    office: Office = request.app.state.office
    secret = visitor_secret(request)
    visit = Visit(portal, request, office, secret, None, None, Form(), Form())
    return broken(visit, "wrong_method", status=405)


def refusal_page(visit: Visit[Any], refused: Refused, *, status: int) -> Response:
    """A whole page for a refusal that no field of a form explains."""
    return visit.page(
        "kit/broken.html", status=status, what="refused", sentence=visit.sentence_of(refused)
    )


@contextlib.asynccontextmanager
async def _one_of_few(request: Request, kind: str, most: int) -> AsyncIterator[None]:
    """Waits on the event loop, not in a thread. Raises Unavailable in a rush."""
    state = request.app.state
    name = f"{kind}_pages"
    if not hasattr(state, name):
        setattr(state, name, anyio.CapacityLimiter(most))
    limiter: anyio.CapacityLimiter = getattr(state, name)
    with anyio.move_on_after(_SLOW_WAIT_SECONDS) as waiting:
        await limiter.acquire()
    if waiting.cancelled_caught:
        raise Unavailable
    try:
        yield
    finally:
        limiter.release()


def _recognised_alone(visit: Visit[P], secret: str) -> tuple[Session | None, P | None]:
    with unit_of_work(visit.office.engine) as connection:
        return _recognised(connection, visit.portal, secret)


def _recognised(
    connection: Connection, portal: Portal[P], secret: str
) -> tuple[Session | None, P | None]:
    session = session_of(connection, secret, realm=portal.realm)
    if session is None or session.stage != "open":
        return session, None
    person = portal.person_of(connection, session)
    if person is None:
        # Suspended, ended, removed since: the session ends with the delegation.
        end_session(connection, session)
        return None, None
    return session, person
