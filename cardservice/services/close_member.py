"""Closes a member whose parent refused or withdrew, and opens them again when the parent agrees.

The law: closing ends every session, link and pushed notice of the member, removes the pictures that
wait for an agent, and pauses the card as the parent, also before it is activated; wallets and money
stay as they are. The proof whose card it is stays too: agreeing again undoes the closing. Called
with the card's row locked, then the member's.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.db.queries.journal import note
from cardservice.db.tables.youth import MEMBER_LINK_PURPOSES
from cardservice.services.choose_notices import forget_notice_mails
from cardservice.services.member_links import end_member_links
from cardservice.services.pause_card import pause_within
from cardservice.services.web_sessions import end_sessions


def close_member(connection: Connection, member_id: int, *, actor: str) -> None:
    """Nobody signs in any more; a card that pays nothing for good stays as it is."""
    beneficiary_id = connection.execute(
        text(
            "UPDATE member SET closed_at = coalesce(closed_at, ledger_now())"
            " WHERE member_id = :member_id RETURNING beneficiary_id"
        ),
        {"member_id": member_id},
    ).scalar_one()
    end_sessions(connection, member_id=member_id)
    for purpose in MEMBER_LINK_PURPOSES:
        # The parent's own page is what lets them change their mind.
        if purpose not in ("sign_up", "parent"):
            end_member_links(connection, purpose=purpose, member_id=member_id)
    connection.execute(
        text("DELETE FROM push_subscription WHERE member_id = :member_id"),
        {"member_id": member_id},
    )
    connection.execute(
        text("DELETE FROM proof_file WHERE member_id = :member_id AND state = 'waiting'"),
        {"member_id": member_id},
    )
    forget_notice_mails(connection, member_id)
    note(connection, actor=actor, action="member.close", subject=f"member:{member_id}")
    if beneficiary_id is not None:
        pause_within(connection, beneficiary_id=beneficiary_id, actor=actor, paused_by="parent")
        _pause_what_is_issued(connection, beneficiary_id)


def open_again(connection: Connection, member_id: int, *, actor: str) -> None:
    """The member may sign in again. The parent's pause of a card that pays stays until the parent
    ends it; that of one never activated, which no page could end, goes."""
    opened = connection.execute(
        text(
            "UPDATE member SET closed_at = NULL WHERE member_id = :member_id"
            " AND closed_at IS NOT NULL"
        ),
        {"member_id": member_id},
    )
    if opened.rowcount:
        connection.execute(
            text(
                "DELETE FROM card_pause p USING card c, member m"
                " WHERE m.member_id = :member_id AND c.beneficiary_id = m.beneficiary_id"
                " AND p.card_id = c.card_id AND p.paused_by = 'parent' AND c.state = 'issued'"
            ),
            {"member_id": member_id},
        )
        note(connection, actor=actor, action="member.reopen", subject=f"member:{member_id}")


def _pause_what_is_issued(connection: Connection, beneficiary_id: int) -> None:
    """Whoever activates such a card, desk or command line, has a paused one (move_card)."""
    connection.execute(
        text(
            "INSERT INTO card_pause (card_id, paused_by, paused_at)"
            " SELECT card_id, 'parent', ledger_now() FROM card"
            " WHERE beneficiary_id = :beneficiary_id AND state = 'issued' ON CONFLICT DO NOTHING"
        ),
        {"beneficiary_id": beneficiary_id},
    )
