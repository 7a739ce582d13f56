"""`/jeune/avis`: what somebody was told of, how they want to be told, and which browsers ring."""

from __future__ import annotations

import re
from datetime import time
from typing import Final

from starlette.responses import Response

from cardservice.adapters.push.seal import are_browser_keys
from cardservice.adapters.push.vapid import push_key
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.notices import (
    NOTICES_PER_PAGE,
    count_notices,
    newest_notice_id,
    notices_of,
    push_browsers_of,
)
from cardservice.domain.refusal import Refused
from cardservice.services.choose_notices import (
    NoticeChoice,
    PushAddress,
    add_push_browser,
    choose_notices,
    read_notices,
    remove_push_browser,
)
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from cardservice.webkit.leafing import page_asked, page_count
from youth_portal.portal import LINKED, PREFIX, MemberVisit, route

_NOTICES: Final = f"{PREFIX}/avis"
_HOUR: Final = re.compile(r"([01]?[0-9]|2[0-3])\s*[:hH]\s*([0-5][0-9])?")


def show(visit: MemberVisit) -> Response:
    """The newest first; being shown is being read."""
    with unit_of_work(visit.office.engine) as connection:
        # Asked first: what comes while the page is drawn is not taken for read.
        newest = newest_notice_id(connection, _beneficiary(visit))
    answer = _shown(visit)
    if newest is not None:
        read_notices(visit.office.engine, _beneficiary(visit), newest=newest)
    return answer


def choose(visit: MemberVisit) -> Response:
    """Channels and quiet hours."""
    typed = {name: visit.form.text(name) for name in ("calme_de", "calme_a")}
    hours = {name: _hour(value) for name, value in typed.items()}
    wrong = visit.portal.pages.texts["notices"]["hour_unclear"]
    errors = {name: wrong for name, value in typed.items() if value and hours[name] is None}
    if errors:
        return _shown(visit, status=422, form=Shown(typed, errors))
    done = choose_notices(
        visit.office.engine,
        visit.signed_in,
        NoticeChoice(
            in_page=visit.form.text("page") == "oui",
            by_push=visit.form.text("telephone") == "oui",
            by_mail=visit.form.text("mail") == "oui",
            quiet_from=hours["calme_de"],
            quiet_until=hours["calme_a"],
        ),
    )
    if isinstance(done, Refused):
        missing = "calme_a" if hours["calme_a"] is None else "calme_de"
        return _shown(visit, status=422, form=Shown(typed, {missing: visit.sentence_of(done)}))
    return visit.go(_NOTICES, said="notices_chosen")


def add_browser(visit: MemberVisit) -> Response:
    """What the script of this page got from the browser."""
    form = visit.form
    address = PushAddress(
        endpoint=form.text("adresse"),
        p256dh=form.text("cle"),
        auth=form.text("secret"),
        browser=browser_label(visit.request.headers.get("user-agent", "")),
        is_discreet=form.text("discret") == "oui",
    )
    done: Refused | None = Refused("push_address_unknown")
    if are_browser_keys(address.p256dh, address.auth):
        assert visit.session is not None, "whoever is signed in has a session"
        done = add_push_browser(
            visit.office.engine,
            visit.signed_in,
            address,
            hosts=visit.office.settings.push_hosts,
            session=visit.session,
        )
    if isinstance(done, Refused):
        return _shown(visit, status=422, refused=done)
    return visit.go(_NOTICES, said="browser_added")


def remove_browser(visit: MemberVisit) -> Response:
    """A telephone that shall not ring any more."""
    number = visit.request.path_params["number"]
    if not remove_push_browser(visit.office.engine, visit.signed_in, number):
        return unknown(visit)
    return visit.go(_NOTICES, said="browser_removed")


def _shown(
    visit: MemberVisit,
    *,
    status: int = 200,
    form: Shown | None = None,
    refused: Refused | None = None,
) -> Response:
    member = visit.signed_in
    with unit_of_work(visit.office.engine) as connection:
        last = page_count(count_notices(connection, _beneficiary(visit)), per_page=NOTICES_PER_PAGE)
        page = page_asked(visit.query, last=last)
        lines = notices_of(connection, _beneficiary(visit), page=page)
        browsers = push_browsers_of(connection, member.member_id)
    now = {"calme_de": _written(member.quiet_from), "calme_a": _written(member.quiet_until)}
    return visit.page(
        "notices/notices.html",
        status=status,
        lines=lines,
        page=page,
        last=last,
        browsers=browsers,
        push_key=push_key(visit.office.keys).public,
        form=form or Shown(now),
        refused=refused,
    )


def _hour(typed: str) -> time | None:
    """`22:00`, `22h`, `7 h 30`; None for nothing and for what is no hour."""
    found = _HOUR.fullmatch(typed)
    return None if found is None else time(int(found[1]), int(found[2] or 0))


def _written(hour: time | None) -> str:
    return "" if hour is None else f"{hour:%H:%M}"


def _beneficiary(visit: MemberVisit) -> int:
    beneficiary_id = visit.signed_in.beneficiary_id
    assert beneficiary_id is not None, "the role says who this is"
    return beneficiary_id


ROUTES: Final = [
    route("GET", "/avis", show, roles=LINKED),
    route("POST", "/avis/choix", choose, roles=LINKED),
    route("POST", "/avis/appareils", add_browser, roles=LINKED),
    route("POST", "/avis/appareils/{number:number}/retirer", remove_browser, roles=LINKED),
]
