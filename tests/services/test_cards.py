"""Issuing, activating, blocking, pausing and replacing cards; PINs and photos."""

import io
import secrets
import threading
from datetime import UTC, date, datetime

import pytest
from PIL import Image
from sqlalchemy import text

from cardservice.adapters.qr_image import card_qr
from cardservice.db.engine import unit_of_work
from cardservice.domain.card_code import fold_card_code, last4, print_card_code
from cardservice.domain.keys import pin_mac
from cardservice.domain.refusal import Refused
from cardservice.services.activate_card import activate_card
from cardservice.services.block_card import block_card
from cardservice.services.choose_pin import choose_pin
from cardservice.services.issue_cards import issue_cards
from cardservice.services.pause_card import pause_card
from cardservice.services.portrait import portrait_of
from cardservice.services.replace_card import replace_card
from cardservice.services.resume_card import resume_card
from cardservice.services.set_photo import set_photo
from tests.makers import PIN, YEAR, make_beneficiary, make_card, make_youth


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def everything(office):
    tables = ("card", "holder_pin", "holder_photo", "journal")
    return {table: sorted(map(repr, rows(office, f"SELECT * FROM {table}"))) for table in tables}


def state_of(office, held):
    (row,) = rows(office, f"SELECT state FROM card WHERE card_id = {held.card_id}")
    return row.state


def issue(office, **options):
    return issue_cards(
        office.engine,
        office.keys,
        school_year=options.pop("school_year", YEAR),
        draw=secrets.randbelow,
        prove=options.pop("prove", lambda code: None),
        actor="test",
        **options,
    )


def named(verb):
    """A verb that takes a card's name, with the arguments every test gives alike."""

    def call(office, card_name, **options):
        return verb(office.engine, office.keys, card_name=card_name, actor="test", **options)

    return call


block, pause, resume, pin = map(named, (block_card, pause_card, resume_card, choose_pin))
photo = named(set_photo)


def activate(office, reading, pin=PIN):
    return activate_card(office.engine, office.keys, reading=reading, pin=pin, actor="test")


def replace(office, card_name, **options):
    return replace_card(
        office.engine,
        office.keys,
        card_name=card_name,
        draw=secrets.randbelow,
        prove=lambda code: None,
        actor="test",
        **options,
    )


# Issuing


def test_everybody_of_the_year_without_a_card_gets_one_and_only_one(office):
    make_beneficiary(office), make_youth(office), make_card(office)
    assert [card.serial for card in issue(office).cards] == ["C26-000002", "C26-000003"]
    assert issue(office).cards == []


def test_a_card_is_valid_from_the_first_school_day_until_the_31_of_august(office):
    make_card(office)
    (card,) = rows(office, "SELECT * FROM card")
    assert (card.valid_from, card.valid_until) == (date(2026, 9, 1), date(2027, 9, 1))


def test_a_code_is_told_once_and_only_its_digest_and_last_four_are_stored(office):
    make_beneficiary(office)
    (card,) = issue(office).cards
    assert fold_card_code(card.code) == card.code
    (row,) = rows(office, "SELECT * FROM card")
    assert row.last4 == last4(card.code)
    assert card.code not in repr(row)
    assert card.code not in repr(card)
    assert card.code not in repr(everything(office))


def test_every_code_is_proved_before_its_card_exists(office):
    make_beneficiary(office)
    proved = []
    issued = issue(office, prove=lambda code: proved.append((code, card_qr(code))))
    assert [code for code, _ in proved] == [card.code for card in issued.cards]

    def unreadable(code):
        raise RuntimeError

    make_beneficiary(office)
    before = everything(office)
    with pytest.raises(RuntimeError):
        issue(office, prove=unreadable)
    assert everything(office) == before


def test_a_sheet_that_cannot_be_written_undoes_the_lot(office):
    make_beneficiary(office)
    before = everything(office)

    def full_disk(cards):
        raise OSError

    with pytest.raises(OSError):
        issue(office, hand_over=full_disk)
    assert everything(office) == before


def test_lots_go_on_where_the_last_one_stopped(office):
    for _ in range(5):
        make_beneficiary(office)
    lots = [issue(office, at_most=2) for _ in range(3)]
    assert [(len(lot.cards), lot.waiting) for lot in lots] == [(2, 3), (2, 1), (1, 0)]


def test_two_issues_at_once_give_nobody_two_cards(office):
    for _ in range(20):
        make_beneficiary(office)
    threads = [threading.Thread(target=issue, args=(office,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(office, "SELECT FROM card")) == 20
    assert len(rows(office, "SELECT DISTINCT serial FROM card")) == 20


def test_one_chosen_person_gets_a_card_once(office):
    holder = make_beneficiary(office)
    make_beneficiary(office)
    assert len(issue(office, ine=holder.ine.lower()).cards) == 1
    assert issue(office, ine=holder.ine).code == "card_exists"
    assert issue(office, ine="NOBODY").code == "beneficiary_unknown"
    assert issue(office, school_year=2050).code == "school_year_unknown"


# Activating


def test_a_card_is_activated_by_its_printed_code_or_qr_text_once(office):
    card = make_card(office, pin=None)
    done = activate(office, print_card_code(card.code).lower())
    assert (done.state, done.last4) == ("active", last4(card.code))
    assert state_of(office, card) == "active"
    assert activate(office, card.code) == Refused("card_already_active")


@pytest.mark.parametrize("reading", ["", "C26-000001", "0" * 13, "🂡" * 14, "A" * 200])
def test_a_reading_of_no_card_is_unknown(office, reading):
    make_card(office, pin=None)
    assert activate(office, reading) == Refused("card_unknown")


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (None, "pin_missing"),
        ("12", "pin_malformed"),
        ("١٢٣٤", "pin_malformed"),
        ("1234", "pin_too_simple"),
        ("2013", "pin_is_birth_date"),
        ("1405", "pin_is_birth_date"),
    ],
)
def test_the_first_activation_needs_a_pin_that_nobody_guesses(office, pin, code):
    card = make_card(office, pin=None)
    before = everything(office)
    assert activate(office, card.code, pin) == Refused(code)
    assert everything(office) == before


def test_a_card_is_activated_in_august_but_not_after_its_year(office, clock):
    clock.set(datetime(2026, 8, 20, 8, 0, tzinfo=UTC))
    early, late = make_card(office, pin=None), make_card(office, pin=None)
    assert activate(office, early.code).state == "active"
    clock.set(datetime(2027, 8, 31, 22, 0, tzinfo=UTC))
    assert activate(office, late.code) == Refused("school_year_over")
    clock.set(datetime(2027, 9, 2, 8, 0, tzinfo=UTC))
    assert activate(office, late.code) == Refused("card_obsolete")


def test_two_activations_at_once_succeed_once(office):
    card = make_card(office, pin=None)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(activate(office, card.code)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([answer for answer in answers if not isinstance(answer, Refused)]) == 1


# PIN


def test_a_new_pin_forgets_the_wrong_tries_of_the_old_one(office, superuser):
    card = make_card(office)
    superuser("UPDATE holder_pin SET tries = 3")
    assert pin(office, card.serial, pin="5093").state == "active"
    (row,) = rows(office, "SELECT * FROM holder_pin")
    assert row.tries == 0
    assert row.mac == pin_mac(office.keys, card.holder.beneficiary_id, "5093")


def test_a_weak_pin_leaves_the_old_one_in_place(office):
    card = make_card(office)
    before = everything(office)
    assert pin(office, card.code, pin="0000") == Refused("pin_too_simple")
    assert everything(office) == before


def test_a_blocked_or_issued_card_chooses_no_pin(office):
    card, issued = make_card(office), make_card(office, pin=None)
    block(office, card.code, reason="stolen")
    assert pin(office, card.code, pin="5093") == Refused("card_blocked")
    assert pin(office, issued.code, pin="5093") == Refused("card_not_activated")


# Blocking, pausing, resuming


@pytest.mark.parametrize("first", ["issued", "active", "paused"])
def test_a_card_is_blocked_from_every_living_state_and_for_ever(office, first):
    card = make_card(office, pin=None if first == "issued" else PIN)
    if first == "paused":
        pause(office, card.code)
    assert block(office, card.serial, reason="lost").state == "blocked"
    before = everything(office)
    assert block(office, card.code, reason="lost") == Refused("card_blocked")
    assert resume(office, card.code) == Refused("card_blocked")
    assert pause(office, card.code) == Refused("card_blocked")
    assert activate(office, card.code) == Refused("card_blocked")
    assert everything(office) == before


def test_a_pause_ends_when_the_holder_says_so(office):
    card = make_card(office)
    assert pause(office, card.code).state == "paused"
    assert pause(office, card.code) == Refused("card_paused")
    assert resume(office, card.code).state == "active"
    assert resume(office, card.code) == Refused("card_not_paused")


def test_an_issued_card_is_neither_paused_nor_resumed(office):
    card = make_card(office, pin=None)
    assert pause(office, card.code) == Refused("card_not_activated")
    assert resume(office, card.code) == Refused("card_not_activated")


def test_an_unknown_card_is_unknown_to_every_verb(office):
    for answer in (
        block(office, "C26-999999", reason="lost"),
        pause(office, "nothing"),
        resume(office, "C26-000000"),
        pin(office, "", pin=PIN),
        replace(office, "C99-000001"),
        photo(office, "C26-999999", image=picture()),
    ):
        assert answer == Refused("card_unknown")


# Replacing


def test_a_replaced_card_has_a_successor_that_must_be_activated(office):
    old = make_card(office)
    done = replace(office, old.code)
    assert (done.old_serial, done.card.serial) == ("C26-000001", "C26-000002")
    assert state_of(office, old) == "replaced"
    new = next(row for row in rows(office, "SELECT * FROM card") if row.state == "issued")
    (row,) = rows(office, f"SELECT replaced_by FROM card WHERE card_id = {old.card_id}")
    assert row.replaced_by == new.card_id
    assert activate(office, done.card.code, pin=None).state == "active"


def test_a_blocked_card_stays_blocked_when_it_is_replaced(office):
    old = make_card(office)
    block(office, old.code, reason="stolen")
    replace(office, old.code)
    assert state_of(office, old) == "blocked"


def test_a_card_is_replaced_once_and_the_new_one_may_be_replaced_again(office):
    old = make_card(office)
    new = replace(office, old.code)
    assert replace(office, old.code) == Refused("card_replaced")
    assert replace(office, new.card.code).card.serial == "C26-000003"


def test_the_pin_and_its_wrong_tries_survive_a_replaced_card(office, superuser):
    old = make_card(office)
    superuser("UPDATE holder_pin SET tries = 2")
    before = rows(office, "SELECT * FROM holder_pin")
    replace(office, old.code)
    assert rows(office, "SELECT * FROM holder_pin") == before


def test_a_card_of_a_year_that_is_over_is_not_replaced(office, clock):
    card = make_card(office)
    clock.set(datetime(2027, 9, 10, 8, 0, tzinfo=UTC))
    assert replace(office, card.code) == Refused("card_obsolete")


def test_a_sheet_that_cannot_be_written_leaves_the_old_card_current(office):
    card = make_card(office)
    before = everything(office)

    def full_disk(new):
        raise OSError

    with pytest.raises(OSError):
        replace(office, card.code, hand_over=full_disk)
    assert everything(office) == before


def test_two_replacements_at_once_make_one_new_card(office):
    card = make_card(office)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(replace(office, card.serial)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(answer, Refused) for answer in answers) == [False] + [True] * 5
    assert len(rows(office, "SELECT FROM card WHERE replaced_by IS NULL")) == 1


def test_the_journal_names_cards_by_serial_and_never_by_code(office):
    card = make_card(office)
    block(office, card.code, reason="lost")
    journal = rows(office, "SELECT * FROM journal")
    assert [line.subject for line in journal if line.action == "card.block"] == ["card:C26-000001"]
    assert card.code not in repr(journal)


# Photos


def picture(width=1200, height=800, kind="JPEG", **options):
    output = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(output, format=kind, **options)
    return output.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_stored_small(office, kind):
    card = make_card(office)
    assert photo(office, card.code, image=picture(kind=kind)).serial == card.serial
    (row,) = rows(office, "SELECT image FROM holder_photo")
    with Image.open(io.BytesIO(row.image)) as stored:
        assert (stored.format, stored.size) == ("JPEG", (480, 320))


def test_a_second_photo_takes_the_place_of_the_first(office):
    card = make_card(office)
    photo(office, card.code, image=picture())
    photo(office, card.code, image=picture(300, 400))
    (row,) = rows(office, "SELECT image FROM holder_photo")
    with Image.open(io.BytesIO(row.image)) as stored:
        assert stored.size == (300, 400)


def test_a_stored_photo_stands_upright_and_holds_no_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SECRET CAMERA"
    portrait = portrait_of(picture(1200, 800, exif=exif, comment=b"SECRET PLACE"))
    assert b"SECRET" not in portrait
    with Image.open(io.BytesIO(portrait)) as stored:
        assert stored.size == (320, 480)
        assert not stored.getexif()


def test_a_photo_beyond_the_limits_is_refused_before_it_is_decoded():
    assert portrait_of(b"\xff" * (8 * 1024 * 1024 + 1)).code == "photo_too_heavy"
    assert portrait_of(picture(5000, 4001, kind="PNG")).code == "photo_too_wide"
    bomb = bytearray(picture(10, 10, kind="PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    assert portrait_of(bytes(bomb)).code in ("photo_too_wide", "photo_unreadable")


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"%PDF-1.7", picture()[:200], b"\x89PNG\r\n"])
def test_what_is_not_a_photo_is_refused(image):
    assert portrait_of(image) == Refused("photo_unreadable")
