"""`/jeune/mes-donnees`: what is kept about somebody, all of it to take away, and its erasure.

The law: both ask for the password again. Erasing is asked twice and cannot be undone; the ledger
stays provable without a name (erase_person.py).
"""

from __future__ import annotations

import json
from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.erase_person import Erased, Whom, erase_person
from cardservice.services.export_person import count_parts, export_person
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from cardservice.wiring import mail_forgetter
from youth_portal.pages.proof import must_prove
from youth_portal.portal import MEMBERS, PREFIX, MemberVisit, route

_DATA: Final = f"{PREFIX}/mes-donnees"
_FILE: Final = "mes-donnees-cjeune.json"


def show(visit: MemberVisit) -> Response:
    """What is kept, in words and numbers."""
    with unit_of_work(visit.office.engine) as connection:
        counts = count_parts(connection, member_id=visit.signed_in.member_id)
    return visit.page("my_data/my_data.html", counts=counts)


def download(visit: MemberVisit) -> Response:
    """All of it, as a file."""
    asked = must_prove(visit, wanted=_DATA)
    if asked is not None:
        return asked
    member = visit.signed_in
    done = export_person(visit.office.engine, actor=member.actor, member_id=member.member_id)
    if isinstance(done, Refused):
        return unknown(visit)
    return Response(
        json.dumps(done.parts, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{_FILE}"'},
    )


def ask_erasure(visit: MemberVisit) -> Response:
    """Says what erasing does, before it is done."""
    asked = must_prove(visit, wanted=f"{_DATA}/effacer")
    return asked or visit.page("my_data/erase.html", form=Shown())


def erase(visit: MemberVisit) -> Response:
    """Erases, and says so on a page that needs nobody."""
    asked = must_prove(visit, wanted=f"{_DATA}/effacer")
    if asked is not None:
        return asked
    if not visit.form.checked("compris"):
        refused = Refused("erasure_not_understood")
        return visit.refused_form("my_data/erase.html", refused, field="compris")
    done = _erased(visit)
    if isinstance(done, Refused):
        # Linked in this very moment: once more, and it is known who goes.
        done = _erased(visit)
    if isinstance(done, Refused):
        refused = Refused("erasure_not_done")
        return visit.refused_form("my_data/erase.html", refused, field="")
    return visit.without_session(visit.go(f"{PREFIX}/efface"))


def _erased(visit: MemberVisit) -> Erased | Refused:
    member = visit.signed_in
    return erase_person(
        visit.office.engine,
        visit.office.keys,
        Whom(member_id=member.member_id),
        actor=member.actor,
        forget_mail=mail_forgetter(visit.office),
    )


def show_erased(visit: MemberVisit) -> Response:
    """What is left: nothing with a name."""
    return visit.page("my_data/erased.html")


ROUTES: Final = [
    route("GET", "/mes-donnees", show, roles=MEMBERS),
    route("GET", "/mes-donnees/donnees.json", download, roles=MEMBERS, heavy=True),
    route("GET", "/mes-donnees/effacer", ask_erasure, roles=MEMBERS),
    route("POST", "/mes-donnees/effacer", erase, roles=MEMBERS),
    route("GET", "/efface", show_erased, roles=None),
]
