"""Passwords: what is taken, the links that lead to one, and what ends with the old one."""

from __future__ import annotations

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.password import password_refusal
from cardservice.domain.refusal import Refused
from cardservice.services.choose_password import change_password
from tests.services.at_the_door import (
    OTHER_PASSWORD,
    PASSWORD,
    cashier,
    rows,
    session_at,
)

pytestmark = pytest.mark.usefixtures("cheap_passwords")
GONE = Refused("link_unknown")
TOO_WEAK = Refused("password_too_weak")


def kinds(office):
    return [kind for (kind,) in rows(office, "SELECT kind FROM waiting_mail ORDER BY mail_id")]


# What a password must be


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse1234", "azertyuiop123", "Marseille13013", "soleilsoleil", "jetaime12345",
        "Provence2026!", "cjeunecjeune", "000000000000", "password12345",
    ],
)  # fmt: skip
def test_what_guessers_begin_with_is_refused(password):
    assert password_refusal(password) == TOO_WEAK


@pytest.mark.parametrize(
    "password", ["lea.martin2026", "Martin-Lea-13", "librairie-mirabeau", "mirabeau.librairie1"]
)
def test_what_is_known_of_the_person_counts_as_guessed(password):
    known = ["lea.martin@librairie.example", "Léa", "Martin", "Librairie Mirabeau"]
    assert password_refusal(password, known) == TOO_WEAK


def test_length_counts_in_characters_not_in_bytes():
    assert password_refusal("éèàùçœ‘«") == Refused("password_too_short", {"least": 12})
    assert password_refusal("x" * 129) == Refused("password_too_long", {"most": 128})


@pytest.mark.parametrize(
    "password",
    ["corail vitrail bivouac", "kd4w-p7ms-xh2e-9bta", "Ñandú ébène ⛵ frégate", PASSWORD * 4],
)
def test_no_rule_of_composition_stands_in_the_way(password):
    assert password_refusal(password) is None


# Changing it from inside


def test_changing_it_asks_the_old_one_ends_the_others_and_renews_this_session(office):
    comer = cashier(office)
    other, mine = comer.come().secret, comer.come().secret
    with unit_of_work(office.engine) as connection:
        session = session_at(office, mine)
        wrong = change_password(connection, office.keys, session, old="wrong", new=OTHER_PASSWORD)
    assert wrong == Refused("password_wrong")
    with unit_of_work(office.engine) as connection:
        fresh = change_password(connection, office.keys, session, old=PASSWORD, new=OTHER_PASSWORD)
    assert [session_at(office, s) is None for s in (other, mine, fresh)] == [True, True, False]
    assert comer.come(OTHER_PASSWORD).stage == "open"
    assert comer.come() == Refused("sign_in_failed")
    assert "password_changed" in kinds(office)
