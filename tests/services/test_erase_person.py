"""An erased person's name is nowhere, and the ledger is provable as before."""

import json
import logging
import unicodedata
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import psycopg
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.members import member_of_id
from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.services.answer_consent import Agreement, give_consent
from cardservice.services.ask_parent import ask_parent
from cardservice.services.change_member_email import ask_email_change, confirm_email
from cardservice.services.erase_person import Erased, Whom, erase_person
from cardservice.services.erased_people import forget_erased_people
from cardservice.services.export_person import export_person
from cardservice.services.member_links import make_member_link
from cardservice.services.post_mail import post_one_mail
from cardservice.services.set_photo import set_photo
from cardservice.services.web_sessions import session_of
from cardservice.services.write_mail import write_mail
from cardservice.wiring import mail_forgetter, mail_sender
from tests import makers
from tests.conftest import superuser_dsn
from tests.counter import opened_counter
from tests.portals.youth.people import make_member, open_member_session
from tests.services.parents_mail import last_link_to

FIRST, LAST = "Zébulonne", "Quatremère-Pâquerette"
TRACES = ("zebulonne", "quatremere", "paquerette", "ramatuelle")
EMAIL = "zebulonne.quatremere@mail.example"
PARENT = "quatremere.parent@mail.example"


@pytest.fixture
def counter(office):
    with opened_counter(office) as opened:
        yield opened


def folded(value):
    spread = unicodedata.normalize("NFKD", str(value))
    return "".join(one for one in spread if not unicodedata.combining(one)).casefold()


def traces_in(value):
    return {trace for trace in TRACES if trace in folded(value)}


def dump(office):
    """Every row of every table and sequence of the instance, as a dump would hold it."""
    with psycopg.connect(superuser_dsn(office)) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = {}
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copied:
                rows[table] = b"".join(copied).decode()
        return rows


def tables_with_a_trace(office):
    return {table for table, rows in dump(office).items() if traces_in(rows)}


def mail_kept(office):
    """Heads and texts of the folder, decoded."""
    folder = office.settings.data_dir / "mail"
    kept = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in sorted(folder.glob("*.eml"))
    ]
    texts = [one.get_body(("plain",)).get_content() for one in kept]
    return [f"{one['To']} {one['Subject']} {words}" for one, words in zip(kept, texts, strict=True)]


def post_everything(office):
    send = mail_sender(office, origin=None)
    while post_one_mail(office.engine, office.keys, send):
        pass


def erase(office, **whom):
    return erase_person(
        office.engine,
        office.keys,
        Whom(**whom),
        actor="test",
        forget_mail=mail_forgetter(office),
    )


def planted(office, counter):
    """A child of thirteen whose name stands wherever a name can stand, with a debit."""
    holder = makers.make_beneficiary(
        office,
        first_name=FIRST,
        last_name=LAST,
        birth_date="2013-05-14",
        school="Collège de Ramatuelle",
        email=EMAIL,
    )
    card = makers.make_card(office, holder)
    member = make_member(office, card=card, email=EMAIL, birth_date=date(2013, 5, 14))
    till = makers.make_terminal(office)
    debit = counter.debit(till, card, 1_050)
    _write_names(office, member, debit.operation_id)
    portrait = _picture()
    set_photo(office.engine, office.keys, card_name=card.serial, image=portrait, actor="test")
    ask_parent(
        office.engine,
        office.keys,
        member_id=member.member_id,
        parent_email=PARENT,
        network="192.0.2.9",
    )
    secret = last_link_to(office, PARENT, "parent_consent")
    agreement = Agreement(f"Marc {LAST}", has_authority=True, browser="Firefox")
    give_consent(office.engine, office.keys, secret=secret, agreement=agreement)
    post_everything(office)
    # And one that still waits.
    with unit_of_work(office.engine) as connection:
        write_mail(connection, recipient=EMAIL, kind="youth_password_changed", facts={})
    return member


def _picture():
    import io

    from PIL import Image

    output = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(output, format="JPEG", comment=LAST.encode())
    return output.getvalue()


def _write_names(office, member, operation_id):
    """Free texts and files, as a partner, an agent and a youth leave them."""
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "UPDATE member SET first_name = :first, last_name = :last, commune = 'Ramatuelle'"
                " WHERE member_id = :member_id"
            ),
            {"first": FIRST, "last": LAST, "member_id": member.member_id},
        )
        connection.execute(
            text(
                "INSERT INTO proof_file (member_id, kind, image, uploaded_at)"
                " VALUES (:member_id, 'identity', :image, ledger_now())"
            ),
            {"member_id": member.member_id, "image": LAST.encode()},
        )
        connection.execute(
            text(
                "INSERT INTO regularisation_file (operation_id, partner_id, opened_by_holder,"
                " opened_at, reason, right_amount_cents, explanation)"
                " SELECT operation_id, partner_id, beneficiary_id, ledger_now(), 'not_me', 0,"
                " :words FROM operation WHERE operation_id = :operation_id"
            ),
            {"words": f"{FIRST} {LAST} n'était pas là", "operation_id": operation_id},
        )
        connection.execute(
            text(
                "INSERT INTO notice (beneficiary_id, kind, subject, facts, at)"
                " VALUES (:beneficiary_id, 'debit', '1', '{}', ledger_now())"
            ),
            {"beneficiary_id": member.held.holder.beneficiary_id},
        )


def test_an_erased_name_is_in_no_table_mail_export_or_log(office, counter, caplog):
    caplog.set_level(logging.DEBUG)
    member = planted(office, counter)
    # The test could fail: the name is there, in many places.
    assert tables_with_a_trace(office) >= {
        "public.beneficiary",
        "public.member",
        "public.parent_consent",
        "public.regularisation_file",
        "public.waiting_mail",
    }
    assert any(map(traces_in, mail_kept(office)))
    assert prove(office.engine).ok

    erased = erase(office, member_id=member.member_id)

    assert erased == Erased(member.member_id, member.held.holder.beneficiary_id)
    assert tables_with_a_trace(office) == set()
    assert not any(map(traces_in, mail_kept(office)))
    assert not traces_in(caplog.text)
    for file in office.settings.data_dir.rglob("*.log"):
        assert not traces_in(file.read_text(errors="replace")), file
    with unit_of_work(office.engine) as connection:
        photos = connection.execute(text("SELECT count(*) FROM holder_photo")).scalar_one()
        proofs = connection.execute(text("SELECT count(*) FROM proof_file")).scalar_one()
    assert (photos, proofs) == (0, 0)
    assert prove(office.engine).ok
    assert (
        export_person(office.engine, actor="test", member_id=member.member_id)
        == export_person(
            office.engine,
            actor="test",
            beneficiary_id=member.held.holder.beneficiary_id,
        )
        == Refused("person_unknown")
    )


def test_the_ledger_is_the_same_byte_for_byte(office, counter):
    member = planted(office, counter)
    before = dump(office)
    erase(office, member_id=member.member_id)
    after = dump(office)
    for table in ("operation", "wallet", "day_block", "cancellation_reason"):
        assert after[f"public.{table}"] == before[f"public.{table}"], table


def test_a_card_of_an_erased_person_pays_nothing(office, counter):
    member = planted(office, counter)
    till = makers.make_terminal(office)
    identification = counter.identify(till, member.held)
    erase(office, member_id=member.member_id)
    assert counter.read(till, member.held.code).code == "card_blocked"
    assert counter.ask(till, identification, 100).code == "card_blocked"


def test_an_erased_member_is_signed_out_and_unknown(office, counter):
    member = planted(office, counter)
    secret = open_member_session(office, member)
    erase(office, beneficiary_id=member.held.holder.beneficiary_id)
    with unit_of_work(office.engine) as connection:
        assert session_of(connection, secret, realm="youth") is None
        assert member_of_id(connection, member.member_id) is None
    assert erase(office, member_id=member.member_id) == Refused("person_unknown")


def test_a_member_without_a_card_is_erased_alone(office):
    member = make_member(office, linked=False)
    assert erase(office, member_id=member.member_id) == Erased(member.member_id, None)
    assert erase(office, member_id=member.member_id) == Refused("person_unknown")


def test_somebody_elses_data_stays(office, counter):
    other = make_member(office)
    before = export_person(office.engine, actor="test", member_id=other.member_id).parts
    erase(office, member_id=planted(office, counter).member_id)
    after = export_person(office.engine, actor="test", member_id=other.member_id).parts
    assert _lasting(after) == _lasting(before)


def _lasting(parts):
    return {name: part for name, part in parts.items() if name not in ("at", "journal")}


def test_an_export_holds_what_is_kept_and_no_secret(office, counter):
    member = planted(office, counter)
    parts = export_person(office.engine, actor="member:1", member_id=member.member_id).parts
    written = json.dumps(parts, ensure_ascii=False)
    for word in (FIRST, LAST, EMAIL, PARENT, "Collège de Ramatuelle", "Librairie", "C26-"):
        assert word in written, word
    for secret in ("argon2", "hash", "mac", member.held.code):
        assert secret not in written, secret
    assert parts["operations"][-1]["amount_cents"] == 1_050
    assert parts["card_readings"] == [] or parts["card_readings"][0]["outlet"] == "Boutique"
    assert parts["photo"][0]["image"].startswith("data:image/jpeg;base64,")
    assert {line["action"] for line in parts["journal"]} >= {"consent.given", "card.activate"}


def test_an_export_tells_of_one_person_alone(office, counter):
    member = planted(office, counter)
    other = make_member(office)
    parts = export_person(office.engine, actor="test", member_id=other.member_id).parts
    assert not traces_in(json.dumps(parts, ensure_ascii=False))
    assert member.member_id != other.member_id


def test_every_part_of_an_export_can_be_read_by_a_machine(office):
    member = make_member(office, linked=False, told=False)
    parts = export_person(office.engine, actor="test", member_id=member.member_id).parts
    assert json.loads(json.dumps(parts)) == parts
    assert parts["roster"] == parts["cards"] == parts["operations"] == []


def mail_kept_for(office, address):
    return [one for one in mail_kept(office) if one.startswith(f"{address} ")]


def test_what_went_to_a_former_address_goes_too(office):
    member = make_member(office, linked=False, email="now@mail.example")
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text("UPDATE member SET former_emails = ARRAY[:old, :given_on]"),
            {"old": EMAIL, "given_on": "next@mail.example"},
        )
        make_member_link(connection, office.keys, purpose="sign_up", email=EMAIL)
        for address in (EMAIL, "next@mail.example"):
            write_mail(
                connection,
                recipient=address,
                kind="youth_email_changed",
                facts={"at": "22/11/2026 à 11:00"},
            )
    post_everything(office)
    # An address that is somebody else's by now is theirs.
    make_member(office, linked=False, email="next@mail.example")
    assert tables_with_a_trace(office) and mail_kept_for(office, EMAIL)
    erase(office, member_id=member.member_id)
    assert tables_with_a_trace(office) == set()
    assert not mail_kept_for(office, EMAIL)
    assert mail_kept_for(office, "next@mail.example")


def test_a_changed_address_is_remembered_until_then(office):
    member = make_member(office, linked=False, email=EMAIL)
    with unit_of_work(office.engine) as connection:
        ask_email_change(
            connection,
            office.keys,
            member_id=member.member_id,
            email="now@mail.example",
            network="192.0.2.9",
        )
    secret = last_link_to(office, "now@mail.example", "youth_email")
    with unit_of_work(office.engine) as connection:
        assert confirm_email(connection, secret=secret) is None
    post_everything(office)
    erase(office, member_id=member.member_id)
    assert tables_with_a_trace(office) == set()
    assert not mail_kept_for(office, EMAIL)


def macs(office):
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text("SELECT erased_person_macs IS NOT NULL FROM beneficiary")
        ).scalar_one()


def test_digests_of_who_was_given_money_go_with_the_school_year(office, clock):
    holder = makers.make_beneficiary(office)
    erase(office, beneficiary_id=holder.beneficiary_id)
    forget_erased_people(office.engine)
    assert macs(office)
    clock.set(datetime(2027, 9, 30, 10, 0, tzinfo=UTC))
    forget_erased_people(office.engine)
    assert not macs(office)


def test_of_who_was_given_nothing_no_digest_is_kept(office):
    holder = makers.make_beneficiary(office, birth_date="2007-03-02", school_kind="")
    erase(office, beneficiary_id=holder.beneficiary_id)
    assert not macs(office)
