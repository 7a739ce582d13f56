"""What the partners' register does to partners, agreements, outlets and bank accounts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import BadLine
from cardservice.services.import_partners import import_partners
from cardservice.services.partners_file import COLUMNS, PartnersFile, parse_partners
from tests.conftest import A_MORNING
from tests.makers import (
    BOTH_WALLETS,
    IBAN,
    OTHER_IBAN,
    make_agent,
    make_partner,
    partner_line,
    register,
    verify_partner,
)

HEADER = ";".join(COLUMNS).encode()


def take(office, *lines, **options):
    return import_partners(office.engine, register(lines), actor="test", **options)


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def everything(office):
    tables = (
        "partner",
        "agreement",
        "agreement_wallet",
        "outlet",
        "bank_account",
        "journal",
        "register_version",
    )
    return {table: sorted(map(repr, rows(office, f"SELECT * FROM {table}"))) for table in tables}


def accounts(office):
    return [
        tuple(row)
        for row in rows(office, "SELECT iban, state FROM bank_account ORDER BY bank_account_id")
    ]


def test_a_partner_comes_with_agreement_outlets_and_account(office):
    line = partner_line(ends_on="2027-08-31")
    done = take(office, line, line | {"outlet": "Kiosque", "outlet_address": ""})
    assert (done.taken, done.created) == (True, 1)
    (agreement,) = rows(office, "SELECT * FROM agreement")
    assert agreement.ends_before == date(2027, 9, 1)
    assert {row.wallet for row in rows(office, "SELECT wallet FROM agreement_wallet")} == set(
        BOTH_WALLETS
    )
    outlets = dict(tuple(row) for row in rows(office, "SELECT name, address FROM outlet"))
    assert outlets == {"Boutique": line["outlet_address"], "Kiosque": line["address"]}
    (account,) = rows(office, "SELECT * FROM bank_account")
    assert (account.iban, account.state, account.changed_by) == (IBAN, "unverified", "test")


def test_the_first_iban_may_be_verified_at_once(office):
    verify_partner(office, make_partner(office))
    assert accounts(office) == [(IBAN, "verified")]


def test_the_same_file_twice_changes_nothing_not_even_the_registers_version(office):
    line = partner_line()
    lines = [line, line | {"outlet": "Kiosque"}, partner_line(wallets="")]
    take(office, *lines)
    before = everything(office)
    done = take(office, *lines)
    assert (done.created, done.updated, done.unchanged) == (0, 0, 2)
    assert everything(office) == before


def test_every_field_that_differs_is_updated(office):
    line = partner_line()
    take(office, line)
    changed = line | {
        "trade_name": "Autre nom",
        "wallets": "tutoring",
        "ends_on": "31/08/2027",
        "outlet_address": "1 place Neuve",
    }
    assert take(office, changed).updated == 1
    assert rows(office, "SELECT trade_name FROM partner") == [("Autre nom",)]
    assert rows(office, "SELECT wallet FROM agreement_wallet") == [("tutoring",)]
    assert rows(office, "SELECT ends_before FROM agreement") == [(date(2027, 9, 1),)]
    assert rows(office, "SELECT address FROM outlet") == [("1 place Neuve",)]


def test_a_new_agreement_number_is_one_more_agreement(office):
    line = partner_line()
    take(office, line)
    take(office, line | {"agreement_number": "CONV-NEW", "wallets": "tutoring"})
    assert len(rows(office, "SELECT FROM agreement")) == 2


def test_a_changed_iban_waits_two_days_while_the_old_one_stays_in_use(office):
    line = partner_line()
    take(office, line)
    with unit_of_work(office.engine) as connection:
        siret = connection.execute(text("SELECT siret FROM partner")).scalar_one()
    verify_partner(office, type("Named", (), {"siret": siret})())
    take(office, line | {"iban": OTHER_IBAN})
    assert accounts(office) == [(IBAN, "verified"), (OTHER_IBAN, "unverified")]
    (waiting,) = rows(office, "SELECT * FROM bank_account WHERE state = 'unverified'")
    assert waiting.usable_from - waiting.changed_at == timedelta(hours=48)
    assert waiting.usable_from - A_MORNING < timedelta(hours=48, minutes=5)


def test_a_waiting_iban_that_changes_again_waits_anew(office):
    line = partner_line()
    take(office, line)
    take(office, line | {"iban": OTHER_IBAN})
    assert accounts(office) == [(IBAN, "replaced"), (OTHER_IBAN, "unverified")]
    (waiting,) = rows(office, "SELECT * FROM bank_account WHERE state = 'unverified'")
    assert waiting.usable_from > waiting.changed_at


def test_a_change_that_is_taken_back_leaves_the_verified_iban_in_use(office):
    line = partner_line()
    take(office, line)
    verify_partner(office, type("Named", (), {"siret": line["siret"]})(), make_agent(office))
    take(office, line | {"iban": OTHER_IBAN})
    take(office, line)
    assert accounts(office) == [(IBAN, "verified"), (OTHER_IBAN, "replaced")]


def test_an_agreement_number_of_another_stored_partner_is_a_bad_line(office):
    line = partner_line()
    take(office, line)
    done = take(office, partner_line(agreement_number=line["agreement_number"]))
    assert done.bad_lines == [BadLine(2, "agreement_of_another", "agreement_number")]
    assert not done.taken


def test_bad_lines_hold_everything_back_unless_the_good_ones_are_accepted(office):
    lines = [partner_line(), partner_line(siret="123")]
    before = everything(office)
    assert not take(office, *lines).taken
    assert everything(office) == before
    done = take(office, *lines, accept_valid=True)
    assert (done.created, done.bad_lines) == (1, [BadLine(3, "siret_malformed", "siret")])


@pytest.mark.parametrize(
    ("fields", "code", "column"),
    [
        ({"siret": "12345678901234"}, "siret_malformed", "siret"),
        ({"iban": "FR7630004000031234567890144"}, "iban_malformed", "iban"),
        ({"iban": ""}, "field_missing", "iban"),
        ({"email": "nobody"}, "email_malformed", "email"),
        ({"starts_on": "soon"}, "date_malformed", "starts_on"),
        ({"ends_on": "9999-12-31"}, "date_malformed", "ends_on"),
        ({"ends_on": "2023-08-31"}, "agreement_ends_too_early", "ends_on"),
        ({"wallets": "culture"}, "wallet_unknown", "wallets"),
        ({"postal_code": "ABCDE"}, "postal_code_malformed", "postal_code"),
        ({"holder_name": "x" * 71}, "field_too_long", "holder_name"),
    ],
)
def test_a_bad_field_is_told_by_line_code_and_column(fields, code, column):
    parsed = parse_partners(register([partner_line(**fields)]))
    assert parsed.bad_lines == [BadLine(2, code, column)]
    assert parsed.entries == {}


@pytest.mark.parametrize(
    ("fields", "code", "column"),
    [
        ({"outlet": "Kiosque", "legal_name": "Autre"}, "partner_lines_differ", "legal_name"),
        ({"outlet": "Kiosque", "iban": OTHER_IBAN}, "partner_lines_differ", "iban"),
        ({"outlet": "Kiosque", "wallets": ""}, "partner_lines_differ", "agreement_number"),
        ({}, "outlet_twice", "outlet"),
    ],
)
def test_a_line_that_contradicts_the_partners_first_is_bad(fields, code, column):
    line = partner_line()
    parsed = parse_partners(register([line, line | fields]))
    assert parsed.bad_lines == [BadLine(3, code, column)]


def test_one_agreement_number_cannot_be_two_partners():
    lines = [partner_line(agreement_number="CONV"), partner_line(agreement_number="CONV")]
    parsed = parse_partners(register(lines))
    assert parsed.bad_lines == [BadLine(3, "agreement_of_another", "agreement_number")]


def test_a_siret_and_an_iban_may_be_written_in_groups():
    line = partner_line()
    grouped = line | {
        "siret": f"{line['siret'][:3]} {line['siret'][3:]}",
        "iban": "fr76 3000 4000 0312 3456 7890 143",
    }
    (entry,) = parse_partners(register([grouped])).entries.values()
    assert (entry.partner.siret, entry.bank.iban) == (line["siret"], IBAN)


@given(st.one_of(st.binary(), st.lists(st.text(max_size=20), max_size=17)))
def test_nothing_makes_the_parser_raise(content):
    if isinstance(content, list):
        content = HEADER + b"\n" + ";".join(content).encode("utf-8", "surrogatepass")
    assert isinstance(parse_partners(content), PartnersFile | Refused)
