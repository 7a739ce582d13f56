"""What a youth of sixteen to twenty-five has sent to the desk: two pictures that wait."""

from __future__ import annotations

import io
from datetime import date

from PIL import Image

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.proofs import case_waiting
from cardservice.services.decide_proofs import Decision
from cardservice.services.send_proof import ProofWaiting, send_proof
from cardservice.wiring import Office
from tests.portals.youth.people import make_member


def a_picture(*, width: int = 320, height: int = 220) -> bytes:
    """A JPEG of one colour."""
    output = io.BytesIO()
    Image.new("RGB", (width, height), "steelblue").save(output, format="JPEG")
    return output.getvalue()


def send_proofs(office: Office, *, born: date = date(2008, 3, 2)) -> Decision:
    """Who they are and where they live; what an agent decides on."""
    youth = make_member(office, linked=False, birth_date=born)
    for kind in ("identity", "residence"):
        sent = send_proof(office.engine, member_id=youth.member_id, kind=kind, image=a_picture())
        assert isinstance(sent, ProofWaiting), sent
    return shown(office, youth.member_id)


def shown(office: Office, member_id: int) -> Decision:
    """What the desk's page shows of a member now."""
    with unit_of_work(office.engine) as connection:
        case = case_waiting(connection, member_id)
    assert case is not None, "nothing of this member waits"
    return Decision(member_id, tuple(case.proof_ids), case.said)
