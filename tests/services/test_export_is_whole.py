"""Whatever a table says of a person is in their export, or is named here with its reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.tables.metadata import metadata
from cardservice.services.export_person import _PARTS
from cardservice.wiring import Office

# What leads from a row to a person.
LEADS = {
    *("member_id", "beneficiary_id", "card_id", "opened_by_holder", "debit_id"),
    *("subscription_id", "recipient"),
}
PART_OF = {
    "member": "account",
    "web_session": "signed_in",
    "push_subscription": "pushed_to",
    "member_link": "links_by_mail",
    "parent_consent": "parent_consents",
    "proof_file": "proofs",
    "beneficiary": "roster",
    "beneficiary_year": "school_years",
    "holder_photo": "photo",
    "holder_pin": "pin",
    "card": "cards",
    "card_pause": "cards",
    "screen_card": "cards",
    "plastic_order": "plastics_ordered",
    "card_reading": "card_readings",
    "wallet": "wallets",
    "operation": "operations",
    "regularisation_file": "corrections_asked",
    "regularisation": "corrections",
    "notice": "notices",
}
# Told by no part, and why.
UNTOLD = {
    "screen_step": "thirty seconds of a screen, gone within minutes",
    "waiting_push": "a notice on its way",
    "waiting_mail": "a mail on its way",
}
# Column -> what the export calls it, or what it is told by.
ALSO_CALLED = {
    "tries": "wrong_tries",
    "opened_by_holder": "asked_by_holder",
    "made_at": "on_screen_since",
    "paused_at": "paused_by",
}
SECRETS = {
    *("password_hash", "mac", "code_mac", "link_hash", "nonce", "session_hash", "csrf_token"),
    *("endpoint", "p256dh", "auth", "hash", "head"),
}
INSIDE = {
    # Numbers that only the tables know each other by; facts that follow from others.
    *("member_id", "beneficiary_id", "agent_id", "delegate_id", "card_id", "terminal_id"),
    *("order_id", "outlet_id", "partner_id", "operation_no", "wallet_seq", "seq", "target_id"),
    *("reading_id", "notice_id", "file_id", "consent_id", "proof_id", "subscription_id"),
    *("regularisation_id", "replaced_by", "tries_left", "business_day", "pin_checked", "subject"),
    "needs_second",
    # Empty for as long as there is anybody to ask.
    *("erased_at", "erased_ine_mac", "erased_person_macs"),
    # Who works for the Département or a partner.
    *("actor_id", "decided_by", "opened_by", "refused_by", "asked_by", "reversed_by"),
    # Of a session that is open: how it was opened is the service's own.
    *("realm", "stage", "proved_at", "credential_id"),
}
# Said of somebody else: the parent's browser; opaque to everybody but a till.
OF_OTHERS = {("parent_consent", "browser"), ("screen_card", "reference")}


@pytest.fixture(scope="module")
def told(instance: Office) -> dict[str, set[str]]:
    """Part -> what each of its rows says, as the database answers."""
    nobody = {"member_id": None, "beneficiary_id": None}
    with unit_of_work(instance.engine) as connection:
        return {
            name: set(
                connection.execute(
                    text(statement),
                    {key: None for key in nobody if f":{key}" in statement},
                ).keys()
            )
            for name, statement in _PARTS.items()
        }


@pytest.mark.parametrize("table", PART_OF)
def test_every_column_is_told_or_has_its_reason(table: str, told: dict[str, set[str]]) -> None:
    columns = {
        column.name
        for column in metadata.tables[table].columns
        if (table, column.name) not in OF_OTHERS
    }
    part = told[PART_OF[table]]
    missing = {name for name in columns - part if ALSO_CALLED.get(name) not in part}
    assert missing - SECRETS - INSIDE == set()


def test_every_table_about_a_person_is_told_or_has_its_reason() -> None:
    about = {
        name
        for name, table in metadata.tables.items()
        if LEADS & {one.name for one in table.columns}
    }
    assert about - set(PART_OF) - set(UNTOLD) == set()
    assert set(UNTOLD) <= about, "a reason for nothing"


def test_no_secret_is_told(told: dict[str, set[str]]) -> None:
    assert not SECRETS & set().union(*told.values())
