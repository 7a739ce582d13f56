"""The scheme in the database is what the file says, and a second run changes nothing."""

from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import text

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.domain.eligibility import EligibilityRules
from cardservice.services.apply_scheme import apply_scheme


def rows(office, statement, **values):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement), values).all()


def apply_again(office):
    with wiring.opened_as_owner(office.settings) as owner:
        return apply_scheme(owner, actor="test")


def test_an_empty_database_gets_every_row_of_the_scheme(bare_office):
    changed = apply_again(bare_office).changed
    assert changed["school_year"] == 8
    assert changed["wallet_grant"] == 16
    assert changed["commune"] == 134
    assert changed["scheme_rule"] == 17


def test_a_second_run_changes_nothing_and_says_nothing(bare_office):
    apply_again(bare_office)
    journal = rows(bare_office, "SELECT * FROM journal")
    assert set(apply_again(bare_office).changed.values()) == {0}
    assert rows(bare_office, "SELECT * FROM journal") == journal


def test_a_changed_value_is_brought_back_to_the_file(office, superuser):
    superuser("UPDATE wallet_grant SET amount_cents = 1 WHERE school_year = 2026")
    assert apply_again(office).changed["wallet_grant"] == 2
    with unit_of_work(office.engine) as connection:
        grants = scheme.grants_of(connection, 2026)
    assert grants == {"sport_culture_leisure": 10000, "tutoring": 5000}


def test_fortnights_follow_each_other_without_a_gap_from_the_first_to_the_last_year(office):
    periods = rows(office, "SELECT * FROM fortnight ORDER BY starts_on")
    assert periods[0].starts_on <= date(2023, 9, 4)
    assert periods[-1].ends_before > date(2031, 8, 31)
    assert all(earlier.ends_before == later.starts_on for earlier, later in pairwise(periods))
    assert len([period for period in periods if period.period_key.startswith("2026-")]) == 24


def test_the_last_day_of_every_school_year_is_the_31_of_august(office):
    for year in rows(office, "SELECT * FROM school_year"):
        assert year.last_day == date(year.school_year + 1, 8, 31)
        assert year.first_day - date(year.school_year, 8, 31) <= timedelta(days=4)


def test_every_row_of_the_scheme_names_its_source(office):
    for table in ("school_year", "wallet_grant", "scheme_rule"):
        assert rows(office, f"SELECT * FROM {table} WHERE length(source) < 10") == []


def test_the_ages_in_force_are_those_of_the_guide(office):
    with unit_of_work(office.engine) as connection:
        rules = scheme.eligibility_rules(connection, date(2026, 9, 1))
    assert rules == EligibilityRules((10, 17), (11, 15), (16, 25))


def test_between_august_and_the_first_school_day_there_is_no_school_year(office):
    with unit_of_work(office.engine) as connection:
        assert scheme.school_year_on(connection, date(2024, 8, 31)).school_year == 2023
        assert scheme.school_year_on(connection, date(2024, 9, 1)) is None
        assert scheme.school_year_on(connection, date(2024, 9, 2)).school_year == 2024


def test_a_commune_is_known_in_every_usual_spelling(office):
    with unit_of_work(office.engine) as connection:
        for postal_code, commune in (
            ("13210", "ST REMY DE PROVENCE"),
            ("13008", "Marseille"),
            ("13008", "MARSEILLE 08"),
            ("13008", "Marseille 8e Arrondissement"),
            ("13610", "Le Puy-Ste-Réparade"),
            ("13130", "Berre-l'Etang"),
        ):
            assert scheme.known_commune(connection, postal_code, commune), commune
        assert not scheme.known_commune(connection, "13210", "Marseille")
        assert not scheme.known_commune(connection, "75001", "Paris")
