"""Builds the message of a mail: the same bytes each time it is built.

The law: Message-ID, date and boundary come from the mail itself, so that a server which is handed
one mail twice sees one message. Addresses of the portal in it are made from the public origin that
the operator has set, never from what a request says.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from cardservice.adapters.mail.words import words_of
from cardservice.domain.keys import Keys
from cardservice.domain.mail import Mail

# Where a link leads, by its purpose; partners' invitations and resets have a table of their own.
_LINK_PATHS = {
    "partner": "/partenaire/lien/",
    "sign_up": "/jeune/lien/",
    "reset": "/jeune/lien/",
    "email": "/jeune/lien/",
    "consent": "/jeune/parent/",
    "parent": "/jeune/parent/",
}


@dataclass(frozen=True)
class Letterhead:
    """What every mail of an instance has in common. `origin` is `https://carte.example`."""

    sender: str
    origin: str
    scheme_name: str
    department_name: str
    assistance_phone: str
    keys: Keys = field(repr=False)

    def __post_init__(self) -> None:
        assert "@" in parseaddr(self.sender)[1], "CJEUNE_MAIL_FROM is a mail address"
        assert not self.origin.endswith("/"), "an origin has no path"


def message_of(mail: Mail, head: Letterhead) -> EmailMessage:
    """A mail, ready to be sent or kept."""
    link = None
    if mail.link_secret is not None:
        link = f"{head.origin}{_LINK_PATHS[mail.link_purpose]}{mail.link_secret}"
    words = words_of(
        mail.kind,
        **mail.facts,
        link=link,
        origin=head.origin,
        scheme_name=head.scheme_name,
        department_name=head.department_name,
        assistance_phone=head.assistance_phone,
    )
    name, address = parseaddr(head.sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = f"<{_identity(mail, head)}@{address.rpartition('@')[2]}>"
    # Out-of-office robots leave such mail alone (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(words.plain, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{_identity(mail, head)}")
    return message


def _identity(mail: Mail, head: Letterhead) -> str:
    """Unique over all instances: two of them count their mails alike."""
    digest = hmac.digest(head.keys.derive("mail"), str(mail.mail_id).encode(), hashlib.sha256)
    return f"{mail.mail_id}.{digest[:10].hex()}"
