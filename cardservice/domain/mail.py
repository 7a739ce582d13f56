"""A mail on its way: what the office hands to whoever carries it, and how a carrier says no.

The law: whoever carries it either returns (the server has taken it), raises MailRefused (it never
will), raises MailServerAway (it takes no mail now) or raises anything else (it may, later).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class MailRefused(Exception):
    """The server will never take this mail: no such address, message refused."""


class MailServerAway(Exception):
    """Out of reach, lets nobody in, or hung up: the next mail would fare no better."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`mail_id` makes two sendings of one mail the same message; `link_secret` is its link's, and
    `link_purpose` says where that leads."""

    mail_id: int
    recipient: str = field(repr=False)
    kind: str
    facts: dict[str, Any] = field(repr=False)
    written_at: datetime
    link_secret: str | None = field(default=None, repr=False)
    link_purpose: str = "partner"
