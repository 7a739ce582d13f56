"""« Mes délégués »: who acts for the partner, and the end or pause of one of them (C33, C36).

The law: only the lead comes here; a delegate of somebody else is answered like an unknown one. What
cannot be taken back lightly asks on a page of its own first, with or without scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.delegates import ListedDelegate, delegate_of, delegates_of, passes_of
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import LEAD
from cardservice.services.invite_again import invite_again
from cardservice.services.remove_delegate import remove_delegate
from cardservice.services.resume_delegate import resume_delegate
from cardservice.services.suspend_delegate import suspend_delegate
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Shown
from partner_portal.portal import PREFIX, PartnerVisit, route

DELEGATES: Final = f"{PREFIX}/delegues"
_GROUPS: Final = ("active", "invited", "suspended", "ended")
# PostgreSQL's bigint; 0 is nobody's number.
_LARGEST_ID: Final = 2**63 - 1

Page = Callable[[PartnerVisit], Response]


def show_all(visit: PartnerVisit) -> Response:
    """Everybody by state, then the passes of today and of the days to come."""
    with unit_of_work(visit.office.engine) as connection:
        everybody = delegates_of(connection, visit.signed_in.partner_id)
        passes = passes_of(connection, visit.signed_in.partner_id)
    by_group = {
        name: list(group)
        for name, group in groupby(
            sorted(everybody, key=lambda one: _GROUPS.index(one.group)), key=lambda one: one.group
        )
    }
    return visit.page("delegates/list.html", groups=by_group, passes=passes)


def show_one(visit: PartnerVisit) -> Response:
    """A delegate, and what the lead can do about them."""
    return with_delegate(visit, lambda delegate: _one(visit, delegate))


def _confirming(act: str) -> Page:
    """The page that asks before `act`."""

    def show(visit: PartnerVisit) -> Response:
        return with_delegate(
            visit,
            lambda delegate: visit.page("delegates/confirm.html", delegate=delegate, act=act),
        )

    return show


def suspend(visit: PartnerVisit) -> Response:
    """Suspends."""
    outcome = suspend_delegate(
        visit.office.engine, lead=visit.signed_in, delegate_id=id_in_path(visit)
    )
    return acted(visit, outcome, said="delegate_suspended")


def resume(visit: PartnerVisit) -> Response:
    """Ends a suspension."""
    outcome = resume_delegate(
        visit.office.engine, lead=visit.signed_in, delegate_id=id_in_path(visit)
    )
    return acted(visit, outcome, said="delegate_resumed")


def remove(visit: PartnerVisit) -> Response:
    """Removes for good."""
    outcome = remove_delegate(
        visit.office.engine, lead=visit.signed_in, delegate_id=id_in_path(visit)
    )
    return acted(visit, outcome, said="delegate_removed", to=DELEGATES)


def resend(visit: PartnerVisit) -> Response:
    """Mails the invitation again."""
    outcome = invite_again(
        visit.office.engine,
        visit.office.keys,
        lead=visit.signed_in,
        delegate_id=id_in_path(visit),
    )
    return acted(visit, outcome, said="delegate_invited_again")


def acted(
    visit: PartnerVisit, outcome: object | Refused | None, *, said: str, to: str | None = None
) -> Response:
    """The answer to an act on the delegate of this address."""
    if outcome is None:
        return unknown(visit)
    if isinstance(outcome, Refused):
        if outcome.code == "role_may_not":
            return refusal_page(visit, outcome, status=403)
        return with_delegate(visit, lambda delegate: _one(visit, delegate, refused=outcome))
    return visit.go(to or f"{DELEGATES}/{id_in_path(visit)}", said=said)


def with_delegate(visit: PartnerVisit, show: Callable[[ListedDelegate], Response]) -> Response:
    """Shows the delegate of this address, or that there is none."""
    with unit_of_work(visit.office.engine) as connection:
        delegate = delegate_of(connection, visit.signed_in.partner_id, id_in_path(visit))
    return unknown(visit) if delegate is None else show(delegate)


def id_in_path(visit: PartnerVisit) -> int:
    """The number in the address; one that no row can have becomes nobody's."""
    asked: int = visit.request.path_params["delegate_id"]
    return asked if asked <= _LARGEST_ID else 0


def _one(
    visit: PartnerVisit, delegate: ListedDelegate, *, refused: Refused | None = None
) -> Response:
    facts: dict[str, Any] = {"delegate": delegate}
    if refused is not None:
        return visit.refused_form("delegates/one.html", refused, **facts)
    return visit.page("delegates/one.html", form=Shown(), **facts)


_ONE: Final = "/delegues/{delegate_id:number}"
ROUTES: Final = [
    route("GET", "/delegues", show_all, roles=LEAD),
    route("GET", _ONE, show_one, roles=LEAD),
    route("GET", f"{_ONE}/suspendre", _confirming("suspend"), roles=LEAD),
    route("POST", f"{_ONE}/suspendre", suspend, roles=LEAD),
    route("POST", f"{_ONE}/reprendre", resume, roles=LEAD),
    route("GET", f"{_ONE}/retirer", _confirming("remove"), roles=LEAD),
    route("POST", f"{_ONE}/retirer", remove, roles=LEAD),
    route("POST", f"{_ONE}/relancer", resend, roles=LEAD),
]
