"""`/jeune/justificatifs`: pictures that show who and where somebody is, for an agent to look at.

The law: the page shows how each stands and never the picture again; a file is read only for who may
send it, at an address that names its size.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.proofs import OF_WHO, asked_kinds, must_send_again, proofs_of
from cardservice.domain.refusal import Refused
from cardservice.services.send_proof import send_proof
from cardservice.webkit.forms import MalformedForm, Shown
from youth_portal.portal import KNOWN, MEMBERS, PREFIX, MemberVisit, route

_PROOFS: Final = f"{PREFIX}/justificatifs"
# A picture of eight mebibytes, and the form around it.
MOST_BYTES: Final = 8 * 1024 * 1024 + 65_536
_KIND_OF: Final = {"identite": "identity", "domicile": "residence", "scolarite": "schooling"}


def show(visit: MemberVisit) -> Response:
    """What is asked for, and how what was sent stands."""
    return visit.page("proofs/proofs.html", form=Shown(), **_facts(visit))


def send(visit: MemberVisit) -> Response:
    """Takes one picture, of the kind that its address names."""
    kind = _KIND_OF[visit.request.url.path.rpartition("/")[2]]
    done = send_proof(
        visit.office.engine,
        member_id=visit.signed_in.member_id,
        kind=kind,
        image=picture_sent(visit),
    )
    if isinstance(done, Refused):
        return visit.refused_form("proofs/proofs.html", done, field=kind, **_facts(visit))
    return visit.go(_PROOFS, said="proof_sent")


def picture_sent(visit: MemberVisit) -> bytes:
    """The file of the form; nothing when none was chosen."""
    if "image" in visit.form.fields:
        raise MalformedForm("a text where a picture belongs")
    return visit.form.files.get("image", b"")


def _facts(visit: MemberVisit) -> dict[str, Any]:
    member_id = visit.signed_in.member_id
    with unit_of_work(visit.office.engine) as connection:
        kinds = [kind for kind in asked_kinds(connection, member_id) if kind in OF_WHO]
        states = proofs_of(connection, member_id)
        again = must_send_again(connection, member_id)
    return {
        "kinds": [(path, kind) for path, kind in _KIND_OF.items() if kind in kinds],
        "states": {kind: state for kind, state in states.items() if kind in OF_WHO},
        "again": again,
    }


ROUTES: Final = [
    route("GET", "/justificatifs", show, roles=MEMBERS),
    # One address each: how large a body may be is known by the address alone (api/limits.py).
    *(
        route(
            "POST", f"/justificatifs/{name}", send, roles=KNOWN, heavy=True, most_bytes=MOST_BYTES
        )
        for name in _KIND_OF
    ),
]
