"""Links a member to the beneficiary whom they are, once, by a proof (C24; research, abuse case 3).

The law: names and birth date alone link nobody. Beside them stands a proof: the code of that very
person's card, their national number (INE), or a confirmed address that is the roster's own; and,
where a PIN was chosen before, that PIN. Whatever does not link gets one and the same answer, so
that nothing of the roster, and no code, can be found out by trying; tries are counted per member
and per network before they are judged, and the caller commits a refusal too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, day_refusal, locked_card_of_code
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.consents import consent_state
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys, pin_mac
from cardservice.domain.person_name import same_first_name, same_last_name
from cardservice.domain.pin import pin_is_four_digits
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import (
    count_try,
    linking_guarded,
    linking_network_guarded,
    settle_try,
)
from cardservice.services.holder_pin import has_pin

NO_MATCH: Final = "link_no_match"
_INE: Final = re.compile(r"[0-9A-Z]{4,20}")
_BENEFICIARY: Final = (
    "SELECT b.beneficiary_id, b.first_name, b.last_name, b.birth_date, b.email,"
    " EXISTS (SELECT FROM member m WHERE m.beneficiary_id = b.beneficiary_id) AS taken"
    " FROM beneficiary b WHERE b.erased_at IS NULL"
)
# A card that says no to its own holder, each with its sentence.
_TELLING: Final = ("blocked", "replaced")


@dataclass(frozen=True, slots=True)
class Linked:
    """Whose member it is now."""

    beneficiary_id: int


def link_by_code(
    engine: Engine, keys: Keys, *, member_id: int, reading: str, pin: str, network: str
) -> Linked | Refused:
    """By the QR or the typed code of the member's own card; `pin` is empty until it is asked for.

    Refused: already_linked, who_missing, consent_missing, sign_in_delayed, link_no_match,
    link_pin_needed, link_pin_wrong, link_pin_blocked, card_blocked, card_replaced, card_obsolete,
    school_year_over.
    """
    with unit_of_work(engine) as connection:
        delayed = _count(connection, keys, member_id, network)
        if delayed is not None:
            return delayed
        # The card first, like every verb of cards.
        card = locked_card_of_code(connection, keys, reading)
        member = _waiting_member(connection, member_id)
        if isinstance(member, Refused):
            return member
        found = None
        if card is not None:
            found = _one(connection, "b.beneficiary_id = :value", card.beneficiary_id)
        if card is None or found is None or not _is_same(member, found):
            return Refused(NO_MATCH)
        refused = _card_refusal(connection, card) or _pin_refusal(connection, keys, found, pin)
        if refused is not None:
            # Not taken back: one's own card must not wipe out the tries at other people's.
            return refused
        return _link(connection, keys, member_id, network, found, by="code")


def link_by_ine(
    engine: Engine, keys: Keys, *, member_id: int, ine: str, pin: str, network: str
) -> Linked | Refused:
    """By the national number of pupils, as the roster writes it.

    Refused: those of `link_by_code` but the card's.
    """
    number = re.sub(r"[\s.-]", "", ine).upper()
    with unit_of_work(engine) as connection:
        delayed = _count(connection, keys, member_id, network)
        if delayed is not None:
            return delayed
        member = _waiting_member(connection, member_id)
        if isinstance(member, Refused):
            return member
        found = None
        if _INE.fullmatch(number):
            found = _one(connection, "b.ine = :value", number)
        if found is None or not _is_same(member, found):
            return Refused(NO_MATCH)
        refused = _pin_refusal(connection, keys, found, pin)
        if refused is not None:
            return refused
        return _link(connection, keys, member_id, network, found, by="ine")


def link_by_address(engine: Engine, *, member_id: int) -> Linked | None:
    """By the confirmed address alone, when it is the roster's own for somebody of these names and
    this birth date, and nobody else's. None, and nothing is told, when it is not.

    Somebody who has a PIN is linked by one of the ways that ask for it.
    """
    with unit_of_work(engine) as connection:
        member = _waiting_member(connection, member_id)
        if isinstance(member, Refused):
            return None
        rows = connection.execute(
            text(f"{_BENEFICIARY} AND lower(b.email) = :value FOR NO KEY UPDATE OF b"),
            {"value": member.email},
        ).all()
        same = [row for row in rows if _is_same(member, row)]
        if len(same) != 1 or has_pin(connection, same[0].beneficiary_id):
            return None
        return _store(connection, member_id, same[0].beneficiary_id, by="address")


def _count(connection: Connection, keys: Keys, member_id: int, network: str) -> Refused | None:
    guards = (linking_network_guarded(keys, network), linking_guarded(keys, member_id))
    for guarded in guards:
        delayed = count_try(connection, guarded)
        if delayed is not None:
            return delayed
    return None


def _waiting_member(connection: Connection, member_id: int) -> Any:
    """The member who may be linked, locked; or why not."""
    member = connection.execute(
        text(
            "SELECT email, first_name, last_name, birth_date, beneficiary_id FROM member"
            " WHERE member_id = :member_id AND closed_at IS NULL FOR NO KEY UPDATE"
        ),
        {"member_id": member_id},
    ).one()
    if member.beneficiary_id is not None:
        return Refused("already_linked")
    if member.first_name is None:
        return Refused("who_missing")
    if consent_state(connection, member_id) not in ("not_needed", "given"):
        return Refused("consent_missing")
    return member


def _one(connection: Connection, condition: str, value: object) -> Any:
    """A beneficiary, locked: two members who prove the same person come one after the other."""
    return connection.execute(
        text(f"{_BENEFICIARY} AND {condition} FOR NO KEY UPDATE OF b"), {"value": value}
    ).one_or_none()


def _is_same(member: Any, found: Any) -> bool:
    """All three are compared whatever the first says."""
    same = (
        same_last_name(member.last_name, found.last_name),
        same_first_name(member.first_name, found.first_name),
        member.birth_date == found.birth_date,
        not found.taken,
    )
    return all(same)


def _card_refusal(connection: Connection, card: Card) -> Refused | None:
    if card.state in _TELLING:
        return Refused(f"card_{card.state}")
    refusal = day_refusal(connection, card, paris_today(connection))
    return None if refusal in (None, "school_year_not_started") else Refused(str(refusal))


def _pin_refusal(connection: Connection, keys: Keys, found: Any, pin: str) -> Refused | None:
    """A PIN that was chosen before is asked for, with the same three tries as at a till."""
    if not has_pin(connection, found.beneficiary_id):
        return None
    if not pin_is_four_digits(pin):
        return Refused("link_pin_needed")
    verdict = connection.execute(
        text("SELECT code, tries_left FROM judge_pin(:beneficiary_id, :mac)"),
        {
            "beneficiary_id": found.beneficiary_id,
            "mac": pin_mac(keys, found.beneficiary_id, pin),
        },
    ).one()
    if verdict.code is None:
        return None
    if verdict.code == "pin_wrong" and verdict.tries_left > 0:
        return Refused("link_pin_wrong", {"left": verdict.tries_left})
    return Refused("link_pin_blocked")


def _link(
    connection: Connection, keys: Keys, member_id: int, network: str, found: Any, *, by: str
) -> Linked:
    settle_try(connection, linking_guarded(keys, member_id), None)
    settle_try(connection, linking_network_guarded(keys, network), None)
    return _store(connection, member_id, found.beneficiary_id, by=by)


def _store(connection: Connection, member_id: int, beneficiary_id: int, *, by: str) -> Linked:
    connection.execute(
        text(
            "UPDATE member SET beneficiary_id = :beneficiary_id, linked_at = ledger_now()"
            " WHERE member_id = :member_id"
        ),
        {"beneficiary_id": beneficiary_id, "member_id": member_id},
    )
    # Nobody has to look any more at who this is.
    connection.execute(
        text(
            "DELETE FROM proof_file WHERE member_id = :member_id AND state = 'waiting'"
            " AND kind <> 'portrait'"
        ),
        {"member_id": member_id},
    )
    note(
        connection,
        actor=f"member:{member_id}",
        action="member.link",
        subject=f"beneficiary:{beneficiary_id}",
        detail=f"by={by}",
    )
    return Linked(beneficiary_id)
