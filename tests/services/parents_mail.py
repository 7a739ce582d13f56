"""The secret of the link that a parent was mailed last, as the postman would write it."""

from __future__ import annotations

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.derived_secret import derived_secret
from cardservice.services.member_links import MEMBER_LINK
from cardservice.wiring import Office

_PURPOSE_OF = {"parent_consent": "consent", "parent_page": "parent", "youth_email": "email"}


def last_link_to(office: Office, address: str, kind: str) -> str:
    """`kind` of the mail: parent_consent or parent_page. Read from the link, not from the mail: the
    postman may have taken that already."""
    with unit_of_work(office.engine) as connection:
        nonce = connection.execute(
            text(
                "SELECT nonce FROM member_link WHERE email = :address AND purpose = :purpose"
                " AND used_at IS NULL ORDER BY member_id DESC, expires_at DESC LIMIT 1"
            ),
            {"address": address, "purpose": _PURPOSE_OF[kind]},
        ).scalar_one()
    return derived_secret(office.keys, MEMBER_LINK, bytes(nonce))


def mails_to(office: Office, address: str) -> int:
    with unit_of_work(office.engine) as connection:
        return int(
            connection.execute(
                text("SELECT count(*) FROM waiting_mail WHERE recipient = :address"),
                {"address": address},
            ).scalar_one()
        )
