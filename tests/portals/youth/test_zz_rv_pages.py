from datetime import date
from sqlalchemy import text
from cardservice.db.engine import unit_of_work
from tests.portals.youth.people import make_member
from tests.makers import make_beneficiary, make_card
from tests.services import test_parent_consent as C
from tests.portals.youth.conftest import *

def test_parent_page_after_fifteen(site, as_youth):
    office = site.office
    y = C.child(office, linked=True, birth_date=date(2013, 5, 14))
    page = C.agreed(office, y)
    with unit_of_work(office.engine) as c:
        c.execute(text("UPDATE beneficiary SET birth_date='2011-05-14' WHERE beneficiary_id=:b"), {"b": y.held.holder.beneficiary_id})
    v = as_youth(None)
    a = v.get(f"/jeune/parent/{page}")
    print("P1:", a.status_code, "100,00" in a.text, "Mettre la carte en pause" in a.text)
    a = v.post(f"/jeune/parent/{page}/pause", {})
    print("P2:", a.status_code, C.card_state(office, y))

def test_linked_without_consent_uses_everything(site, as_youth):
    office = site.office
    h = make_beneficiary(office, birth_date="2013-05-14")
    y = make_member(office, card=make_card(office, h))
    v = as_youth(y)
    for p in ("", "/carte", "/ma-carte", "/mes-donnees", "/activer"):
        a = v.get(f"/jeune{p}")
        print("P3:", p, a.status_code, a.headers.get("location"))
