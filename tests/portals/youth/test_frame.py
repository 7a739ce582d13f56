"""The portal answers in its own frame, and says « tu » to youths where the kit says « vous »."""

from __future__ import annotations

from cardservice.domain.refusal import Refused
from partner_portal.portal import PAGES as PARTNERS_PAGES
from tests.portals.site import Site
from tests.portals.visitor import Visitor
from youth_portal.portal import PAGES, PREFIX


def test_an_address_that_is_none_is_answered_in_the_portals_own_frame(site: Site) -> None:
    visitor = Visitor(site, prefix=PREFIX, cookie="cjeune-youth")
    answer = visitor.get(f"{PREFIX}/nulle-part")
    assert answer.status_code == 404
    assert "Espace jeune" in answer.text
    visitor.close()


def test_youths_are_told_in_their_own_words() -> None:
    refused = Refused("form_expired")
    assert "recommence." in PAGES.sentence_of(refused)
    assert "recommencez." in PARTNERS_PAGES.sentence_of(refused)
    assert "ta carte" in PAGES.sentence_of(Refused("member_may_not"))
