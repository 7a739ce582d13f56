"""What a roster does to people and money, and what it never does."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services import give_grants
from cardservice.services.erase_person import Whom, erase_person
from cardservice.services.import_roster import import_roster
from cardservice.services.roster_file import COLUMNS
from tests.makers import YEAR, make_beneficiary, make_youth, pupil, roster, youth


def take(office, *lines, **options):
    return import_roster(office.engine, office.keys, roster(lines), actor="test", **options)


def rows(office, statement, **values):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement), values).all()


def everything(office):
    """Every row that an import could touch."""
    tables = ("beneficiary", "beneficiary_year", "wallet", "operation", "journal")
    return {table: sorted(map(repr, rows(office, f"SELECT * FROM {table}"))) for table in tables}


def balances(office, ine):
    return {
        row.wallet: row.balance_cents
        for row in rows(
            office,
            "SELECT wallet, balance_cents FROM wallet JOIN beneficiary USING (beneficiary_id)"
            " WHERE ine = :ine",
            ine=ine,
        )
    }


def test_a_collegien_gets_a_hundred_and_fifty_euros_in_two_wallets(office):
    line = pupil()
    done = take(office, line)
    assert (done.created, done.granted) == (1, 2)
    assert balances(office, line["ine"]) == {"sport_culture_leisure": 10000, "tutoring": 5000}


def test_a_youth_gets_a_category_and_no_money(office):
    line = youth()
    done = take(office, line)
    assert (done.created, done.granted) == (1, 0)
    assert balances(office, line["ine"]) == {}
    assert rows(office, "SELECT category FROM beneficiary_year") == [("youth",)]


def test_the_same_file_twice_changes_nothing(office):
    lines = [pupil(), youth(), pupil()]
    take(office, *lines)
    before = everything(office)
    done = take(office, *lines)
    assert (done.created, done.updated, done.unchanged, done.granted) == (0, 0, 3, 0)
    assert everything(office) == before


def test_a_bad_line_holds_the_whole_file_back(office):
    before = everything(office)
    done = take(office, pupil(), pupil(birth_date="never"))
    assert not done.taken
    assert [(line.number, line.code) for line in done.bad_lines] == [(3, "date_malformed")]
    assert everything(office) == before


def test_good_lines_are_taken_when_the_caller_accepts_them(office):
    done = take(office, pupil(), pupil(birth_date="never"), accept_valid=True)
    assert done.taken
    assert (done.created, len(done.bad_lines)) == (1, 1)


def test_a_known_ine_is_updated_and_keeps_its_money(office):
    line = pupil()
    take(office, line)
    done = take(office, line | {"last_name": "Durand", "postal_code": "13008"} | MARSEILLE)
    assert (done.created, done.updated, done.granted) == (0, 1, 0)
    (person,) = rows(office, "SELECT last_name, commune FROM beneficiary")
    assert person == ("Durand", "Marseille")
    assert balances(office, line["ine"])["tutoring"] == 5000


MARSEILLE = {"commune": "Marseille"}


def test_a_youth_who_becomes_a_collegien_gets_the_grant(office):
    line = pupil(birth_date="2010-01-05", school_kind="", school="")
    assert take(office, line).granted == 0
    assert take(office, line | {"school_kind": "college"}).granted == 2
    assert balances(office, line["ine"])["sport_culture_leisure"] == 10000


def test_a_collegien_who_leaves_college_stays_one_until_the_year_ends(office):
    line = pupil(birth_date="2010-01-05")
    take(office, line)
    take(office, line | {"school_kind": "", "school": ""})
    assert rows(office, "SELECT category FROM beneficiary_year") == [("collegien",)]


def test_a_new_school_year_gives_a_new_grant(office):
    line = pupil()
    take(office, line, school_year=YEAR)
    done = take(office, line, school_year=YEAR + 1)
    assert (done.created, done.updated, done.granted) == (0, 1, 2)
    assert len(rows(office, "SELECT FROM wallet")) == 4


def test_an_erased_ine_is_never_recreated(office):
    line = pupil()
    take(office, line)
    (person,) = rows(office, "SELECT beneficiary_id FROM beneficiary")
    erase_person(
        office.engine,
        office.keys,
        Whom(beneficiary_id=person.beneficiary_id),
        actor="test",
        forget_mail=lambda addresses: None,
    )
    assert line["ine"] not in str(everything(office))
    before = everything(office)
    for school_year in (YEAR, YEAR + 1):
        done = take(office, line, school_year=school_year)
        assert (done.erased, done.created, done.updated, done.granted) == (1, 0, 0, 0)
    assert everything(office) == before


def test_a_year_that_the_scheme_does_not_hold_is_refused(office):
    refused = take(office, pupil(), school_year=1999)
    assert refused == Refused("school_year_unknown", {"school_year": 1999})


def test_without_a_year_it_is_the_one_of_the_ledgers_day(office, clock):
    clock.set(datetime(2027, 8, 31, 21, 59, tzinfo=UTC))
    assert take(office, pupil()).school_year == 2026
    clock.set(datetime(2027, 8, 31, 22, 0, tzinfo=UTC))
    assert take(office, pupil()).school_year == 2027


def test_an_import_cut_before_its_grants_is_completed_by_the_next(office, monkeypatch):
    line = pupil()

    def cut(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(give_grants.post, "grant", cut)
        try:
            take(office, line)
        except KeyboardInterrupt:
            assert balances(office, line["ine"]) == {}
    assert take(office, line).granted == 2
    assert balances(office, line["ine"])["tutoring"] == 5000


def test_two_imports_of_one_file_at_once_create_and_grant_once(office):
    lines = [pupil() for _ in range(50)]
    answers = []

    def run():
        answers.append(take(office, *lines))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer.created for answer in answers) == 50
    assert sum(answer.granted for answer in answers) == 100
    assert len(rows(office, "SELECT FROM operation")) == 100


def test_the_journal_says_who_and_how_many_and_names_nobody(office):
    take(office, pupil(last_name="Zanzibar"))
    (line,) = rows(office, "SELECT actor, action, subject, detail FROM journal")
    assert (line.actor, line.action, line.subject) == ("test", "roster.import", "school_year:2026")
    assert "created=1" in line.detail
    assert "Zanzibar" not in repr(line)


def test_a_defect_in_the_middle_of_an_import_takes_nothing_and_logs_nobodys_name(office, superuser):
    log = office.settings.data_dir / "postgres" / "server.log"
    logged_before = len(log.read_text())
    superuser("ALTER TABLE beneficiary ADD CONSTRAINT defect CHECK (false) NOT VALID")
    try:
        with pytest.raises(IntegrityError) as defect:
            take(office, pupil(last_name="Zanzibar"))
    finally:
        superuser("ALTER TABLE beneficiary DROP CONSTRAINT defect")
    logged = log.read_text()[logged_before:]
    assert "defect" in logged
    assert "Zanzibar" not in logged
    assert "parameters hidden" in str(defect.value)
    assert rows(office, "SELECT FROM beneficiary") == []


def test_progress_reaches_its_total(office):
    seen = []
    take(office, pupil(), youth(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2), (1, 2), (2, 2)]


def test_more_people_than_one_batch_are_all_taken(office, monkeypatch):
    monkeypatch.setattr("cardservice.services.import_roster.PEOPLE_AT_ONCE", 7)
    monkeypatch.setattr("cardservice.services.give_grants.GRANTS_AT_ONCE", 7)
    done = take(office, *[pupil() for _ in range(20)])
    assert (done.created, done.granted) == (20, 40)


def test_a_file_with_only_its_header_takes_nothing_and_is_fine(office):
    done = import_roster(office.engine, office.keys, (";".join(COLUMNS)).encode(), actor="test")
    assert (done.taken, done.created, done.granted) == (True, 0, 0)


def test_the_makers_make_a_collegien_and_a_youth(office):
    collegien, other = make_beneficiary(office), make_youth(office)
    assert len(balances(office, collegien.ine)) == 2
    assert balances(office, other.ine) == {}
