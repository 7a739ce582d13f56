"""`/jeune/compte`: a member's own address and password, where they are signed in, easy reading.

The law: somebody ends their own sessions and nobody else's; each end is in the journal.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.services.web_sessions import end_session_named, end_sessions, sessions_of
from cardservice.webkit.doors import unknown
from youth_portal.portal import MEMBERS, PREFIX, SIGN_IN, MemberVisit, route

_ACCOUNT: Final = f"{PREFIX}/compte"


def show(visit: MemberVisit) -> Response:
    """Who is signed in, and where."""
    with unit_of_work(visit.office.engine) as connection:
        sessions = sessions_of(connection, member_id=visit.signed_in.member_id)
    own_handle = "" if visit.session is None else visit.session.handle
    return visit.page("account/account.html", sessions=sessions, own_handle=own_handle)


def end_one(visit: MemberVisit) -> Response:
    """Signs one device out."""
    member = visit.signed_in
    handle = visit.request.path_params["handle"]
    with unit_of_work(visit.office.engine) as connection:
        found = end_session_named(connection, member_id=member.member_id, handle=handle)
        if found:
            note(
                connection, actor=member.actor, action="member.session_ended", subject=member.actor
            )
    if not found:
        return unknown(visit)
    if visit.session is not None and visit.session.handle == handle:
        return visit.without_session(visit.go(SIGN_IN, said="signed_out"))
    return visit.go(_ACCOUNT, said="session_ended")


def end_others(visit: MemberVisit) -> Response:
    """Signs every other device out."""
    member = visit.signed_in
    with unit_of_work(visit.office.engine) as connection:
        if end_sessions(connection, member_id=member.member_id, but=visit.session):
            note(
                connection, actor=member.actor, action="member.session_ended", subject=member.actor
            )
    return visit.go(_ACCOUNT, said="sessions_ended")


ROUTES: Final = [
    route("GET", "/compte", show, roles=MEMBERS),
    route("POST", "/compte/sessions", end_others, roles=MEMBERS),
    route("POST", "/compte/sessions/{handle}", end_one, roles=MEMBERS),
]
