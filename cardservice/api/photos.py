"""`GET /photos/{token}`: the photo that a till shows for a minute after an identification.

It asks for no key, because an image of a page cannot present one: the address is the permission.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.contract import PHOTO
from cardservice.api.desk import desk_of
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import problem
from cardservice.api.wire import Answer
from cardservice.domain.keys import Keys
from cardservice.services.identify_card import VALID_FOR, Identified
from cardservice.services.show_photo import VISIBLE_FOR, show_photo, sign_photo_token

_PATH = "/api/v1/photos"


def photo_url(keys: Keys, found: Identified) -> str | None:
    """The signed address of a holder's photo, or None without one."""
    if not found.has_photo:
        return None
    until = found.expires_at - VALID_FOR + VISIBLE_FOR
    return f"{_PATH}/{sign_photo_token(keys, beneficiary_id=found.beneficiary_id, until=until)}"


async def show(request: Request) -> Response:
    """The image, or the same 404 for a forged, an old and an empty address."""
    desk = desk_of(request)
    image = await run_in_threadpool(
        show_photo, desk.office.engine, desk.till.keys, token=request.path_params["token"]
    )
    if image is None:
        return problem("not_found")
    return Answer(image, media_type=b"image/jpeg")


ROUTES = [LeanRoute("GET", f"{_PATH}/{{token}}", show, openapi=PHOTO)]
