"""`/jeune/flux`: tells an open page that something has changed (server-sent events), never what."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response, StreamingResponse

from youth_portal.live import LivePages
from youth_portal.portal import LINKED, MemberVisit, route


async def follow(visit: MemberVisit) -> Response:
    """`vu` is the mark that the page was drawn with. 204 tells a browser to ask no more: this
    person has enough open pages."""
    holder = visit.signed_in.beneficiary_id
    assert holder is not None, "the role says who this is"
    live: LivePages = visit.request.app.state.live
    if not live.has_room(holder):
        return Response(status_code=204)
    # A proxy that gathers bytes would make it late.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    told = live.events(holder, visit.query.text("vu"))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


ROUTES: Final = [route("GET", "/flux", follow, roles=LINKED)]
