"""`/sessions`: who is at the desk now, and when each agent was last there; for the administrator.

The law: an administrator ends anybody's session and sees no secret; each end is in the journal.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agent_sessions import agents_seen, open_agent_sessions
from cardservice.db.queries.journal import note
from cardservice.services.web_sessions import IDLE, OLDEST, end_session_named
from cardservice.webkit.doors import unknown
from department_desk.portal import ADMINISTRATOR, PREFIX, SIGN_IN, AgentVisit, route


def show(visit: AgentVisit) -> Response:
    """Open sessions, then every agent."""
    with unit_of_work(visit.office.engine) as connection:
        sessions = open_agent_sessions(connection, idle=IDLE, oldest=OLDEST)
        agents = agents_seen(connection)
    here = "" if visit.session is None else visit.session.handle
    return visit.page("sessions.html", sessions=sessions, agents=agents, here=here)


def end(visit: AgentVisit) -> Response:
    """Ends a session of the agent of the address."""
    place = visit.request.path_params
    with unit_of_work(visit.office.engine) as connection:
        found = end_session_named(connection, agent_id=place["agent_id"], handle=place["handle"])
        if found:
            note(
                connection,
                actor=visit.signed_in.actor,
                action="agent.session_ended",
                subject=f"agent:{place['agent_id']}",
            )
    if not found:
        return unknown(visit)
    if visit.session is not None and visit.session.handle == place["handle"]:
        return visit.without_session(visit.go(SIGN_IN, said="signed_out"))
    return visit.go(f"{PREFIX}/sessions", said="agent_session_ended")


ROUTES: Final = [
    route("GET", "/sessions", show, roles=ADMINISTRATOR),
    route("POST", "/sessions/{agent_id:number}/{handle}", end, roles=ADMINISTRATOR),
]
