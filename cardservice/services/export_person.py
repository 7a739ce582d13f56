"""Everything that is kept about one person, for that person: nothing less, nobody else's.

The law: whatever a table says of the person is here, except secrets (passwords, PIN, digests) and
who works for the Département or a partner: agents and delegates are named by nothing. Taking it is
noted in the journal. The shape is told by `format`, which moves when the shape does.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused

FORMAT: Final = "cjeune-person-2"

# Name of the part -> its rows. `:member_id` and `:beneficiary_id` may be NULL.
_PARTS: Final = {
    "account": "SELECT email, former_emails, first_name, last_name, birth_date, postal_code,"
    " commune, school_kind, linked_at, easy_reading, notices_in_page, notices_by_push,"
    " notices_by_mail, quiet_from, quiet_until, password_chosen_at, created_at, closed_at"
    " FROM member"
    " WHERE member_id = :member_id",
    "signed_in": "SELECT browser, started_at, last_seen_at FROM web_session"
    " WHERE member_id = :member_id ORDER BY started_at",
    "pushed_to": "SELECT browser, host, is_discreet, added_at FROM push_subscription"
    " WHERE member_id = :member_id ORDER BY subscription_id",
    "links_by_mail": "SELECT purpose, email, made_at, expires_at, used_at FROM member_link"
    " WHERE member_id = :member_id ORDER BY expires_at",
    "parent_consents": "SELECT state, parent_email, parent_name, asked_at, decided_at,"
    " withdrawn_at, words_version FROM parent_consent WHERE member_id = :member_id"
    " ORDER BY consent_id",
    "proofs": "SELECT kind, state, uploaded_at, decided_at, refusal_reason, image FROM proof_file"
    " WHERE member_id = :member_id ORDER BY proof_id",
    "roster": "SELECT ine, first_name, last_name, birth_date, postal_code, commune, school,"
    " school_kind, email, created_at FROM beneficiary WHERE beneficiary_id = :beneficiary_id",
    "school_years": "SELECT school_year, category FROM beneficiary_year"
    " WHERE beneficiary_id = :beneficiary_id ORDER BY school_year",
    "photo": "SELECT image, stored_at FROM holder_photo WHERE beneficiary_id = :beneficiary_id",
    "pin": "SELECT chosen_at, tries AS wrong_tries FROM holder_pin"
    " WHERE beneficiary_id = :beneficiary_id",
    "cards": "SELECT serial, last4, school_year, state, valid_from, valid_until, issued_at,"
    " activated_at, (SELECT jsonb_object_agg(p.paused_by, p.paused_at) FROM card_pause p"
    "  WHERE p.card_id = c.card_id) AS paused_by,"
    " (SELECT s.made_at FROM screen_card s WHERE s.card_id = c.card_id) AS on_screen_since"
    " FROM card c WHERE beneficiary_id = :beneficiary_id ORDER BY issued_at, card_id",
    "plastics_ordered": "SELECT c.serial, p.ordered_at, p.printed_at"
    " FROM plastic_order p JOIN card c USING (card_id)"
    " WHERE c.beneficiary_id = :beneficiary_id ORDER BY p.order_id",
    "card_readings": "SELECT r.read_at, c.serial, p.trade_name AS partner, u.name AS outlet"
    " FROM card_reading r JOIN card c USING (card_id) JOIN terminal t USING (terminal_id)"
    " JOIN outlet u ON u.outlet_id = t.outlet_id JOIN partner p ON p.partner_id = u.partner_id"
    " WHERE c.beneficiary_id = :beneficiary_id ORDER BY r.reading_id",
    "wallets": "SELECT school_year, wallet, state, granted_cents, balance_cents, valid_from,"
    " valid_until FROM wallet WHERE beneficiary_id = :beneficiary_id"
    " ORDER BY school_year, wallet",
    "operations": "SELECT o.operation_id, operation_reference(o.operation_no) AS reference, o.kind,"
    " o.outcome, o.code, o.school_year, o.wallet, o.amount_cents, o.balance_after_cents,"
    " o.accepted_at, (SELECT x.reason FROM cancellation_reason x"
    "  WHERE x.operation_id = o.operation_id) AS cancelled_because,"
    " p.trade_name AS partner, u.name AS outlet"
    " FROM operation o LEFT JOIN partner p USING (partner_id)"
    " LEFT JOIN outlet u ON u.outlet_id = o.outlet_id"
    " WHERE o.beneficiary_id = :beneficiary_id ORDER BY o.operation_no",
    "corrections_asked": "SELECT f.operation_id, f.opened_at, f.reason, f.explanation,"
    " f.right_amount_cents, f.state, f.refused_at,"
    # What a partner was told is the partner's.
    " CASE WHEN f.opened_by_holder IS NOT NULL THEN f.refusal_reason END AS refusal_reason,"
    " f.opened_by_holder IS NOT NULL AS asked_by_holder"
    " FROM regularisation_file f JOIN operation o USING (operation_id)"
    " WHERE o.beneficiary_id = :beneficiary_id ORDER BY f.file_id",
    "corrections": "SELECT r.debit_id, r.operation_id, r.reversal_id, r.amount_cents, r.reason,"
    " r.evidence, r.state, r.asked_at, r.decided_at, r.reversed_at"
    " FROM regularisation r JOIN operation o ON o.operation_id = r.debit_id"
    " WHERE o.beneficiary_id = :beneficiary_id ORDER BY r.regularisation_id",
    "notices": "SELECT kind, operation_id, facts, at, read_at FROM notice"
    " WHERE beneficiary_id = :beneficiary_id ORDER BY notice_id",
    "journal": "SELECT at, action, split_part(actor, ':', 1) AS by, detail FROM journal"
    " WHERE subject IN ('member:' || CAST(:member_id AS bigint),"
    "  'beneficiary:' || CAST(:beneficiary_id AS bigint))"
    " OR subject IN (SELECT 'card:' || serial FROM card"
    "  WHERE beneficiary_id = CAST(:beneficiary_id AS bigint))"
    " ORDER BY journal_id",
}


@dataclass(frozen=True, slots=True)
class PersonExported:
    """`parts` is what JSON can hold: texts, numbers, lists."""

    parts: dict[str, Any]


def export_person(
    engine: Engine, *, actor: str, member_id: int | None = None, beneficiary_id: int | None = None
) -> PersonExported | Refused:
    """Of a member, with the beneficiary whose card is theirs; or of a beneficiary, and back.

    Refused: person_unknown, also who was erased.
    """
    with unit_of_work(engine) as connection:
        who = _both(connection, member_id, beneficiary_id)
        if who is None:
            return Refused("person_unknown")
        parts: dict[str, Any] = {"format": FORMAT, "at": _written(ledger_instant(connection))}
        for name in _PARTS:
            rows = _rows(connection, name, who)
            parts[name] = [{key: _written(value) for key, value in row.items()} for row in rows]
        subject = next(f"{key[:-3]}:{value}" for key, value in who.items() if value is not None)
        note(connection, actor=actor, action="person.export", subject=subject)
        return PersonExported(parts)


def count_parts(connection: Connection, *, member_id: int) -> dict[str, int]:
    """How many rows of each part a member's export would hold, for a page that says so."""
    who = _both(connection, member_id, None)
    return {} if who is None else {name: len(_rows(connection, name, who)) for name in _PARTS}


def _rows(connection: Connection, name: str, who: dict[str, int | None]) -> Sequence[RowMapping]:
    statement = _PARTS[name]
    wanted = {key: value for key, value in who.items() if f":{key}" in statement}
    return connection.execute(text(statement), wanted).mappings().all()


def _both(
    connection: Connection, member_id: int | None, beneficiary_id: int | None
) -> dict[str, int | None] | None:
    """Member and beneficiary of one person; None when there is neither."""
    found = connection.execute(
        text(
            "SELECT m.member_id, b.beneficiary_id FROM member m FULL JOIN"
            " (SELECT beneficiary_id FROM beneficiary WHERE erased_at IS NULL"
            "  AND beneficiary_id = coalesce(:beneficiary_id,"
            "   (SELECT beneficiary_id FROM member WHERE member_id = :member_id))) b"
            " USING (beneficiary_id)"
            " WHERE m.member_id = :member_id OR b.beneficiary_id = :beneficiary_id"
        ),
        {"member_id": member_id, "beneficiary_id": beneficiary_id},
    ).one_or_none()
    if found is None:
        return None
    return {"member_id": found.member_id, "beneficiary_id": found.beneficiary_id}


def _written(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "data:image/jpeg;base64," + base64.b64encode(bytes(value)).decode()
    return value
