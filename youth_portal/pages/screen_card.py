"""`/jeune/carte`: the card on the screen, good for ten minutes without a network (C19).

The law: the page holds the payloads of the next twenty-one steps and no secret; it shows one at a
time. Without scripts it shows the one of now, and a link draws the next. A card that could not pay
has no screen: the page says why and what to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from cardservice.domain.refusal import Refused
from cardservice.domain.screen_code import STEP
from cardservice.services.show_screen_card import show_screen_card
from cardservice.webkit.qr_drawing import qr_svg
from youth_portal.portal import LINKED, PREFIX, MemberVisit, route

# Readers know all eight masks; seeking the best one for each of twenty-one would take a sixth of a
# second of every opening.
_MASK: Final = 3
_MILLISECOND: Final = timedelta(milliseconds=1)


def show(visit: MemberVisit) -> Response:
    """The screen, or why there is none."""
    beneficiary_id = visit.signed_in.beneficiary_id
    assert beneficiary_id is not None, "the role says who this is"
    shown = show_screen_card(visit.office.engine, visit.office.keys, beneficiary_id=beneficiary_id)
    if isinstance(shown, Refused):
        return visit.page("card/no_screen.html", code=shown.code)
    label = visit.portal.pages.texts["card"]["qr_label"]
    return visit.page(
        "card/screen.html",
        shown=shown,
        codes=[qr_svg(payload, label=label, mask=_MASK) for payload in shown.payloads],
        until=shown.at - shown.into_step + 2 * STEP,
        into_step=shown.into_step // _MILLISECOND,
        step=STEP // _MILLISECOND,
        again=f"{PREFIX}/carte",
    )


ROUTES: Final = [route("GET", "/carte", show, roles=LINKED)]
