"""A member is linked by a proof and by nothing else; whatever does not link is answered alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.activation import next_step, own_card
from cardservice.db.queries.members import Member, member_of_id
from cardservice.domain.refusal import Refused
from cardservice.services.activate_own_card import activate_own_card
from cardservice.services.block_card import block_card
from cardservice.services.link_member import Linked, link_by_address, link_by_code, link_by_ine
from cardservice.services.say_who import Said, WhoRefused, WhoSaid, say_who
from cardservice.wiring import Office
from tests import makers
from tests.makers import PIN
from tests.portals.youth.people import Youth, make_member

LEA: dict[str, Any] = {
    "first_name": "Léa-Marie",
    "last_name": "de la Tour",
    "birth_date": "2011-05-14",
}
WHO = WhoSaid("lea", "DELATOUR", "14/05/2011", "13080", "", "college")


def lea(office: Office, *, pin: str | None = None, **fields: str) -> makers.HeldCard:
    return makers.make_card(office, makers.make_beneficiary(office, **(LEA | fields)), pin=pin)


def said(office: Office, who: WhoSaid = WHO, *, email: str | None = None) -> Youth:
    youth = make_member(office, linked=False, told=False, email=email)
    with unit_of_work(office.engine) as connection:
        done = say_who(connection, member_id=youth.member_id, said=who)
    assert isinstance(done, Said), done
    return youth


def by_code(
    office: Office, youth: Youth, code: str, *, pin: str = "", network: str = "10.1.1.1"
) -> Linked | Refused:
    return link_by_code(
        office.engine,
        office.keys,
        member_id=youth.member_id,
        reading=code,
        pin=pin,
        network=network,
    )


def by_ine(office: Office, youth: Youth, ine: str, *, pin: str = "") -> Linked | Refused:
    return link_by_ine(
        office.engine,
        office.keys,
        member_id=youth.member_id,
        ine=ine,
        pin=pin,
        network="10.1.1.1",
    )


def member(office: Office, youth: Youth) -> Member:
    with unit_of_work(office.engine) as connection:
        found = member_of_id(connection, youth.member_id)
    assert found is not None
    return found


def test_the_code_of_ones_own_card_links_whatever_the_spelling_of_the_name(office: Office) -> None:
    card = lea(office)
    youth = said(office)
    assert by_code(office, youth, card.code) == Linked(card.holder.beneficiary_id)
    assert member(office, youth).role == "linked"


def test_a_linked_member_activates_with_a_pin_and_sees_both_wallets(office: Office) -> None:
    youth, card = said(office), lea(office)
    by_code(office, youth, card.code)
    refused = activate_own_card(
        office.engine, office.keys, member=member(office, youth), pin="1234"
    )
    assert refused == Refused("pin_too_simple")
    activate_own_card(office.engine, office.keys, member=member(office, youth), pin=PIN)
    with unit_of_work(office.engine) as connection:
        shown = own_card(connection, card.holder.beneficiary_id)
        assert next_step(connection, member(office, youth)) == "done"
    assert shown is not None
    assert (shown.state, shown.last_day) == ("active", date(2027, 8, 31))
    assert shown.wallets == {"sport_culture_leisure": 10_000, "tutoring": 5_000}


def test_once_linked_nobody_has_to_look_at_the_proofs_that_wait(office: Office) -> None:
    card, youth = lea(office), said(office)
    with unit_of_work(office.engine) as connection:
        for kind in ("identity", "residence", "portrait"):
            connection.execute(
                text(
                    "INSERT INTO proof_file (member_id, kind, image, uploaded_at)"
                    " VALUES (:member_id, :kind, 'x', ledger_now())"
                ),
                {"member_id": youth.member_id, "kind": kind},
            )
    assert by_code(office, youth, card.code) == Linked(card.holder.beneficiary_id)
    with unit_of_work(office.engine) as connection:
        kept = connection.execute(text("SELECT kind FROM proof_file")).scalars().all()
    assert kept == ["portrait"]


def test_what_does_not_link_is_answered_alike(office: Office) -> None:
    someone_elses = lea(office, first_name="Zoé")
    taken = lea(office)
    by_code(office, said(office), taken.code)
    other_day = lea(office, birth_date="2011-05-15")
    answers = [
        by_code(office, said(office), code, network=f"10.2.0.{number}")
        for number, code in enumerate(
            (someone_elses.code, taken.code, other_day.code, "0000 0000 0000 00", "nonsense", "")
        )
    ]
    assert set(answers_of(answers)) == {"link_no_match"}


def answers_of(answers: list[Linked | Refused]) -> list[str]:
    return [one.code if isinstance(one, Refused) else "linked" for one in answers]


def test_a_card_that_an_agent_activated_is_linked_with_its_pin(office: Office) -> None:
    card, youth = lea(office, pin=PIN), said(office)
    assert by_code(office, youth, card.code) == Refused("link_pin_needed")
    assert by_code(office, youth, card.code, pin="9173") == Refused("link_pin_wrong", {"left": 2})
    assert isinstance(by_code(office, youth, card.code, pin=PIN), Linked)


def test_three_wrong_pins_over_several_members_block_the_pin(office: Office) -> None:
    card = lea(office, pin=PIN)
    answers = [by_code(office, said(office), card.code, pin="9173") for _ in range(4)]
    assert answers_of(answers)[-2:] == ["link_pin_blocked", "link_pin_blocked"]
    assert by_code(office, said(office), card.code, pin=PIN) == Refused("link_pin_blocked")


def test_a_lost_card_links_nobody(office: Office) -> None:
    card = lea(office)
    block_card(office.engine, office.keys, card_name=card.serial, reason="lost", actor="test")
    assert by_code(office, said(office), card.code) == Refused("card_blocked")


def test_the_national_number_links_its_own_person_alone(office: Office) -> None:
    card, other = lea(office), lea(office, first_name="Zoé")
    youth = said(office)
    assert by_ine(office, youth, other.holder.ine) == Refused("link_no_match")
    ine = card.holder.ine.lower()
    assert isinstance(by_ine(office, youth, f"{ine[:4]} {ine[4:]}"), Linked)


def test_the_rosters_own_address_links_and_names_alone_do_not(office: Office) -> None:
    lea(office, email="lea@mail.example")
    stranger = said(office)
    assert link_by_address(office.engine, member_id=stranger.member_id) is None
    youth = said(office, email="lea@mail.example")
    assert isinstance(link_by_address(office.engine, member_id=youth.member_id), Linked)


def test_the_rosters_address_does_not_link_somebody_of_another_name(office: Office) -> None:
    lea(office, email="lea@mail.example", first_name="Zoé")
    youth = said(office, email="lea@mail.example")
    assert link_by_address(office.engine, member_id=youth.member_id) is None


def test_under_fifteen_nothing_links_before_a_parent_agreed(office: Office) -> None:
    card = lea(office, birth_date="2013-05-14", email="lea@mail.example")
    who = WhoSaid("Léa", "de la Tour", "14052013", "13080", "", "college")
    youth = said(office, who, email="lea@mail.example")
    assert by_code(office, youth, card.code) == Refused("consent_missing")
    assert link_by_address(office.engine, member_id=youth.member_id) is None


def test_the_tries_of_a_member_are_counted_and_ones_own_code_does_not_wipe_them_out(
    office: Office,
) -> None:
    card, youth = lea(office, pin=PIN), said(office)
    codes = ["nonsense", card.code, "nonsense", card.code, "nonsense"]
    answers = [by_code(office, youth, code) for code in codes]
    assert answers_of(answers)[-1] == "sign_in_delayed"


def test_the_tries_from_one_network_are_counted_over_all_members(office: Office) -> None:
    answers = []
    for _ in range(25):
        youth = said(office)
        answers += [by_code(office, youth, "nonsense", network="10.9.9.9") for _ in range(2)]
    assert answers_of(answers)[-1] == "sign_in_delayed"


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"first_name": "123"}, "first_name", "name_malformed"),
        ({"last_name": ""}, "last_name", "name_malformed"),
        ({"birth_date": "31/02/2011"}, "birth_date", "date_malformed"),
        ({"birth_date": "01/01/2030"}, "birth_date", "date_malformed"),
        ({"postal_code": "130"}, "postal_code", "postal_code_malformed"),
        ({"postal_code": "75011"}, "postal_code", "lives_elsewhere"),
        ({"postal_code": "13150"}, "commune", "commune_unclear"),
        ({"commune": "Paris"}, "commune", "commune_unknown"),
        ({"school_kind": "hogwarts"}, "school_kind", "school_kind_unknown"),
        ({"birth_date": "14/05/2019"}, "", "too_young"),
        ({"birth_date": "14/05/1990", "school_kind": ""}, "", "too_old"),
        ({"birth_date": "14/05/2014", "school_kind": ""}, "", "not_schooled_here"),
    ],
)
def test_each_reason_not_to_be_eligible_has_its_own_code_and_leaves_nothing(
    office: Office, changed: dict[str, str], field: str, code: str
) -> None:
    youth = make_member(office, linked=False, told=False)
    who = WhoSaid(**({name: getattr(WHO, name) for name in WHO.__slots__} | changed))
    with unit_of_work(office.engine) as connection:
        done = say_who(connection, member_id=youth.member_id, said=who)
    assert isinstance(done, WhoRefused), done
    assert done.fields[field].code == code
    assert member(office, youth).first_name is None


def test_the_only_commune_of_a_postal_code_need_not_be_typed(office: Office) -> None:
    assert member(office, said(office)).commune == "Aix-en-Provence"


def test_two_members_who_prove_one_person_at_once_are_one(office: Office) -> None:
    card = lea(office)
    rivals = [said(office) for _ in range(6)]
    together = Barrier(len(rivals))

    def prove(number: int) -> Linked | Refused:
        together.wait(20)
        return by_code(office, rivals[number], card.code, network=f"10.6.0.{number}")

    with ThreadPoolExecutor(len(rivals)) as hands:
        answers = answers_of(list(hands.map(prove, range(len(rivals)))))
    assert sorted(answers) == ["link_no_match"] * 5 + ["linked"]


def test_who_is_linked_says_no_more_who_they_are(office: Office) -> None:
    card, youth = lea(office), said(office)
    by_code(office, youth, card.code)
    with unit_of_work(office.engine) as connection:
        done = say_who(connection, member_id=youth.member_id, said=WHO)
    assert done == WhoRefused({"": Refused("already_linked")})


def test_nothing_links_before_it_is_told_who_it_is(office: Office) -> None:
    youth = make_member(office, linked=False, told=False)
    assert by_code(office, youth, lea(office).code) == Refused("who_missing")


def test_somebody_without_a_card_yet_has_none_to_activate(office: Office) -> None:
    holder = makers.make_beneficiary(office, **LEA)
    youth = said(office)
    assert isinstance(by_ine(office, youth, holder.ine), Linked)
    done = activate_own_card(office.engine, office.keys, member=member(office, youth), pin=PIN)
    assert done == Refused("no_card_yet")
