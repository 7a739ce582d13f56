"""Activation codes, the two steps of an activation, and the end of a terminal."""

import re
import secrets
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.activation_token import (
    ActivationToken,
    read_activation_token,
    sign_activation_token,
)
from cardservice.domain.keys import Keys, secret_hash
from cardservice.domain.refusal import Refused
from cardservice.services.activate_terminal import confirm_activation, recognise_activation_code
from cardservice.services.import_partners import import_partners
from cardservice.services.make_terminal_code import NewTerminal, make_terminal_code
from cardservice.services.revoke_terminal import revoke_terminal
from tests.conftest import A_MORNING
from tests.makers import (
    make_partner,
    make_terminal,
    make_terminal_waiting,
    partner_line,
    register,
)


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def everything(office):
    tables = ("terminal", "activation_code", "journal", "register_version")
    return {table: sorted(map(repr, rows(office, f"SELECT * FROM {table}"))) for table in tables}


def recognise(office, code):
    return recognise_activation_code(office.engine, office.keys, activation_code=code)


def confirm(office, token, label="Caisse 1"):
    return confirm_activation(office.engine, office.keys, activation_token=token, label=label)


def make(office, terminal):
    return make_terminal_code(office.engine, terminal, draw=secrets.randbelow, actor="test")


# The code


def test_a_new_terminal_waits_with_the_schemes_limit_and_no_key(office):
    shop = make_partner(office)
    made = make(office, NewTerminal(shop.siret, "box", " Accueil ", "above", above_cents=2000))
    (row,) = rows(office, "SELECT * FROM terminal")
    assert (row.public_id, row.outlet_id, row.label) == (
        made.terminal_id,
        shop.outlet_id,
        "Accueil",
    )
    assert (row.state, row.key_hash, row.limit_cents) == ("waiting", None, 10000)
    assert (row.pin_required, row.above_cents) == ("above", 2000)


def test_a_code_is_stored_as_a_digest_and_lives_a_day(office):
    made = make_terminal_waiting(office)
    (row,) = rows(office, "SELECT * FROM activation_code")
    assert row.code_hash == secret_hash(made.activation_code)
    assert timedelta(0) <= made.expires_at - A_MORNING - timedelta(hours=24) < timedelta(minutes=5)
    assert made.activation_code not in repr(made)


def test_a_fresh_code_kills_the_one_before(office):
    first = make_terminal_waiting(office)
    second = make(office, first.terminal_id)
    assert second.terminal_id == first.terminal_id
    assert recognise(office, first.activation_code) == Refused("activation_unknown")
    assert recognise(office, second.activation_code).terminal_id == first.terminal_id


def test_an_active_or_revoked_terminal_gets_no_code(office):
    till = make_terminal(office)
    assert make(office, till.public_id) == Refused("terminal_not_waiting")
    revoke_terminal(office.engine, terminal_id=till.public_id, actor="test")
    assert make(office, till.public_id) == Refused("terminal_revoked")
    assert make(office, "NOTHING") == Refused("terminal_unknown")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"label": "  "}, "terminal_label_malformed"),
        ({"label": "x" * 61}, "terminal_label_malformed"),
        ({"label": "Caisse\n2"}, "terminal_label_malformed"),
        ({"limit_cents": 0}, "terminal_limit_out_of_range"),
        ({"limit_cents": 100001}, "terminal_limit_out_of_range"),
        ({"pin_required": "above"}, "terminal_pin_policy_unclear"),
        ({"pin_required": "never", "above_cents": 100}, "terminal_pin_policy_unclear"),
        ({"pin_required": "above", "above_cents": -1}, "terminal_pin_policy_unclear"),
        ({"partner_name": "Nobody"}, "partner_unknown"),
        ({"outlet_name": "Nowhere"}, "outlet_unknown"),
    ],
)
def test_a_terminal_that_makes_no_sense_is_refused_and_nothing_is_made(office, settings, code):
    shop = make_partner(office)
    before = everything(office)
    wanted = {
        "partner_name": shop.siret,
        "kind": "phone",
        "label": "Caisse",
        "pin_required": "always",
    } | settings
    refused = make(office, NewTerminal(**wanted))
    assert refused.code == code
    assert everything(office) == before


def test_an_outlet_has_one_web_till(office):
    shop = make_partner(office)
    first = make_terminal(office, shop, kind="web_till")
    second = NewTerminal(shop.siret, "web_till", "Caisse web", "never")
    assert make(office, second) == Refused("outlet_has_web_till")
    revoke_terminal(office.engine, terminal_id=first.public_id, actor="test")
    assert not isinstance(make(office, second), Refused)


def test_a_partner_with_two_outlets_must_say_which(office):
    line = partner_line()
    lines = [line, line | {"outlet": "Kiosque"}]
    import_partners(office.engine, register(lines), actor="test")
    unclear = NewTerminal(line["siret"], "phone", "Caisse", "never")
    assert make(office, unclear) == Refused("outlet_ambiguous")
    clear = NewTerminal(line["siret"], "phone", "Caisse", "never", outlet_name="kiosque")
    assert not isinstance(make(office, clear), Refused)


# Step 1


def test_step_one_shows_the_place_and_changes_nothing(office):
    made = make_terminal_waiting(office, kind="reader")
    before = everything(office)
    for typed in (made.activation_code, f" {made.activation_code[:5]}-{made.activation_code[5:]}"):
        facts = recognise(office, typed.lower())
        assert (facts.terminal_id, facts.kind) == (made.terminal_id, "reader")
        assert facts.outlet_name == "Boutique"
        assert facts.partner_name.startswith("Librairie")
    assert everything(office) == before


@pytest.mark.parametrize("typed", ["", "0" * 11, "ABCDEFGHIJK", "🂡", "x" * 300])
def test_a_wrong_code_is_unknown(office, typed):
    make_terminal_waiting(office)
    assert recognise(office, typed) == Refused("activation_unknown")


def test_a_code_dies_after_a_day(office, clock):
    made = make_terminal_waiting(office)
    clock.set(A_MORNING + timedelta(hours=24, minutes=5))
    assert recognise(office, made.activation_code) == Refused("activation_unknown")


# Step 2


def test_step_two_hands_over_a_key_once_and_stores_its_digest(office):
    made = make_terminal_waiting(office)
    facts = recognise(office, made.activation_code)
    done = confirm(office, facts.activation_token, label=" Caisse du fond ")
    assert re.fullmatch(r"ck_[A-Za-z0-9_-]{43}", done.terminal_key)
    (row,) = rows(office, "SELECT * FROM terminal")
    assert (row.state, row.label) == ("active", "Caisse du fond")
    assert row.key_hash == secret_hash(done.terminal_key)
    assert done.terminal_key not in repr(done)
    assert confirm(office, facts.activation_token) == Refused("activation_unknown")
    assert recognise(office, made.activation_code) == Refused("activation_unknown")


def test_a_token_lives_ten_minutes(office, clock):
    facts = recognise(office, make_terminal_waiting(office).activation_code)
    clock.set(A_MORNING + timedelta(minutes=11))
    assert confirm(office, facts.activation_token) == Refused("activation_unknown")


def test_a_bad_label_leaves_the_code_alive(office):
    facts = recognise(office, make_terminal_waiting(office).activation_code)
    assert confirm(office, facts.activation_token, "") == Refused("terminal_label_malformed")
    assert not isinstance(confirm(office, facts.activation_token), Refused)


def test_a_revoked_terminal_is_not_activated_by_a_token_from_before(office):
    made = make_terminal_waiting(office)
    facts = recognise(office, made.activation_code)
    revoke_terminal(office.engine, terminal_id=made.terminal_id, actor="test")
    assert confirm(office, facts.activation_token) == Refused("activation_unknown")


def test_a_token_of_a_code_that_was_replaced_is_dead(office):
    made = make_terminal_waiting(office)
    facts = recognise(office, made.activation_code)
    make(office, made.terminal_id)
    assert confirm(office, facts.activation_token) == Refused("activation_unknown")


def test_one_code_activates_one_terminal_in_fifty_races(office):
    shop = make_partner(office)
    for _ in range(50):
        facts = recognise(office, make_terminal_waiting(office, shop).activation_code)
        start, answers = threading.Barrier(2), []

        def run(token=facts.activation_token, start=start, answers=answers):
            start.wait()
            answers.append(confirm(office, token))

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True]


# Tokens


def test_a_token_says_what_was_signed_and_nothing_forged_is_read():
    keys, other = Keys(b"k" * 32), Keys(b"o" * 32)
    token = ActivationToken(b"h" * 32, A_MORNING)
    signed = sign_activation_token(keys, token)
    assert len(signed) == 76
    assert read_activation_token(keys, signed) == token
    assert read_activation_token(other, signed) is None
    for position in range(len(signed)):
        changed = "A" if signed[position] != "A" else "B"
        forged = signed[:position] + changed + signed[position + 1 :]
        assert read_activation_token(keys, forged) is None
    for text_ in ("", "é", "=", signed + "A", signed[:-1], "A" * 76):
        assert read_activation_token(keys, text_) is None


# Revoking


def test_a_revoked_terminal_keeps_the_digest_that_says_so(office):
    till = make_terminal(office)
    revoke_terminal(office.engine, terminal_id=till.public_id.lower(), actor="test")
    (row,) = rows(office, "SELECT * FROM terminal")
    assert (row.state, row.key_hash) == ("revoked", secret_hash(till.key))
    assert row.revoked_at is not None


def test_a_terminal_is_revoked_once(office):
    till = make_terminal(office)
    revoke_terminal(office.engine, terminal_id=till.public_id, actor="test")
    before = everything(office)
    again = revoke_terminal(office.engine, terminal_id=till.public_id, actor="test")
    assert again == Refused("terminal_revoked")
    unknown = revoke_terminal(office.engine, terminal_id="?", actor="test")
    assert unknown == Refused("terminal_unknown")
    assert everything(office) == before
