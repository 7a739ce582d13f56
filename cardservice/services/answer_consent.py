"""A parent's answer: agrees, refuses, withdraws, or agrees again after all (C16; minors).

The law: one parent's answer is enough; agreeing names the parent, says they have parental authority
and keeps to which words they agreed. Refusing and withdrawing need nothing but the link: they close
the member and pause the card, and the wallets stay as they are. Every answer is kept as evidence.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import locked_card_of_holder
from cardservice.db.queries.consents import Consent, consent_state, last_consent
from cardservice.db.queries.journal import note
from cardservice.db.queries.parent_view import child_of
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.close_member import close_member, open_again
from cardservice.services.member_links import MemberLink, member_link_of, use_member_link
from cardservice.services.send_parent_page import send_parent_page

# Of what the parent reads (youth_portal/templates/parent/words.html): moves with every change.
WORDS_VERSION: Final = "2026-11"
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Answered:
    """What is now recorded: `given`, `refused` or `withdrawn`."""

    state: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a parent fills in to agree. `browser` is part of the evidence."""

    parent_name: str
    has_authority: bool
    browser: str


def give_consent(
    engine: Engine, keys: Keys, *, secret: str, agreement: Agreement
) -> Answered | Refused:
    """With the link of the question, or with that of the parent's page after another answer.

    Refused: link_unknown, parent_name_malformed, parent_authority_needed, consent_given,
    consent_not_needed (as for `refuse_consent`).
    """
    name = _name(agreement.parent_name)
    with unit_of_work(engine) as connection:
        link, last = _opened(connection, secret)
        if link is None or link.member_id is None or last is None:
            return Refused("link_unknown")
        if consent_state(connection, link.member_id) == "not_needed":
            return Refused("consent_not_needed")
        if last.state == "given":
            return Refused("consent_given")
        if name is None:
            return Refused("parent_name_malformed")
        if not agreement.has_authority:
            return Refused("parent_authority_needed")
        _keep_agreement(connection, last, name, agreement.browser)
        actor = f"parent:{link.member_id}"
        open_again(connection, link.member_id, actor=actor)
        return _answered(connection, keys, secret, link, "given")


def refuse_consent(engine: Engine, keys: Keys, *, secret: str) -> Answered | Refused:
    """Says no to the question, or withdraws what was given.

    Refused: link_unknown; consent_not_needed when the child has come of the age meanwhile.
    """
    with unit_of_work(engine) as connection:
        _hold_card(connection, secret)
        link, last = _opened(connection, secret)
        if link is None or link.member_id is None or last is None:
            return Refused("link_unknown")
        if consent_state(connection, link.member_id) == "not_needed":
            return Refused("consent_not_needed")
        if last.state in ("refused", "withdrawn"):
            return Answered(last.state)
        state = "refused" if last.state == "asked" else "withdrawn"
        connection.execute(
            text(
                "UPDATE parent_consent SET state = :state,"
                " decided_at = coalesce(decided_at, ledger_now()),"
                " withdrawn_at = CASE WHEN :state = 'withdrawn' THEN ledger_now() END"
                " WHERE consent_id = :consent_id"
            ),
            {"state": state, "consent_id": last.consent_id},
        )
        close_member(connection, link.member_id, actor=f"parent:{link.member_id}")
        return _answered(connection, keys, secret, link, state)


def _hold_card(connection: Connection, secret: str) -> None:
    """Card first, then member: as linking does, so that both queue and never deadlock."""
    link = member_link_of(connection, secret)
    if link is not None and link.member_id is not None:
        beneficiary_id = child_of(connection, link.member_id).beneficiary_id
        if beneficiary_id is not None:
            locked_card_of_holder(connection, beneficiary_id)


def _opened(connection: Connection, secret: str) -> tuple[MemberLink | None, Consent | None]:
    """The link and the consent it is about, the member locked: two clicks come one after another.

    An old question's link never answers a newer one: asking again has ended it.
    """
    link = member_link_of(connection, secret)
    if link is None or link.purpose not in ("consent", "parent"):
        return None, None
    connection.execute(
        text("SELECT FROM member WHERE member_id = :member_id FOR NO KEY UPDATE"),
        {"member_id": link.member_id},
    )
    # Used or replaced while this waited for the lock.
    link = member_link_of(connection, secret)
    if link is None or link.member_id is None:
        return None, None
    last = last_consent(connection, link.member_id)
    if last is None or (link.purpose == "consent" and last.state != "asked"):
        return None, None
    # Another parent was asked since: this one's page answers for their own consent alone.
    if last.parent_email != link.email:
        return None, None
    return link, last


def _keep_agreement(connection: Connection, last: Consent, name: str, browser: str) -> None:
    evidence = {"name": name, "version": WORDS_VERSION, "browser": browser[:60]}
    if last.state == "asked":
        connection.execute(
            text(
                "UPDATE parent_consent SET state = 'given', decided_at = ledger_now(),"
                " parent_name = :name, words_version = :version, browser = :browser"
                " WHERE consent_id = :consent_id"
            ),
            evidence | {"consent_id": last.consent_id},
        )
        return
    # What was answered before stays as it was: agreeing again is a new line of evidence.
    connection.execute(
        text(
            "INSERT INTO parent_consent (member_id, parent_email, state, asked_at, decided_at,"
            " parent_name, words_version, browser)"
            " SELECT :member_id, :parent_email, 'given', at, at, :name, :version, :browser"
            " FROM ledger_now() AS at"
        ),
        evidence | {"member_id": last.member_id, "parent_email": last.parent_email},
    )


def _answered(
    connection: Connection, keys: Keys, secret: str, link: MemberLink, state: str
) -> Answered:
    assert link.member_id is not None, "a parent's link is about a member"
    note(
        connection,
        actor=f"parent:{link.member_id}",
        action=f"consent.{state}",
        subject=f"member:{link.member_id}",
    )
    if link.purpose == "consent":
        use_member_link(connection, secret)
        send_parent_page(connection, keys, member_id=link.member_id, parent_email=link.email)
    return Answered(state)


def _name(typed: str) -> str | None:
    """A name as it is kept; None for what is none."""
    name = unicodedata.normalize("NFC", " ".join(typed.split()))
    has_letters = sum(character.isalpha() for character in name) >= 2
    return name if has_letters and len(name) <= _LONGEST_NAME and name.isprintable() else None
