"""Whatever a table says of a person is in their export, or is named here with its reason."""

from __future__ import annotations

import re

import pytest

from cardservice.db.tables.metadata import metadata
from cardservice.services.export_person import _PARTS

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
    "notice": "notices",
}
SECRETS = {
    *("password_hash", "mac", "code_mac", "link_hash", "nonce", "session_hash", "csrf_token"),
    *("endpoint", "p256dh", "auth", "reference", "hash", "head"),
}
INSIDE = {
    # Numbers that only the tables know each other by; facts that follow from others.
    *("member_id", "beneficiary_id", "agent_id", "delegate_id", "card_id", "terminal_id"),
    *("order_id", "outlet_id", "partner_id", "operation_no", "wallet_seq", "seq", "target_id"),
    *("reading_id", "notice_id", "file_id", "consent_id", "proof_id", "subscription_id"),
    *("replaced_by", "tries_left", "business_day", "pin_checked", "subject"),
    # Empty for as long as there is anybody to ask.
    *("erased_at", "erased_ine_mac", "erased_person_macs", "closed_at"),
    # Who works for the Département or a partner.
    *("actor_id", "decided_by", "opened_by", "opened_by_holder", "refused_by"),
    # Of a session that is open: how it was opened is the service's own.
    *("realm", "stage", "proved_at", "credential_id"),
}


@pytest.mark.parametrize("table", PART_OF)
def test_every_column_is_told_or_has_its_reason(table: str) -> None:
    told = set(re.findall(r"\w+", _PARTS[PART_OF[table]]))
    columns = {column.name for column in metadata.tables[table].columns}
    assert columns - told - SECRETS - INSIDE == set()


def test_no_secret_is_told() -> None:
    for statement in _PARTS.values():
        asked = statement.split(" FROM ")[0]
        assert not SECRETS & set(re.findall(r"\w+", asked.replace("AS reference", "")))
