"""Proofs: bounded and drawn anew, decided by an agent, gone with the decision."""

import io
import secrets
import threading
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import agent_of_email
from cardservice.db.queries.members import member_of_id
from cardservice.db.queries.proofs import asked_kinds, case_waiting, must_send_again, proofs_of
from cardservice.domain.refusal import Refused
from cardservice.services.decide_proofs import (
    Decided,
    Decision,
    accept_proofs,
    refuse_proofs,
)
from cardservice.services.erase_person import Whom, erase_person
from cardservice.services.import_roster import import_roster
from cardservice.services.say_who import Said, WhoSaid, say_who
from cardservice.services.send_proof import MOST_A_DAY, ProofWaiting, send_proof
from cardservice.services.set_budget import WantedBudget, set_budget
from tests.makers import YEAR, make_agent, make_beneficiary, make_card, pupil, roster
from tests.portals.youth.people import make_member

FIFTEEN = date(2011, 5, 14)
NINETEEN = date(2007, 3, 2)


def picture(size=(60, 80), form="JPEG", **options):
    output = io.BytesIO()
    Image.new("RGB", size, "teal").save(output, format=form, **options)
    return output.getvalue()


def with_place():
    exif = Image.Exif()
    exif[0x010E] = "12 rue du Secret"
    exif.get_ifd(0x8825)[2] = (43.0, 31.0, 47.0)
    return picture(exif=exif)


def newcomer(office, *, birth_date=FIFTEEN, school_kind="mfr"):
    member = make_member(office, linked=False, birth_date=birth_date)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "UPDATE member SET school_kind = :kind, first_name = 'Inès',"
                " last_name = 'De La Tour' WHERE member_id = :id"
            ),
            {"kind": school_kind, "id": member.member_id},
        )
    return member


def send(office, member, kind="identity", image=None):
    return send_proof(
        office.engine,
        member_id=member.member_id,
        kind=kind,
        image=picture() if image is None else image,
    )


def all_sent(office, **fields):
    member = newcomer(office, **fields)
    with unit_of_work(office.engine) as connection:
        kinds = asked_kinds(connection, member.member_id)
    for kind in kinds:
        assert send(office, member, kind) == ProofWaiting(kind)
    return member


def agent(office, role="hotline"):
    hired = make_agent(office, role)
    with unit_of_work(office.engine) as connection:
        return agent_of_email(connection, hired.email)


def seen(office, member):
    with unit_of_work(office.engine) as connection:
        case = case_waiting(connection, member.member_id)
    return Decision(member.member_id, tuple(case.proof_ids), case.said)


def accept(office, decision, by):
    return accept_proofs(
        office.engine,
        office.keys,
        decision,
        by=by,
        draw=secrets.randbelow,
        prove=lambda code: None,
    )


def rows(office, statement, **values):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement), values).all()


def test_a_collegien_of_another_school_is_admitted_with_money_and_a_card(office):
    member = all_sent(office)
    done = accept(office, seen(office, member), agent(office))
    assert done.state == "accepted"
    with unit_of_work(office.engine) as connection:
        now = member_of_id(connection, member.member_id)
    assert now.beneficiary_id == done.beneficiary_id
    wallets = rows(office, "SELECT wallet, balance_cents FROM wallet ORDER BY wallet")
    assert [tuple(one) for one in wallets] == [
        ("sport_culture_leisure", 10_000),
        ("tutoring", 5_000),
    ]
    (card,) = rows(office, "SELECT state, card_id FROM card")
    assert card.state == "issued"
    assert len(rows(office, "SELECT FROM plastic_order WHERE card_id = :id", id=card.card_id)) == 1


def test_a_youth_of_nineteen_is_admitted_without_money(office):
    member = all_sent(office, birth_date=NINETEEN, school_kind="")
    with unit_of_work(office.engine) as connection:
        assert asked_kinds(connection, member.member_id) == ("identity", "residence")
    assert accept(office, seen(office, member), agent(office)).state == "accepted"
    assert rows(office, "SELECT category FROM beneficiary_year")[0].category == "youth"
    assert rows(office, "SELECT FROM wallet") == []


def test_the_pictures_are_gone_with_the_decision(office):
    for decide in (
        lambda one: accept(office, one, agent(office)),
        lambda one: refuse_proofs(office.engine, one, by=agent(office), reason="unreadable"),
    ):
        decide(seen(office, all_sent(office)))
    assert rows(office, "SELECT FROM proof_file WHERE image IS NOT NULL") == []


def test_a_refusal_is_told_by_its_code_and_can_be_answered(office):
    member = all_sent(office)
    done = refuse_proofs(office.engine, seen(office, member), by=agent(office), reason="unreadable")
    assert done == Decided("refused")
    with unit_of_work(office.engine) as connection:
        states = proofs_of(connection, member.member_id)
    assert {one.refusal_reason for one in states.values()} == {"unreadable"}
    assert send(office, member) == ProofWaiting("identity")


def test_without_all_proofs_nobody_is_admitted(office):
    member = newcomer(office)
    send(office, member, "identity")
    assert accept(office, seen(office, member), agent(office)) == Refused("proofs_missing")


def test_two_agents_decide_once(office):
    member = all_sent(office)
    decision = seen(office, member)
    people = [agent(office), agent(office, "moderator")]
    both, answers = threading.Barrier(2), []

    def decide(by):
        both.wait()
        answers.append(accept(office, decision, by))

    threads = [threading.Thread(target=decide, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Refused("proofs_decided") in answers
    assert len(rows(office, "SELECT FROM beneficiary")) == 1


def test_two_accounts_of_one_person_are_admitted_once(office):
    members = [all_sent(office), all_sent(office)]
    decisions = [seen(office, member) for member in members]
    both, answers = threading.Barrier(2), []
    by = agent(office)

    def decide(decision):
        both.wait()
        answers.append(accept(office, decision, by))

    threads = [threading.Thread(target=decide, args=(one,)) for one in decisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Refused("beneficiary_has_member") in answers
    assert len(rows(office, "SELECT FROM beneficiary")) == 1
    assert len(rows(office, "SELECT FROM wallet")) == 2


def test_a_picture_that_came_after_the_look_is_not_decided_on(office):
    member = all_sent(office)
    decision = seen(office, member)
    send(office, member, "identity")
    assert accept(office, decision, agent(office)) == Refused("proofs_decided")


def says(office, member, *, birth_date="14/05/2011", first_name="Inès", last_name="De La Tour"):
    said = WhoSaid(first_name, last_name, birth_date, "13080", "Aix-en-Provence", "mfr")
    with unit_of_work(office.engine) as connection:
        assert isinstance(say_who(connection, member_id=member.member_id, said=said), Said)


def test_whoever_says_to_be_somebody_else_after_the_look_is_not_linked_to_them(office):
    make_card(office, make_beneficiary(office, first_name="Bob", birth_date="2010-02-03"))
    member = all_sent(office)
    decision = seen(office, member)
    says(office, member, first_name="Bob", last_name="Martin", birth_date="03/02/2010")
    assert accept(office, decision, agent(office)) == Refused("proofs_decided")
    assert rows(office, "SELECT FROM proof_file WHERE state = 'waiting'") == []
    with unit_of_work(office.engine) as connection:
        assert must_send_again(connection, member.member_id)
        assert member_of_id(connection, member.member_id).beneficiary_id is None
    assert send(office, member) == ProofWaiting("identity")
    with unit_of_work(office.engine) as connection:
        assert not must_send_again(connection, member.member_id)


def test_facts_other_than_those_that_the_agent_read_are_not_decided_on(office):
    """Even where the pictures are the same: the digest alone tells."""
    member = all_sent(office)
    decision = seen(office, member)
    with unit_of_work(office.engine) as connection:
        connection.execute(text("UPDATE member SET last_name = 'Dupont'"))
    by = agent(office)
    assert accept(office, decision, by) == Refused("proofs_decided")
    assert refuse_proofs(office.engine, decision, by=by, reason="unreadable") == Refused(
        "proofs_decided"
    )


def test_the_same_said_twice_keeps_what_was_sent(office):
    member = newcomer(office)
    says(office, member)
    send(office, member)
    says(office, member)
    assert len(rows(office, "SELECT FROM proof_file WHERE state = 'waiting'")) == 1


def test_under_fifteen_nobody_is_admitted_without_the_parent(office):
    member = all_sent(office)
    with unit_of_work(office.engine) as connection:
        connection.execute(text("UPDATE member SET birth_date = '2013-05-14'"))
    assert accept(office, seen(office, member), agent(office)) == Refused("proofs_without_consent")
    assert rows(office, "SELECT FROM beneficiary") == []


def test_who_is_in_the_roster_is_linked_and_not_made_twice(office):
    known = make_beneficiary(
        office, first_name="INES", last_name="DELATOUR", birth_date=FIFTEEN.isoformat()
    )
    done = accept(office, seen(office, all_sent(office)), agent(office))
    assert done.beneficiary_id == known.beneficiary_id
    assert len(rows(office, "SELECT FROM wallet")) == 2


def test_a_roster_that_names_them_later_gives_no_second_money(office):
    done = accept(office, seen(office, all_sent(office)), agent(office))
    line = pupil(first_name="Inès", last_name="De la Tour", birth_date=FIFTEEN.isoformat())
    taken = import_roster(
        office.engine, office.keys, roster([line]), actor="test", school_year=YEAR
    )
    assert (taken.created, taken.granted) == (0, 0)
    (person,) = rows(office, "SELECT beneficiary_id, ine FROM beneficiary")
    assert tuple(person) == (done.beneficiary_id, line["ine"])


def test_a_budget_that_is_spent_admits_without_money_and_says_so(office):
    by = agent(office)
    wanted = WantedBudget(YEAR, "tutoring", 100, "Délibération n° 4")
    set_budget(office.engine, wanted, by=make_agent(office, "finance_approver").email)
    done = accept(office, seen(office, all_sent(office)), by)
    assert done.grants_refused.code == "budget_exceeded"
    assert done.beneficiary_id is not None


def test_where_a_picture_was_taken_is_not_kept(office):
    member = newcomer(office)
    assert send(office, member, image=with_place()) == ProofWaiting("identity")
    (kept,) = rows(office, "SELECT image FROM proof_file")
    image = Image.open(io.BytesIO(bytes(kept.image)))
    assert not image.getexif()
    assert b"Secret" not in bytes(kept.image)


@pytest.mark.parametrize("image", [b"not a picture", b"%PDF-1.7", b"\xff\xd8\xff", b"GIF89a..."])
def test_what_is_no_picture_is_refused(office, image):
    assert send(office, newcomer(office), image=image) == Refused("photo_unreadable")


def test_a_small_file_of_a_gigapixel_is_refused_before_it_is_drawn(office):
    output = io.BytesIO()
    Image.new("1", (40_000, 25_000)).save(output, format="PNG")
    assert send(office, newcomer(office), image=output.getvalue()).code == "photo_too_wide"


def test_a_file_that_is_not_there_is_asked_for(office):
    assert send(office, newcomer(office), image=b"") == Refused("proof_missing_file")


def test_nothing_is_asked_before_somebody_has_said_who_they_are(office):
    member = make_member(office, linked=False, told=False)
    assert send(office, member) == Refused("proof_kind_unknown")


def test_under_fifteen_a_parent_comes_first(office):
    member = newcomer(office, birth_date=date(2013, 5, 14))
    assert send(office, member) == Refused("consent_missing")


def test_nobody_sends_pictures_without_end(office):
    member = newcomer(office)
    answers = [send(office, member) for _ in range(MOST_A_DAY + 1)]
    assert answers[-1] == Refused("proofs_too_many")
    assert len(rows(office, "SELECT FROM proof_file")) == 1


def test_pictures_that_cannot_be_read_are_counted_too(office):
    member = newcomer(office)
    answers = [send(office, member, image=b"\xff\xd8\xff") for _ in range(MOST_A_DAY + 1)]
    assert answers[-1] == Refused("proofs_too_many")


def test_a_portrait_is_shown_at_the_till_once_an_agent_has_seen_it(office):
    member = make_member(office)
    assert send(office, member, "portrait") == ProofWaiting("portrait")
    assert rows(office, "SELECT FROM holder_photo") == []
    accept(office, seen(office, member), agent(office, "moderator"))
    assert len(rows(office, "SELECT FROM holder_photo")) == 1


def test_a_reason_that_is_not_on_the_list_is_none(office):
    decision = seen(office, all_sent(office))
    refused = refuse_proofs(office.engine, decision, by=agent(office), reason="he is ugly")
    assert refused == Refused("proof_reason_unknown")


def test_rules_that_have_changed_since_admit_nobody(office):
    member = all_sent(office)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text("UPDATE member SET birth_date = '1990-01-01' WHERE member_id = :id"),
            {"id": member.member_id},
        )
    assert accept(office, seen(office, member), agent(office)) == Refused("proofs_not_eligible")


def erase(office, **whom):
    erase_person(
        office.engine,
        office.keys,
        Whom(**whom),
        actor="test",
        forget_mail=lambda addresses: None,
    )


def test_erased_and_back_there_is_no_second_money(office):
    member = all_sent(office)
    accept(office, seen(office, member), agent(office))
    erase(office, member_id=member.member_id)
    again = all_sent(office)
    assert accept(office, seen(office, again), agent(office)) == Refused("person_erased_this_year")
    line = pupil(first_name="INES", last_name="Delatour", birth_date=FIFTEEN.isoformat())
    taken = import_roster(
        office.engine, office.keys, roster([line]), actor="test", school_year=YEAR
    )
    assert (taken.created, taken.erased, taken.granted) == (0, 1, 0)
    assert len(rows(office, "SELECT FROM wallet")) == 2


def test_an_erased_pupil_is_not_admitted_with_proofs(office):
    known = make_beneficiary(
        office, first_name="Inès Marie", last_name="Delatour", birth_date=FIFTEEN.isoformat()
    )
    erase(office, beneficiary_id=known.beneficiary_id)
    again = all_sent(office)
    assert accept(office, seen(office, again), agent(office)) == Refused("person_erased_this_year")


def test_a_namesake_of_an_erased_pupil_is_in_the_next_roster(office):
    """The national number tells them apart, so that names need not."""
    fields = {"first_name": "Inès", "last_name": "Tour", "birth_date": FIFTEEN.isoformat()}
    erase(office, beneficiary_id=make_beneficiary(office, **fields).beneficiary_id)
    assert make_beneficiary(office, **fields).beneficiary_id


def test_who_was_erased_without_money_may_come_back(office):
    member = all_sent(office, birth_date=NINETEEN, school_kind="")
    accept(office, seen(office, member), agent(office))
    erase(office, member_id=member.member_id)
    again = all_sent(office, birth_date=NINETEEN, school_kind="")
    assert accept(office, seen(office, again), agent(office)).state == "accepted"


def _of_marseille(**fields):
    names = {"first_name": "Inès", "last_name": "De la Tour", "birth_date": FIFTEEN.isoformat()}
    moved = {"postal_code": "13001", "commune": "Marseille 1er Arrondissement"}
    return pupil(**(names | moved | fields))


def _import(office, *lines):
    return import_roster(
        office.engine, office.keys, roster(list(lines)), actor="test", school_year=YEAR
    )


def test_who_has_moved_since_the_proofs_is_not_there_twice(office):
    accept(office, seen(office, all_sent(office)), agent(office))
    taken = _import(office, _of_marseille())
    assert (taken.created, taken.granted, taken.bad_lines) == (0, 0, [])


def test_of_two_namesakes_the_one_of_the_commune_is_meant(office):
    accept(office, seen(office, all_sent(office)), agent(office))
    [here] = rows(office, "SELECT beneficiary_id, postal_code, commune FROM beneficiary")
    at_home = _of_marseille(postal_code=here.postal_code, commune=here.commune)
    taken = _import(office, _of_marseille(), at_home)
    assert (taken.created, taken.bad_lines) == (1, [])
    [known] = rows(
        office, f"SELECT ine FROM beneficiary WHERE beneficiary_id = {here.beneficiary_id}"
    )
    assert known.ine == at_home["ine"]


def test_the_active_card_of_a_namesake_is_handed_over_only_after_a_look(office):
    fields = {"first_name": "Inès", "last_name": "De la Tour", "birth_date": FIFTEEN.isoformat()}
    known = make_beneficiary(office, **fields)
    make_card(office, known)
    decision, by = seen(office, all_sent(office)), agent(office)
    assert accept(office, decision, by) == Refused("proofs_person_unsure")
    assert rows(office, "SELECT FROM member WHERE beneficiary_id IS NOT NULL") == []
    done = accept(office, replace(decision, is_same_person=True), by)
    assert done.beneficiary_id == known.beneficiary_id
