"""What a roster line may hold, judged without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.eligibility import EligibilityRules
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import BadLine, day_written
from cardservice.services.roster_file import COLUMNS, RosterFile, RosterRules, parse_roster
from tests.makers import pupil, roster, youth

RULES = RosterRules(
    date(2026, 9, 1),
    EligibilityRules((10, 17), (11, 15), (16, 25)),
    {"13080": frozenset(("aix en provence",)), "13008": frozenset(("marseille",))},
)
HEADER = ";".join(COLUMNS).encode()


def bad_lines(content):
    parsed = parse_roster(content, RULES)
    assert isinstance(parsed, RosterFile)
    return parsed.bad_lines


@pytest.mark.parametrize(
    ("fields", "code", "column"),
    [
        ({"ine": ""}, "field_missing", "ine"),
        ({"last_name": ""}, "field_missing", "last_name"),
        ({"ine": "12 34"}, "ine_malformed", "ine"),
        ({"ine": "É" * 11}, "ine_malformed", "ine"),
        ({"last_name": "x" * 101}, "field_too_long", "last_name"),
        ({"last_name": "Mar\x00tin"}, "field_has_control_characters", "last_name"),
        ({"last_name": "Mar\u202etin"}, "field_has_control_characters", "last_name"),
        ({"first_name": "Lé\ta"}, "field_has_control_characters", "first_name"),
        ({"birth_date": "2013-02-29"}, "date_malformed", "birth_date"),
        ({"birth_date": "31/04/2013"}, "date_malformed", "birth_date"),
        ({"birth_date": "1/4/2013"}, "date_malformed", "birth_date"),
        ({"birth_date": "20130401"}, "date_malformed", "birth_date"),
        ({"birth_date": "٢٠١٣-٠٤-٠١"}, "date_malformed", "birth_date"),
        ({"postal_code": "1308"}, "postal_code_malformed", "postal_code"),
        ({"postal_code": "75001", "commune": "Paris"}, "lives_elsewhere", "postal_code"),
        ({"commune": "Marseille"}, "commune_unknown", "commune"),
        ({"school_kind": "lycee"}, "school_kind_unknown", "school_kind"),
        ({"email": "lea@nowhere"}, "email_malformed", "email"),
        ({"email": "lea@@example.fr"}, "email_malformed", "email"),
        ({"birth_date": "2020-01-01"}, "too_young", "birth_date"),
        ({"birth_date": "1990-01-01"}, "too_old", "birth_date"),
        ({"school_kind": "", "school": ""}, "not_schooled_here", "birth_date"),
    ],
)
def test_a_bad_field_is_told_by_line_code_and_column(fields, code, column):
    assert bad_lines(roster([pupil(), pupil(**fields)])) == [BadLine(3, code, column)]


def test_good_lines_stand_beside_bad_ones():
    parsed = parse_roster(roster([pupil(), pupil(birth_date="x"), youth()]), RULES)
    assert [row.category for row in parsed.rows] == ["collegien", "youth"]


def test_a_byte_order_mark_crlf_quotes_and_empty_lines_are_read_kindly():
    line = pupil(last_name='"Dupont; dit ""Jo"""')
    content = b"\xef\xbb\xbf" + roster([line]).replace(b"\n", b"\r\n") + b"\r\n;;;;;;;;\r\n"
    parsed = parse_roster(content, RULES)
    assert parsed.bad_lines == []
    assert parsed.rows[0].last_name == 'Dupont; dit "Jo"'


def test_both_spellings_of_a_day_are_read():
    assert day_written("2013-05-14") == day_written("14/05/2013") == date(2013, 5, 14)


def test_an_open_quote_spoils_its_own_line_only():
    content = roster([pupil(last_name='"Martin'), pupil()])
    assert bad_lines(content) == [BadLine(2, "line_quotes_broken")]


def test_a_line_in_another_encoding_is_told_and_the_next_is_read():
    content = roster([pupil(), pupil()]).replace("Léa".encode(), "Léa".encode("latin-1"), 1)
    assert bad_lines(content) == [BadLine(2, "line_not_utf8")]


def test_missing_and_extra_columns_are_told():
    lines = roster([pupil()]).splitlines()
    content = b"\n".join([lines[0], lines[1] + b";more", lines[1].rsplit(b";", 1)[0]])
    assert bad_lines(content) == [
        BadLine(2, "line_columns_miscounted"),
        BadLine(3, "line_columns_miscounted"),
    ]


def test_the_second_line_of_one_ine_is_bad_whatever_its_case():
    content = roster([pupil(ine="123456789ab"), pupil(ine="123456789AB")])
    assert bad_lines(content) == [BadLine(3, "ine_twice", "ine")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"ine,last_name\n",
        HEADER + b";more\n",
        HEADER.replace(b"ine;last_name", b"last_name;ine"),
        "\ufeff".encode("utf-16") + HEADER,
        HEADER.decode().encode("utf-16"),
    ],
)
def test_a_file_with_other_columns_is_refused_as_a_whole(content):
    refused = parse_roster(content, RULES)
    assert isinstance(refused, Refused)
    assert refused.code == "file_columns_differ"


def test_a_file_of_too_many_lines_or_bytes_is_refused_as_a_whole():
    assert parse_roster(HEADER + b"\n" * 1_000_001, RULES).code == "file_too_long"
    assert parse_roster(HEADER + b" " * (64 * 1024 * 1024), RULES).code == "file_too_large"


@given(st.binary())
def test_no_bytes_make_the_parser_raise(content):
    parse_roster(content, RULES)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_no_lines_under_a_good_header_make_the_parser_raise(lines):
    parsed = parse_roster(b"\n".join([HEADER, *lines]), RULES)
    assert isinstance(parsed, RosterFile)


@given(st.lists(st.text(max_size=25), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_no_nine_fields_make_the_parser_raise(fields):
    content = HEADER + b"\n" + ";".join(fields).encode("utf-8", "surrogatepass")
    parse_roster(content, RULES)
