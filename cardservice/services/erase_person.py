"""Erases a person: no name, address, picture or free text is left, and the ledger stays provable.

The law: the ledger knows surrogate ids alone and is not touched; its rows, seals and proofs stay
as they are. The cards of an erased person never pay again. Of the INE a keyed digest is kept, so
that a roster which names the person again is passed over; of names and birth date too, while the
school year that gave them money lasts (erased_people.py). Everything happens in one transaction;
sent mail that an instance keeps in a folder goes just before it ends, when none can follow.

Lock order: cards first, then the member, as linking and the debit's own road.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys, ine_mac
from cardservice.domain.refusal import Refused
from cardservice.services.erased_people import GIVEN_THIS_YEAR, macs_to_keep

ForgetMail = Callable[[Collection[str]], object]

# Gone with the person, card or not. Rows that hang on the member's go with it (ON DELETE CASCADE).
_OF_BENEFICIARY: Final = (
    "DELETE FROM notice WHERE beneficiary_id = :beneficiary_id",
    "DELETE FROM holder_photo WHERE beneficiary_id = :beneficiary_id",
    "DELETE FROM holder_pin WHERE beneficiary_id = :beneficiary_id",
    "DELETE FROM card_reading WHERE card_id = ANY(:card_ids)",
    "DELETE FROM card_pause WHERE card_id = ANY(:card_ids)",
    "DELETE FROM screen_card WHERE card_id = ANY(:card_ids)",
    "DELETE FROM plastic_order WHERE card_id = ANY(:card_ids)",
    "UPDATE card SET state = 'blocked' WHERE card_id = ANY(:card_ids)"
    " AND state IN ('issued', 'active', 'paused')",
    # What people wrote about somebody's debit, whoever wrote it.
    "UPDATE regularisation_file f SET explanation = NULL,"
    " refusal_reason = CASE WHEN refused_at IS NOT NULL THEN '-' END"
    " FROM operation o WHERE o.operation_id = f.operation_id"
    " AND o.beneficiary_id = :beneficiary_id",
    "UPDATE regularisation r SET evidence = NULL FROM operation o"
    " WHERE o.operation_id = r.debit_id AND o.beneficiary_id = :beneficiary_id",
    "UPDATE beneficiary b SET ine = NULL, erased_ine_mac = :ine_mac,"  # noqa: S608
    f" erased_person_macs = CASE WHEN {GIVEN_THIS_YEAR} THEN"
    "  CAST(:person_macs AS bytea[]) END, last_name = NULL,"
    " first_name = NULL, birth_date = NULL, postal_code = NULL, commune = NULL, school = NULL,"
    " school_kind = NULL, email = NULL, erased_at = ledger_now()"
    " WHERE beneficiary_id = :beneficiary_id",
)


@dataclass(frozen=True, slots=True)
class Whom:
    """One of the two: a member takes the beneficiary whose card is theirs along, and back."""

    member_id: int | None = None
    beneficiary_id: int | None = None

    def __post_init__(self) -> None:
        assert (self.member_id is None) != (self.beneficiary_id is None), "one of the two"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: None for what there was not."""

    member_id: int | None
    beneficiary_id: int | None


def erase_person(
    engine: Engine, keys: Keys, whom: Whom, *, actor: str, forget_mail: ForgetMail
) -> Erased | Refused:
    """`forget_mail` drops what an instance keeps of mail sent to these addresses (wiring.py).

    Refused: person_unknown, also who was erased before.
    """
    with unit_of_work(engine) as connection:
        beneficiary_id = whom.beneficiary_id or _beneficiary_of(connection, whom.member_id)
        card_ids = _locked_cards(connection, beneficiary_id)
        member_id = _locked_member(connection, whom, beneficiary_id)
        if _beneficiary_of(connection, member_id) not in (None, beneficiary_id):
            # Linked between the two questions: nothing is half erased.
            return Refused("person_unknown")
        known = _known(connection, beneficiary_id)
        if known is None and member_id is None:
            return Refused("person_unknown")
        # First: whoever is just making notices and mail of these is waited for, and what they made
        # goes with the rest.
        connection.execute(
            text(
                "DELETE FROM notification_outbox waiting USING operation o"
                " WHERE o.operation_id = waiting.operation_id"
                " AND o.beneficiary_id = :beneficiary_id AND o.wallet_seq IS NOT NULL"
            ),
            {"beneficiary_id": beneficiary_id},
        )
        own, parents = _addresses(connection, member_id, beneficiary_id)
        _forget_member(connection, member_id, own)
        if known is None:
            beneficiary_id = None
        else:
            _forget_beneficiary(connection, keys, known, card_ids)
        _note(connection, actor, member_id, beneficiary_id)
        forget_mail(own | parents)
        return Erased(member_id, beneficiary_id)


def _beneficiary_of(connection: Connection, member_id: int | None) -> int | None:
    found: int | None = connection.execute(
        text("SELECT beneficiary_id FROM member WHERE member_id = :member_id"),
        {"member_id": member_id},
    ).scalar_one_or_none()
    return found


def _locked_cards(connection: Connection, beneficiary_id: int | None) -> list[int]:
    found = connection.execute(
        text(
            "SELECT card_id FROM card WHERE beneficiary_id = :beneficiary_id"
            " ORDER BY card_id FOR NO KEY UPDATE"
        ),
        {"beneficiary_id": beneficiary_id},
    )
    return list(found.scalars())


def _locked_member(connection: Connection, whom: Whom, beneficiary_id: int | None) -> int | None:
    found: int | None = connection.execute(
        text(
            "SELECT member_id FROM member WHERE member_id = :member_id"
            " OR beneficiary_id = :beneficiary_id FOR UPDATE"
        ),
        {"member_id": whom.member_id, "beneficiary_id": beneficiary_id},
    ).scalar_one_or_none()
    return found


def _known(connection: Connection, beneficiary_id: int | None) -> Any:
    """The person, locked; None when there is none still. No INE for who came with proofs."""
    return connection.execute(
        text(
            "SELECT beneficiary_id, ine, first_name, last_name, birth_date FROM beneficiary"
            " WHERE beneficiary_id = :beneficiary_id AND erased_at IS NULL FOR NO KEY UPDATE"
        ),
        {"beneficiary_id": beneficiary_id},
    ).one_or_none()


def _addresses(
    connection: Connection, member_id: int | None, beneficiary_id: int | None
) -> tuple[set[str], set[str]]:
    """Every address that mail about this person went to: their own, and their parents'."""
    own = connection.execute(
        text(
            "SELECT email FROM member WHERE member_id = :member_id"
            # An address may have changed hands: what its new owner is sent stays.
            " UNION SELECT former FROM member m, unnest(m.former_emails) AS former"
            "  WHERE m.member_id = :member_id"
            "  AND NOT EXISTS (SELECT FROM member other WHERE other.email = former)"
            " UNION SELECT lower(email) FROM beneficiary"
            "  WHERE beneficiary_id = :beneficiary_id AND email <> ''"
            " UNION SELECT email FROM member_link WHERE member_id = :member_id"
            "  AND purpose NOT IN ('consent', 'parent')"
        ),
        {"member_id": member_id, "beneficiary_id": beneficiary_id},
    )
    parents = connection.execute(
        text(
            "SELECT parent_email FROM parent_consent WHERE member_id = :member_id"
            " AND parent_email <> '' UNION SELECT email FROM member_link"
            " WHERE member_id = :member_id AND purpose IN ('consent', 'parent')"
        ),
        {"member_id": member_id},
    )
    return set(own.scalars()), set(parents.scalars())


def _forget_member(connection: Connection, member_id: int | None, own: Collection[str]) -> None:
    # A parent may wait for mail about another child: of theirs only what carries a link to this
    # member goes.
    connection.execute(
        text(
            "DELETE FROM waiting_mail WHERE recipient = ANY(:own)"
            " OR link_nonce IN (SELECT nonce FROM member_link WHERE member_id = :member_id)"
        ),
        {"own": list(own), "member_id": member_id},
    )
    connection.execute(
        text("DELETE FROM member_link WHERE email = ANY(:own) AND member_id IS NULL"),
        {"own": list(own)},
    )
    connection.execute(
        text("DELETE FROM member WHERE member_id = :member_id"), {"member_id": member_id}
    )


def _forget_beneficiary(
    connection: Connection, keys: Keys, known: Any, card_ids: list[int]
) -> None:
    values = {
        "beneficiary_id": known.beneficiary_id,
        "card_ids": card_ids,
        "ine_mac": None if known.ine is None else ine_mac(keys, known.ine),
        "person_macs": macs_to_keep(keys, known.first_name, known.last_name, known.birth_date),
    }
    for statement in _OF_BENEFICIARY:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), wanted)


def _note(
    connection: Connection, actor: str, member_id: int | None, beneficiary_id: int | None
) -> None:
    if member_id is not None:
        note(connection, actor=actor, action="member.erase", subject=f"member:{member_id}")
    if beneficiary_id is not None:
        note(
            connection,
            actor=actor,
            action="beneficiary.erase",
            subject=f"beneficiary:{beneficiary_id}",
        )
