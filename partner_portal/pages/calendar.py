"""`/calendrier/{secret}.ics`: the payment dates for a calendar program, which has no session.

The law: the secret in the address is all the proof there is, so nothing stands behind it but dates
and sums; an ended or made-up one is answered like any page that is not there.
"""

from __future__ import annotations

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.services.acting_delegate import MONEY_ROLES
from cardservice.services.calendar_feed import partner_of_feed
from cardservice.services.renew_calendar_feed import renew_calendar_feed
from cardservice.webkit.doors import unknown
from clearing.partner_view import payments_of
from partner_portal.payment_calendar import payment_calendar
from partner_portal.portal import PAGES, PREFIX, PartnerVisit, route


def feed(visit: PartnerVisit) -> Response:
    """The calendar of a secret."""
    with unit_of_work(visit.office.engine) as connection:
        partner_id = partner_of_feed(connection, visit.request.path_params["secret"])
        if partner_id is None:
            return unknown(visit)
        payments = payments_of(connection, partner_id)
        at = ledger_instant(connection)
    content = payment_calendar(
        payments,
        texts=PAGES.texts,
        scheme_name=visit.office.settings.scheme_name,
        at=at,
        link=f"{visit.origin}{PREFIX}/remboursements",
    )
    return Response(
        content,
        media_type="text/calendar; charset=utf-8",
        headers={
            "content-disposition": 'inline; filename="virements.ics"',
            "cache-control": "no-store",
        },
    )


def renew(visit: PartnerVisit) -> Response:
    """Ends the address that is there and makes another."""
    renew_calendar_feed(visit.office.engine, visit.office.keys, delegate=visit.signed_in)
    return visit.go(f"{PREFIX}/remboursements", said="calendar_renewed")


ROUTES = [
    route("GET", "/calendrier/{secret}.ics", feed, roles=None),
    route("POST", "/calendrier/renouvellement", renew, roles=MONEY_ROLES),
]
