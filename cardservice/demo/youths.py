"""Brings one youth of a demonstration to their portal: signed up, told who, linked, their PIN kept.

The law: they come in as anybody does, by the link of a mail and the code of their own card; under
fifteen a parent agrees first. The one who comes has bought things, so that there is something to
see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import consent_state
from cardservice.demo.agents import password
from cardservice.demo.cast import succeed
from cardservice.demo.county import mail_name
from cardservice.demo.kept import KeptCard, KeptUser
from cardservice.domain.derived_secret import derived_secret
from cardservice.services.answer_consent import Agreement, give_consent
from cardservice.services.ask_parent import ask_parent
from cardservice.services.choose_member_password import choose_member_password
from cardservice.services.link_member import link_by_code
from cardservice.services.member_links import MEMBER_LINK, make_member_link
from cardservice.services.say_who import Said, WhoSaid, say_who
from cardservice.wiring import Office

YOUTH: Final = "youth"
_MAIL_DOMAIN: Final = "jeunes.example"
_NETWORK: Final = "127.0.0.1"
_BROWSER: Final = "Firefox sur Android"
# The eldest who has bought something, then the eldest: fifteen if anybody is.
_WHO: Final = text(
    "SELECT c.serial, b.first_name, b.last_name, b.birth_date, b.postal_code, b.commune,"
    " b.school_kind FROM card c JOIN beneficiary b USING (beneficiary_id)"
    " JOIN beneficiary_year y USING (beneficiary_id, school_year)"
    " WHERE c.serial = ANY(:serials) AND c.state = 'active' AND y.category = 'collegien'"
    " AND card_refusal(c, business_day(ledger_now())) IS NULL"
    " ORDER BY EXISTS (SELECT FROM wallet w WHERE w.beneficiary_id = c.beneficiary_id"
    "  AND w.school_year = c.school_year AND w.balance_cents < w.granted_cents) DESC,"
    " b.birth_date, c.serial LIMIT 1"
)


def welcome_youth(office: Office, cards: Sequence[KeptCard]) -> KeptUser:
    """The member, with the password that they chose and the serial of their card."""
    with unit_of_work(office.engine) as connection:
        who = connection.execute(_WHO, {"serials": [card.serial for card in cards]}).one()
    card = next(card for card in cards if card.serial == who.serial)
    email = f"{mail_name(who.first_name)}.{mail_name(who.last_name)}@{_MAIL_DOMAIN}"
    chosen = password()
    member_id = _join(office, email, chosen)
    _tell(office, member_id, who)
    if not _is_old_enough(office, member_id):
        _agree(office, member_id, f"parent.{email}", who.last_name)
    succeed(
        link_by_code(
            office.engine,
            office.keys,
            member_id=member_id,
            reading=card.code,
            pin=card.pin,
            network=_NETWORK,
        )
    )
    return KeptUser(YOUTH, email, chosen, None, card=card.serial)


def _join(office: Office, email: str, chosen: str) -> int:
    with unit_of_work(office.engine) as connection:
        nonce = make_member_link(connection, office.keys, purpose="sign_up", email=email)
        secret = derived_secret(office.keys, MEMBER_LINK, nonce)
        joined = choose_member_password(connection, office.keys, secret=secret, password=chosen)
        return succeed(joined).member_id


def _tell(office: Office, member_id: int, who: Any) -> None:
    said = WhoSaid(
        who.first_name,
        who.last_name,
        who.birth_date.isoformat(),
        who.postal_code,
        who.commune,
        who.school_kind or "",
    )
    with unit_of_work(office.engine) as connection:
        told = say_who(connection, member_id=member_id, said=said)
    assert isinstance(told, Said), f"the roster's own words are refused: {told}"


def _is_old_enough(office: Office, member_id: int) -> bool:
    with unit_of_work(office.engine) as connection:
        return consent_state(connection, member_id) == "not_needed"


def _agree(office: Office, member_id: int, parent_email: str, last_name: str) -> None:
    succeed(
        ask_parent(
            office.engine,
            office.keys,
            member_id=member_id,
            parent_email=parent_email,
            network=_NETWORK,
        )
    )
    with unit_of_work(office.engine) as connection:
        nonce = connection.execute(
            text(
                "SELECT nonce FROM member_link WHERE member_id = :member_id"
                " AND purpose = 'consent' AND used_at IS NULL"
            ),
            {"member_id": member_id},
        ).scalar_one()
    succeed(
        give_consent(
            office.engine,
            office.keys,
            secret=derived_secret(office.keys, MEMBER_LINK, bytes(nonce)),
            agreement=Agreement(f"Anne {last_name}", has_authority=True, browser=_BROWSER),
        )
    )
