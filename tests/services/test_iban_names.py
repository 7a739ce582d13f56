"""The name on an account that waits: compared, kept with the verification, refused (C68, C70)."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import decided_accounts, waiting_accounts
from cardservice.domain.refusal import Refused
from cardservice.services.refuse_iban import refuse_iban
from cardservice.services.verify_iban import IbanVerified, TypedCode, verify_iban
from cardservice.wiring import Office
from tests import makers


def account(office: Office, partner_id: int) -> Any:
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text(
                "SELECT bank_account_id, state, holder_match, match_evidence, refused_by,"
                " refusal_reason FROM bank_account WHERE partner_id = :id"
                " ORDER BY bank_account_id DESC LIMIT 1"
            ),
            {"id": partner_id},
        ).one()


@pytest.mark.parametrize(
    ("holder", "match"),
    [("SARL LE PORT - LIBRAIRIE", "matching"), ("LIBRAIRIE DU PRT", "close")],
)
def test_how_the_names_compare_is_kept_with_the_verification(
    office: Office, holder: str, match: str
) -> None:
    partner = makers.make_partner(office, trade_name="Librairie du Port", holder_name=holder)
    assert account(office, partner.partner_id).holder_match == "unchecked"
    done = verify_iban(
        office.engine, partner_name=partner.siret, email=makers.make_agent(office).email
    )
    assert isinstance(done, IbanVerified) and done.holder_match == match
    assert account(office, partner.partner_id)[1:4] == ("verified", match, None)


def test_the_legal_name_matches_as_well(office: Office) -> None:
    partner = makers.make_partner(
        office, trade_name="Le Port", legal_name="Dupont Jean EI", holder_name="M. JEAN DUPONT"
    )
    makers.verify_partner(office, partner)
    assert account(office, partner.partner_id).holder_match == "matching"


def test_a_command_verifies_another_name_and_says_so(office: Office) -> None:
    partner = makers.make_partner(office, holder_name="MADAME INCONNUE")
    done = verify_iban(
        office.engine, partner_name=partner.siret, email=makers.make_agent(office).email
    )
    assert isinstance(done, IbanVerified) and done.holder_match == "different"


def test_at_the_desk_an_account_of_another_name_takes_evidence(office: Office) -> None:
    partner = makers.make_partner(office, holder_name="MADAME INCONNUE")
    agent = makers.make_agent(office)
    code = TypedCode(office.keys, pyotp.TOTP(agent.totp_secret).now())

    def verify(evidence: str) -> IbanVerified | Refused:
        return verify_iban(
            office.engine,
            partner_name=partner.siret,
            email=agent.email,
            evidence=evidence,
            code=code,
        )

    assert verify("") == Refused("iban_name_differs")
    assert verify("ok") == Refused("reason_malformed")
    assert account(office, partner.partner_id).state == "unverified"
    done = verify("Rappelé le 22 au numéro de la convention : compte de la gérante")
    assert isinstance(done, IbanVerified) and done.holder_match == "different"
    kept = account(office, partner.partner_id)
    assert kept.match_evidence.startswith("Rappelé le 22")


def test_an_account_declared_meanwhile_is_not_verified_in_its_place(office: Office) -> None:
    partner = makers.make_partner(office)
    agent = makers.make_agent(office)
    looked_at = account(office, partner.partner_id).bank_account_id
    for verb in (
        lambda: verify_iban(
            office.engine, partner_name=partner.siret, email=agent.email, looked_at=looked_at + 1
        ),
        lambda: refuse_iban(
            office.engine,
            partner_name=partner.siret,
            email=agent.email,
            reason="Pas le bon",
            looked_at=looked_at + 1,
        ),
    ):
        assert verb() == Refused("iban_not_waiting")
    assert account(office, partner.partner_id).state == "unverified"


def test_at_the_desk_the_code_of_this_moment_is_asked_for_once(office: Office) -> None:
    first, second = makers.make_partner(office), makers.make_partner(office)
    agent = makers.make_agent(office)
    right = TypedCode(office.keys, pyotp.TOTP(agent.totp_secret).now())

    def verify(partner: makers.Shop, code: TypedCode) -> IbanVerified | Refused:
        return verify_iban(office.engine, partner_name=partner.siret, email=agent.email, code=code)

    assert verify(first, TypedCode(office.keys, "000000")) == Refused("totp_wrong")
    assert account(office, first.partner_id).state == "unverified"
    assert isinstance(verify(first, right), IbanVerified)
    assert verify(second, right) == Refused("totp_used")
    assert account(office, second.partner_id).state == "unverified"


def test_a_refused_account_is_out_and_the_partner_reads_why(office: Office) -> None:
    partner = makers.make_partner(office)
    agent = makers.make_agent(office)
    done = refuse_iban(
        office.engine,
        partner_name=partner.siret,
        email=agent.email,
        reason="Le RIB joint n’est pas à votre nom.",
    )
    assert done == "FR76 •••• 0143"
    kept = account(office, partner.partner_id)
    assert (kept.state, kept.refused_by) == ("replaced", agent.agent_id)
    with unit_of_work(office.engine) as connection:
        mails = (
            connection.execute(text("SELECT facts FROM waiting_mail WHERE kind = 'iban_refused'"))
            .scalars()
            .all()
        )
        waiting = waiting_accounts(connection, limit=10, offset=0)
        [decided] = decided_accounts(connection, limit=10)
    assert mails and {mail["reason"] for mail in mails} == {"Le RIB joint n’est pas à votre nom."}
    assert waiting == []
    assert (decided.decision, decided.decided_by) == ("refused", agent.email)
    assert decided.words == "Le RIB joint n’est pas à votre nom."
    again = refuse_iban(
        office.engine, partner_name=partner.siret, email=agent.email, reason="Encore"
    )
    assert again == Refused("iban_not_waiting")


@pytest.mark.parametrize("role", ["hotline", "moderator"])
def test_who_does_not_pay_decides_no_account(office: Office, role: str) -> None:
    partner = makers.make_partner(office)
    agent = makers.make_agent(office, role)
    done = refuse_iban(
        office.engine, partner_name=partner.siret, email=agent.email, reason="Pas le bon"
    )
    assert done == Refused("agent_may_not")
    wordless = refuse_iban(office.engine, partner_name=partner.siret, email=agent.email, reason=" ")
    assert wordless == Refused("reason_malformed")


def test_the_waiting_accounts_tell_what_an_agent_compares(office: Office) -> None:
    same = makers.make_partner(office, holder_name="MADAME INCONNUE")
    other = makers.make_partner(office)
    with unit_of_work(office.engine) as connection:
        waiting = {one.partner_id: one for one in waiting_accounts(connection, limit=9, offset=0)}
    assert waiting[same.partner_id].holder_match == "different"
    assert waiting[other.partner_id].holder_match == "matching"
    assert waiting[other.partner_id].shared_with == 1, "both declared the same number"
    assert waiting[other.partner_id].masked == "FR76 •••• 0143"
    assert waiting[other.partner_id].in_use is None
