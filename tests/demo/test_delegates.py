"""The people who enter the portal of a demonstration, also of one that an earlier version made."""

from __future__ import annotations

import pyotp

from cardservice.db.engine import unit_of_work
from cardservice.demo.delegates import first_partners, welcome_delegates
from cardservice.services.password_door import Knock
from cardservice.services.second_factor import pass_second_factor
from cardservice.services.sign_in import SignedIn, sign_in
from cardservice.services.web_sessions import session_of
from cardservice.wiring import Office
from tests import makers


def test_partners_that_have_only_invited_leads_get_people_of_every_role_who_can_sign_in(
    office: Office,
) -> None:
    names = [makers.make_partner(office).trade_name for _ in range(3)]
    users = welcome_delegates(office, first_partners(office))
    assert [(user.role, user.partner) for user in users] == [
        ("lead_delegate", names[0]),
        ("cashier", names[0]),
        ("accountant", names[0]),
        ("editor", names[0]),
        ("lead_delegate", names[1]),
    ]
    for user in users:
        signed_in = sign_in(
            office.engine,
            office.keys,
            Knock(user.email, user.password, "10.0.0.1", None),
            browser="Firefox",
        )
        assert isinstance(signed_in, SignedIn) and signed_in.stage == "second_factor"
        with unit_of_work(office.engine) as connection:
            session = session_of(connection, signed_in.secret, realm="partner")
            assert session is not None
            # The code of this very moment was not used up by the enrolment.
            code = pyotp.TOTP(user.totp_secret).now()
            passed = pass_second_factor(connection, office.keys, session, code=code)
        assert isinstance(passed, SignedIn) and passed.stage == "open"
