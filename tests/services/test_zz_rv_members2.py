import threading, time
from datetime import date, timedelta, datetime, UTC
import pytest
from sqlalchemy import text
from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.ask_parent import ask_parent
from cardservice.services.change_member_email import ask_email_change, confirm_email
from cardservice.services.send_parent_page import send_asked_parent_page
from cardservice.services.member_links import member_link_of
from tests.conftest import A_MORNING
from tests.makers import make_beneficiary, make_card
from tests.portals.youth.people import make_member
from tests.services import test_members as M, test_parent_consent as C
from tests.services.parents_mail import last_link_to

def q(office, s, **v):
    with unit_of_work(office.engine) as c:
        return c.execute(text(s), v).all()

def test_20_one_network_signs_up_over_days(office, clock):
    """A school or a phone operator (CGNAT): another youth every 10 minutes."""
    got, asked, first_missed = 0, 0, None
    now = A_MORNING
    for i in range(6 * 24 * 3):
        clock.set(now)
        M.ask(office, f"eleve{i}@mail.example", network="92.184.100.1")
        asked += 1
        n = q(office, "SELECT count(*) AS n FROM waiting_mail")[0].n
        if n == got and first_missed is None: first_missed = (i, now - A_MORNING)
        got = n
        now += timedelta(minutes=10)
    g = q(office, "SELECT failures, closed_until - last_failed_at AS closed FROM sign_in_guard")
    print("20: asked", asked, "mailed", got, "first missed", first_missed, g)
    assert got > asked * 0.9

def test_20b_a_class_of_sixty_in_an_hour(office, clock):
    got, now = 0, A_MORNING
    for i in range(60):
        clock.set(now)
        M.ask(office, f"eleve{i}@mail.example", network="92.184.100.1")
        now += timedelta(seconds=30)
    got = q(office, "SELECT count(*) AS n FROM waiting_mail")[0].n
    g = q(office, "SELECT failures, closed_until - last_failed_at AS closed FROM sign_in_guard")
    print("20b: mailed", got, "of 60", g)
    assert got == 60

def test_21_confirm_against_sign_up(office, monkeypatch):
    from cardservice.services import password_hash
    from tests.portals.people import HASHER
    monkeypatch.setattr(password_hash, "_hasher", HASHER)
    y = make_member(office)
    with unit_of_work(office.engine) as c:
        ask_email_change(c, office.keys, member_id=y.member_id, email="both@mail.example", network="10.9.9.9")
    change = M.secret_of(office, M.mails(office)[-1])
    M.ask(office, "both@mail.example")
    join = M.secret_of(office, M.mails(office)[-1])
    from cardservice.services.choose_member_password import choose_member_password
    out = []
    def late():
        try:
            with unit_of_work(office.engine) as c:
                out.append(confirm_email(c, secret=change))
        except Exception as e:
            out.append(type(e).__name__ + str(e)[:80])
    with unit_of_work(office.engine) as c:
        choose_member_password(c, office.keys, secret=join, password=M.OTHER)
        t = threading.Thread(target=late); t.start()
        for _ in range(50):
            if q(office, "SELECT count(*) n FROM pg_stat_activity WHERE wait_event_type='Lock'")[0].n: break
            time.sleep(0.05)
    t.join(10)
    print("21:", out)
    assert out and not isinstance(out[0], str)

def test_22_parents_page_after_fifteen(office, clock):
    y = C.child(office, linked=True, birth_date=date(2013, 5, 14))
    page = C.agreed(office, y)
    # the roster corrects the birth date: fifteen already
    with unit_of_work(office.engine) as c:
        c.execute(text("UPDATE beneficiary SET birth_date='2011-05-14'"))
    print("22:", C.state(office, y), member_link_of and q(office, "SELECT expires_at FROM member_link WHERE purpose='parent' AND used_at IS NULL"))

def test_23_many_members_bomb_one_parent(office):
    for i in range(10):
        y = make_member(office, linked=False, birth_date=date(2013, 5, 14))
        for _ in range(3):
            C.ask(office, y, "stranger@mail.example", network=f"10.0.0.{i}")
    n = q(office, "SELECT count(*) n FROM waiting_mail WHERE recipient='stranger@mail.example'")[0].n
    print("23:", n)
    assert n <= 6

def test_24_stranger_ends_the_parents_link(office):
    y = make_member(office, linked=False, birth_date=date(2013, 5, 14))
    page = C.agreed(office, y)
    send_asked_parent_page(office.engine, office.keys, parent_email=C.PARENT, network="9.9.9.9")
    with unit_of_work(office.engine) as c:
        alive = member_link_of(c, page)
    print("24:", alive)
    assert alive is not None

def test_25_linked_under_fifteen_by_corrected_roster(office):
    h = make_beneficiary(office, birth_date="2011-05-14")
    y = make_member(office, card=make_card(office, h))
    with unit_of_work(office.engine) as c:
        c.execute(text("UPDATE beneficiary SET birth_date='2013-05-14'"))
    print("25:", C.state(office, y))
