"""`/jeune/ma-carte`: pause and resume in one tap, lost or stolen, a new card, its readings (C25).

The law: what a youth does here is effective at the next debit. Nothing here asks for a password: a
card that is gone must be cut off at once. Who paused resumes: a parent's pause is theirs.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.activation import own_card
from cardservice.db.queries.card_control import (
    READINGS_PER_PAGE,
    card_control,
    count_readings,
    readings_of,
)
from cardservice.domain.refusal import Refused
from cardservice.services.block_card import BLOCK_REASONS, block_card_of
from cardservice.services.card_state import CardChanged
from cardservice.services.pause_card import pause_card_of
from cardservice.services.replace_own_card import replace_own_card
from cardservice.services.resume_card import resume_card_of
from cardservice.webkit.forms import Shown
from cardservice.webkit.leafing import page_asked, page_count
from youth_portal.portal import LINKED, PREFIX, MemberVisit, route

_CARD: Final = f"{PREFIX}/ma-carte"
_LOST: Final = f"{_CARD}/opposition"
_NEW: Final = f"{_CARD}/nouvelle"
_REASONS: Final = {"perdue": "lost", "volee": "stolen"}
assert set(_REASONS.values()) == set(BLOCK_REASONS)


def show(visit: MemberVisit) -> Response:
    """The card, its state, and what can be done about it."""
    return _shown(visit)


def pause(visit: MemberVisit) -> Response:
    """Nothing can be paid until it is resumed."""
    member = visit.signed_in
    done = pause_card_of(
        visit.office.engine,
        beneficiary_id=_beneficiary(visit),
        actor=member.actor,
        paused_by="holder",
    )
    return _told(visit, done, said="card_paused")


def resume(visit: MemberVisit) -> Response:
    """Ends the holder's own pause."""
    member = visit.signed_in
    done = resume_card_of(
        visit.office.engine,
        beneficiary_id=_beneficiary(visit),
        actor=member.actor,
        paused_by="holder",
    )
    still = isinstance(done, CardChanged) and done.state == "paused"
    return _told(visit, done, said="card_still_paused" if still else "card_resumed")


def ask_block(visit: MemberVisit) -> Response:
    """Lost or stolen?"""
    return visit.page("card/block.html", form=Shown())


def block(visit: MemberVisit) -> Response:
    """Cuts the card off, for ever."""
    reason = _REASONS.get(visit.form.text("raison"))
    if reason is None:
        wrong = {"raison": visit.portal.pages.texts["card"]["say_how"]}
        return visit.refused_form("card/block.html", wrong)
    done = block_card_of(
        visit.office.engine,
        beneficiary_id=_beneficiary(visit),
        reason=reason,
        actor=visit.signed_in.actor,
    )
    if isinstance(done, Refused) and done.code != "card_blocked":
        return _shown(visit, refused=done)
    return visit.go(_NEW, said="card_blocked")


def ask_replacement(visit: MemberVisit) -> Response:
    """What a new card changes."""
    with unit_of_work(visit.office.engine) as connection:
        card = own_card(connection, _beneficiary(visit))
    return visit.page("card/replace.html", card=card)


def replace(visit: MemberVisit) -> Response:
    """A screen at once, a plastic later."""
    done = replace_own_card(
        visit.office.engine,
        visit.office.keys,
        beneficiary_id=_beneficiary(visit),
        serial=visit.form.text("carte"),
        actor=visit.signed_in.actor,
    )
    if isinstance(done, Refused) and done.code == "card_replaced":
        # The same form twice: what it asked for is there.
        return visit.go(_CARD, said="card_replaced")
    # A parent's pause, or the Département's, goes over to the new card.
    paused = isinstance(done, CardChanged) and done.state == "paused"
    return _told(visit, done, said="card_replaced_paused" if paused else "card_replaced")


def readings(visit: MemberVisit) -> Response:
    """Every till that has read the card, and when."""
    with unit_of_work(visit.office.engine) as connection:
        count = count_readings(connection, _beneficiary(visit))
        last = page_count(count, per_page=READINGS_PER_PAGE)
        page = page_asked(visit.query, last=last)
        lines = readings_of(connection, _beneficiary(visit), page=page)
    return visit.page("card/readings.html", lines=lines, count=count, page=page, last=last)


def _beneficiary(visit: MemberVisit) -> int:
    beneficiary_id = visit.signed_in.beneficiary_id
    assert beneficiary_id is not None, "the role says who this is"
    return beneficiary_id


def _told(visit: MemberVisit, done: CardChanged | Refused, *, said: str) -> Response:
    if isinstance(done, Refused):
        return _shown(visit, refused=done)
    return visit.go(_CARD, said=said)


def _shown(visit: MemberVisit, refused: Refused | None = None) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        card = own_card(connection, _beneficiary(visit))
        control = card_control(connection, _beneficiary(visit))
    return visit.page(
        "card/control.html",
        status=200 if refused is None else 422,
        card=card,
        control=control,
        refused=refused,
    )


ROUTES: Final = [
    route("GET", "/ma-carte", show, roles=LINKED),
    route("POST", "/ma-carte/pause", pause, roles=LINKED),
    route("POST", "/ma-carte/reprise", resume, roles=LINKED),
    route("GET", "/ma-carte/opposition", ask_block, roles=LINKED),
    route("POST", "/ma-carte/opposition", block, roles=LINKED),
    route("GET", "/ma-carte/nouvelle", ask_replacement, roles=LINKED),
    route("POST", "/ma-carte/nouvelle", replace, roles=LINKED),
    route("GET", "/ma-carte/lectures", readings, roles=LINKED),
]
