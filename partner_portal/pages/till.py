"""« Effectuer une transaction »: where one stands, and the card that is read (C26, C55, C77).

The law: the code of a card arrives in a form, opens an identification and is forgotten: it stands
in no address and in no page. Readings that find nothing have the budgets of every terminal.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cardservice.api.answers import declined_body
from cardservice.api.photos import photo_url
from cardservice.api.sentences import problem_texts
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.identification import read_identification
from cardservice.ledger.group_commit import Unavailable
from cardservice.services.acting_delegate import TILL_ROLES
from cardservice.services.identify_card import Identified, NotIdentified, identify_card
from cardservice.services.recall_holder import recall_holder
from cardservice.services.web_sessions import stand_at_till
from cardservice.webkit.doors import unknown
from partner_portal.pages.till_desk import (
    TILL,
    Standing,
    not_selling,
    revoked,
    standing,
    till_page,
)
from partner_portal.pages.till_reading import LONGEST, meant_by
from partner_portal.portal import PartnerVisit, route

_PHOTOS = "/api/v1/photos"


async def show(visit: PartnerVisit) -> Response:
    """The till, ready for a card."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    return not_selling(visit, at) or await ready(visit, at)


def choose(visit: PartnerVisit) -> Response:
    """Which outlet's till? Asked once per session, where there are several."""
    return visit.page("till/outlet.html", at=None, day=None)


def stand(visit: PartnerVisit) -> Response:
    """Stands at the till of one of the person's own outlets."""
    wanted = visit.form.text("point_de_vente")
    # Nothing longer is a key of ours, and a bigint would not hold it.
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    outlet = visit.signed_in.outlet(number)
    if outlet is None:
        return unknown(visit)
    assert visit.session is not None, "whoever is signed in has a session"
    with unit_of_work(visit.office.engine) as connection:
        stand_at_till(connection, visit.session, outlet.outlet_id)
    return visit.go(TILL)


async def read(visit: PartnerVisit) -> Response:
    """Reads a card: its holder, or why it cannot pay."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    stopped = not_selling(visit, at)
    if stopped is not None:
        return stopped
    reading = visit.form.text("code_carte")
    if not 0 < len(reading) <= LONGEST:
        return await ready(visit, at, wrong="empty" if not reading else "long", status=422)
    if _seconds_to_wait(visit, at):
        return await _too_many(visit, at)
    try:
        found = await _first_known(at, meant_by(reading))
    except (Unavailable, NoConnection, DBAPIError):
        return visit.page("till/ready.html", status=503, at=at, day=None, declined=None,
                          wrong="unavailable")  # fmt: skip
    if found is None:
        return revoked(visit)
    return await _told(visit, at, found)


async def show_photo_again(visit: PartnerVisit) -> Response:
    """The photo for one more minute; asking for it is a reading, and a line of the journal."""
    at = await standing(visit)
    if isinstance(at, Response):
        return at
    identification = visit.form.text("identification")
    holder = await run_in_threadpool(
        recall_holder,
        visit.office.engine,
        visit.office.keys,
        terminal=at.terminal,
        identification=identification,
    )
    if holder is None:
        return await ready(visit, at, declined="identification_expired")
    at.desk.reading_log.note(card_id=holder.card_id, terminal_id=at.terminal.terminal_id)
    await run_in_threadpool(_note_photo, visit, at, holder.card_id)
    token = holder.photo_token
    return await till_page(
        visit,
        at,
        "identity.html",
        holder=holder,
        photo=None if token is None else f"{_PHOTOS}/{token}",
        identification=identification,
        operation=visit.form.text("operation"),
    )


async def ready(
    visit: PartnerVisit,
    at: Standing,
    *,
    declined: str | None = None,
    wrong: str | None = None,
    status: int = 200,
) -> Response:
    """The field for a card; above it why the last one cannot pay."""
    told = None if declined is None else declined_body(declined)
    return await till_page(visit, at, "ready.html", status=status, declined=told, wrong=wrong)


async def _first_known(at: Standing, codes: list[str]) -> Identified | NotIdentified | None:
    """Two spellings may both hold: the one that names a card is meant."""
    found: Identified | NotIdentified | None = None
    for code in codes:
        found = await identify_card(at.desk.till, key_hash=at.key_hash, reading=code)
        if found is None or found.card_id is not None:
            break
    return found


async def _told(visit: PartnerVisit, at: Standing, found: Identified | NotIdentified) -> Response:
    if found.card_id is not None:
        at.desk.reading_log.note(card_id=found.card_id, terminal_id=found.terminal.terminal_id)
    if isinstance(found, NotIdentified):
        if found.card_id is None:
            # Asked once more: readings sent all at once must not get past the budget together.
            if _seconds_to_wait(visit, at):
                return await _too_many(visit, at)
            at.desk.budgets.record_miss(found.terminal, visit.address)
        return await ready(visit, at, declined=found.code)
    if not found.wallets:
        read_back = read_identification(visit.office.keys, found.identification)
        has_wallets = read_back is not None and read_back.holder_has_wallets
        code = "wallet_not_accepted" if has_wallets else "holder_has_no_wallets"
        return await ready(visit, at, declined=code)
    return await till_page(
        visit,
        at,
        "identity.html",
        holder=found,
        photo=photo_url(visit.office.keys, found),
        identification=found.identification,
        # Made here and kept through every step: posting the end twice is one debit.
        operation=str(uuid4()),
    )


def _seconds_to_wait(visit: PartnerVisit, at: Standing) -> int:
    return at.desk.budgets.seconds_to_wait(at.terminal, visit.address)


async def _too_many(visit: PartnerVisit, at: Standing) -> Response:
    seconds = max(1, _seconds_to_wait(visit, at))
    answer = await till_page(
        visit,
        at,
        "ready.html",
        status=429,
        declined=None,
        wrong="too_many",
        told=problem_texts("too_many_lookups"),
        minutes=-(-seconds // 60),
    )
    answer.headers["retry-after"] = str(seconds)
    return answer


def _note_photo(visit: PartnerVisit, at: Standing, card_id: int) -> None:
    with unit_of_work(visit.office.engine) as connection:
        note(
            connection,
            actor=visit.signed_in.actor,
            action="photo.again",
            subject=f"card:{card_id}",
            partner_id=at.terminal.partner_id,
            outlet_id=at.outlet.outlet_id,
            terminal_id=at.terminal.terminal_id,
        )


ROUTES = [
    route("GET", "/caisse", show, roles=TILL_ROLES),
    route("GET", "/caisse/point-de-vente", choose, roles=TILL_ROLES),
    route("POST", "/caisse/point-de-vente", stand, roles=TILL_ROLES),
    route("POST", "/caisse/lecture", read, roles=TILL_ROLES),
    route("POST", "/caisse/photo", show_photo_again, roles=TILL_ROLES),
]
