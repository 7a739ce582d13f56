"""`/jeune/ma-photo`: the portrait that is shown when the card is read, and a new one (C26).

The law: only its holder sees it here; a new one is shown at a till once an agent has looked at it,
and the one before stays until then.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import text
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.proofs import proofs_of
from cardservice.domain.refusal import Refused
from cardservice.services.send_proof import send_proof
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from youth_portal.pages.my_proofs import MOST_BYTES, picture_sent
from youth_portal.portal import LINKED, PREFIX, MemberVisit, route

_PHOTO: Final = f"{PREFIX}/ma-photo"


def show(visit: MemberVisit) -> Response:
    """The photo in use and the one that waits."""
    return visit.page("proofs/photo.html", form=Shown(), **_facts(visit))


def send(visit: MemberVisit) -> Response:
    """Takes a new photo."""
    done = send_proof(
        visit.office.engine,
        member_id=visit.signed_in.member_id,
        kind="portrait",
        image=picture_sent(visit),
    )
    if isinstance(done, Refused):
        return visit.refused_form("proofs/photo.html", done, field="portrait", **_facts(visit))
    return visit.go(_PHOTO, said="photo_sent")


def show_image(visit: MemberVisit) -> Response:
    """One's own photo, as a cashier sees it."""
    image = _image(visit)
    if image is None:
        return unknown(visit)
    return Response(image, media_type="image/jpeg")


def _facts(visit: MemberVisit) -> dict[str, Any]:
    with unit_of_work(visit.office.engine) as connection:
        states = proofs_of(connection, visit.signed_in.member_id)
    return {"state": states.get("portrait"), "has_photo": _image(visit) is not None}


def _image(visit: MemberVisit) -> bytes | None:
    with unit_of_work(visit.office.engine) as connection:
        found = connection.execute(
            text("SELECT image FROM holder_photo WHERE beneficiary_id = :beneficiary_id"),
            {"beneficiary_id": visit.signed_in.beneficiary_id},
        ).scalar_one_or_none()
    return None if found is None else bytes(found)


ROUTES: Final = [
    route("GET", "/ma-photo", show, roles=LINKED),
    route("POST", "/ma-photo", send, roles=LINKED, heavy=True, most_bytes=MOST_BYTES),
    route("GET", "/ma-photo/image.jpg", show_image, roles=LINKED),
]
