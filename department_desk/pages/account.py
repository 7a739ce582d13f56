"""« Mon compte »: who one is at the desk, and the sessions that are open in one's name.

The law: a person ends their own sessions and nobody else's; each end is in the journal.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.services.web_sessions import (
    Session,
    end_session_named,
    end_sessions,
    sessions_of,
)
from cardservice.webkit.doors import unknown
from department_desk.portal import EVERYBODY, PREFIX, SIGN_IN, AgentVisit, route

_HOME: Final = f"{PREFIX}/compte"


def show(visit: AgentVisit) -> Response:
    """The agent, and their sessions."""
    with unit_of_work(visit.office.engine) as connection:
        sessions = sessions_of(connection, agent_id=visit.signed_in.agent_id)
    return visit.page("account.html", sessions=sessions, here=_session(visit).handle)


def end_one(visit: AgentVisit) -> Response:
    """Ends one of their own sessions; 404 for any other."""
    handle = str(visit.request.path_params["handle"])
    with unit_of_work(visit.office.engine) as connection:
        found = end_session_named(connection, agent_id=visit.signed_in.agent_id, handle=handle)
        if found:
            _note_ended(visit, connection)
    if not found:
        return unknown(visit)
    if handle == _session(visit).handle:
        return visit.without_session(visit.go(SIGN_IN, said="signed_out"))
    return visit.go(_HOME, said="session_ended")


def end_others(visit: AgentVisit) -> Response:
    """Ends every session but this one."""
    with unit_of_work(visit.office.engine) as connection:
        if end_sessions(connection, agent_id=visit.signed_in.agent_id, but=_session(visit)):
            _note_ended(visit, connection)
    return visit.go(_HOME, said="sessions_ended")


def _note_ended(visit: AgentVisit, connection: Connection) -> None:
    actor = visit.signed_in.actor
    note(connection, actor=actor, action="agent.sessions_ended", subject=actor)


def _session(visit: AgentVisit) -> Session:
    assert visit.session is not None, "the door lets nobody in without one"
    return visit.session


ROUTES: Final = [
    route("GET", "/compte", show, roles=EVERYBODY),
    route("POST", "/compte/sessions", end_others, roles=EVERYBODY),
    route("POST", "/compte/sessions/{handle}", end_one, roles=EVERYBODY),
]
