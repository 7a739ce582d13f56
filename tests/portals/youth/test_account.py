"""A member's own account: where they are signed in, and how a device is signed out."""

from __future__ import annotations

from tests.portals.site import Site
from tests.portals.youth.conftest import AsYouth
from tests.portals.youth.people import browser_of, make_member, open_member_session


def test_a_member_sees_their_devices_and_signs_the_others_out(
    site: Site, as_youth: AsYouth
) -> None:
    youth = make_member(site.office)
    other = as_youth(youth)
    here = as_youth(youth)
    page = here.get("/jeune/compte").text
    assert page.count("<b>Firefox sur Android</b>") == 2 and page.count("Cet appareil") == 1
    answer = here.post("/jeune/compte/sessions")
    assert answer.headers["location"].endswith("dit=sessions_ended")
    assert other.get("/jeune/compte").status_code == 303
    assert here.get("/jeune/compte").status_code == 200


def test_nobody_signs_somebody_elses_device_out(site: Site, as_youth: AsYouth) -> None:
    youth, stranger = make_member(site.office), make_member(site.office)
    mine = as_youth(youth)
    handle = _handle(open_member_session(site.office, stranger))
    assert mine.post(f"/jeune/compte/sessions/{handle}").status_code == 404


def test_the_sixth_device_signs_the_first_one_out(site: Site) -> None:
    youth = make_member(site.office)
    devices = [browser_of(site, youth) for _ in range(6)]
    answers = [device.get("/jeune/compte").status_code for device in devices]
    for device in devices:
        device.close()
    assert answers == [303, 200, 200, 200, 200, 200]


def _handle(secret: str) -> str:
    from cardservice.domain.keys import secret_hash

    return secret_hash(secret)[:8].hex()
