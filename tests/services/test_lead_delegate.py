"""A partner has exactly one lead delegate, always (C32)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.import_partners import import_partners
from cardservice.services.invite_lead import invite_lead
from cardservice.services.lead_delegate import credential_of
from cardservice.wiring import Office
from tests.makers import make_partner, partner_line, register
from tests.services.at_the_door import invited_lead, lead_with_password
from tests.services.partner_people import mails, rows

TYPO, RIGHT = "direction@libraire.example", "Direction@Librairie.example"
LEADS = (
    "SELECT email FROM delegate JOIN credential USING (credential_id)"
    " WHERE role = 'lead' AND state <> 'removed'"
)


def take(office: Office, line: dict[str, str]) -> None:
    done = import_partners(office.engine, register([line]), actor="test")
    assert not isinstance(done, Refused) and done.taken, done


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


@pytest.mark.usefixtures("cheap_passwords")
def test_a_corrected_address_of_the_register_is_where_the_waiting_lead_is_invited(
    office: Office,
) -> None:
    line = partner_line(email=TYPO)
    lead = invited_lead(office, make_partner(office, **line))
    invitation, new_password = lead.link(), lead.link("reset")
    take(office, line | {"email": RIGHT})
    for old in (invitation, new_password):
        assert lead.choose(old) == Refused("link_unknown")
    invite_lead(office.engine, office.keys, partner_name=line["siret"], actor="test")
    assert [one.recipient for one in mails(office, "invitation")] == [RIGHT.lower()]
    ((detail,),) = rows(office, "SELECT detail FROM journal WHERE action = 'partner.update'")
    assert detail == "partner, lead"
    # The same address again, written otherwise, ends no link.
    invited = invited_lead(office, lead.partner)
    link = invited.link()
    take(office, line | {"email": RIGHT.lower()})
    assert not isinstance(invited.choose(link), Refused)


@pytest.mark.usefixtures("cheap_passwords")
def test_a_lead_who_has_come_stays_whatever_address_the_register_has(office: Office) -> None:
    line = partner_line(email=TYPO)
    lead = lead_with_password(office, **line)
    link = lead.link("reset")
    take(office, line | {"email": RIGHT})
    assert rows(office, LEADS) == [(TYPO,)]
    assert not isinstance(lead.choose(link), Refused)


def test_an_address_that_is_a_delegate_already_does_not_become_lead_by_the_register(
    office: Office,
) -> None:
    line = partner_line(email=TYPO)
    partner = make_partner(office, **line)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO delegate (partner_id, credential_id, role, every_outlet, created_at)"
                " VALUES (:partner_id, :credential_id, 'editor', true, ledger_now())"
            ),
            {
                "partner_id": partner.partner_id,
                "credential_id": credential_of(connection, RIGHT),
            },
        )
    take(office, line | {"email": RIGHT})
    assert rows(office, LEADS) == [(TYPO,)]
