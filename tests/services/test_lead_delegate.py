"""A partner has exactly one lead delegate, always (C32)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cardservice.db.engine import unit_of_work
from cardservice.services.lead_delegate import credential_of
from cardservice.wiring import Office
from tests.makers import make_partner


def test_a_partner_that_is_taken_on_has_its_lead_who_is_still_to_be_invited(office: Office) -> None:
    shop = make_partner(office, email="Direction@Librairie.example")
    with unit_of_work(office.engine) as connection:
        row = connection.execute(
            text(
                "SELECT d.role, d.state, d.every_outlet, c.email, c.password_hash"
                " FROM delegate d JOIN credential c USING (credential_id)"
                " WHERE d.partner_id = :partner_id"
            ),
            {"partner_id": shop.partner_id},
        ).one()
    assert tuple(row) == ("lead", "invited", True, "direction@librairie.example", None)


def test_one_person_may_lead_two_partners_with_one_credential(office: Office) -> None:
    for _ in range(2):
        make_partner(office, email="siege@chaine.example")
    with unit_of_work(office.engine) as connection:
        delegates, credentials = connection.execute(
            text("SELECT count(*), count(DISTINCT credential_id) FROM delegate")
        ).one()
    assert (delegates, credentials) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE delegate SET role = 'accountant' WHERE partner_id = :partner_id",
        "UPDATE delegate SET state = 'removed' WHERE partner_id = :partner_id",
    ],
)
def test_no_transaction_leaves_a_partner_without_its_lead(office: Office, change: str) -> None:
    shop = make_partner(office)
    with (
        pytest.raises(IntegrityError, match="no lead delegate"),
        unit_of_work(office.engine) as connection,
    ):
        connection.execute(text(change), {"partner_id": shop.partner_id})


def test_a_partner_is_not_inserted_without_its_lead(office: Office) -> None:
    with (
        pytest.raises(IntegrityError, match="no lead delegate"),
        unit_of_work(office.engine) as connection,
    ):
        connection.execute(
            text(
                "INSERT INTO partner (siret, legal_name, trade_name, trade, email, address,"
                " postal_code, commune, created_at) VALUES ('1', 'a', 'a', 'a', 'a', 'a', 'a',"
                " 'a', ledger_now())"
            )
        )


def test_a_partner_never_has_two_leads(office: Office) -> None:
    shop = make_partner(office)
    with (
        pytest.raises(IntegrityError, match="uq_delegate_lead"),
        unit_of_work(office.engine) as connection,
    ):
        connection.execute(
            text(
                "INSERT INTO delegate (partner_id, credential_id, role, every_outlet, created_at)"
                " SELECT :partner_id, credential_id, 'lead', true, created_at FROM credential"
                " WHERE credential_id = :credential_id"
            ),
            {
                "partner_id": shop.partner_id,
                "credential_id": credential_of(connection, "autre@librairie.example"),
            },
        )
