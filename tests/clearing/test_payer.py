"""Who pays: named by the settings of the instance, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from cardservice.db.sql_objects import SQL_DIR
from cardservice.domain.refusal import Refused
from cardservice.settings import Settings
from cardservice.wiring import Office
from clearing.bank.typed import confirm_run
from clearing.payer import debtor_of
from clearing.payment_file import Debtor
from clearing.run.export import export_run, write_files
from clearing.run.record import Run
from tests.clearing.story import DEBTOR, PERIOD, Fortnight
from tests.conftest import superuser_dsn

NAMED = {
    "debtor_name": "DEPARTEMENT",
    "debtor_iban": "FR76 3000 4000 0312 3456 7890 143",
    "debtor_organisation_id": "22130001500247",
}


@pytest.fixture
def real_instance(office: Office, superuser: Callable[[str], None]) -> Iterator[Office]:
    """For a moment a database without a movable clock, as a real one is."""
    superuser("ALTER TABLE demo_clock RENAME TO not_a_demo")
    yield office
    with psycopg.connect(superuser_dsn(office)) as connection:
        connection.execute("ALTER TABLE not_a_demo RENAME TO demo_clock")
        connection.execute((SQL_DIR / "demo" / "ledger_now.sql").read_bytes())
        connection.execute("ALTER FUNCTION ledger_now() OWNER TO cjeune_owner")


def named(office: Office, **changes: str | None) -> Settings:
    return replace(office.settings, **(NAMED | changes))


def test_the_settings_name_the_payer(office: Office) -> None:
    debtor = debtor_of(office.engine, named(office))
    assert isinstance(debtor, Debtor)
    assert (debtor.name, debtor.iban) == ("DEPARTEMENT", "FR7630004000031234567890143")


def test_a_demonstration_has_an_example_to_draw_on(office: Office) -> None:
    debtor = debtor_of(office.engine, office.settings)
    assert isinstance(debtor, Debtor) and debtor.name == "CJEUNE DEMONSTRATION"


@pytest.mark.parametrize("missing", sorted(NAMED))
def test_a_payer_named_by_halves_is_refused_even_in_a_demonstration(
    office: Office, missing: str
) -> None:
    assert debtor_of(office.engine, named(office, **{missing: None})) == Refused("debtor_not_set")


def test_an_account_whose_key_is_wrong_is_refused(office: Office) -> None:
    wrong = named(office, debtor_iban="FR4930004000031234567890144")
    assert debtor_of(office.engine, wrong) == Refused("debtor_not_set")


def test_a_real_instance_pays_from_no_example(real_instance: Office) -> None:
    assert debtor_of(real_instance.engine, real_instance.settings) == Refused("debtor_not_set")


def test_where_the_public_accountant_pays_there_is_no_payer_to_name(real_instance: Office) -> None:
    settings = replace(real_instance.settings, payment_route="accountant")
    assert debtor_of(real_instance.engine, settings) is None


def test_the_accountant_s_run_goes_out_as_a_list_and_no_bank_file(
    fortnight: Fortnight, tmp_path: Path
) -> None:
    fortnight.sell(1_000)
    fortnight.end()
    fortnight.run_until("approved")
    engine, by = fortnight.office.engine, fortnight.preparer.email
    first = export_run(engine, PERIOD, by=by, debtor=None)
    again = export_run(engine, PERIOD, by=by, debtor=DEBTOR)
    assert isinstance(first, Run) and first.state == "exported" and again == first
    written = write_files(engine, first, tmp_path)
    assert sorted(path.name for path in written if path.parent == tmp_path) == [
        f"CJP-{PERIOD}-1.csv",
        f"CJP-{PERIOD}-1.pdf",
    ]
    (booked,) = fortnight.rows(
        "SELECT sum(amount_cents) AS cents FROM operation WHERE kind = 'reimbursement'"
    )
    assert booked.cents == 1_000
    paid = confirm_run(
        engine, PERIOD, happened_on=date(2026, 12, 1), reference="MANDAT 2026-117", by=by
    )
    assert isinstance(paid, Run) and paid.state == "paid"
