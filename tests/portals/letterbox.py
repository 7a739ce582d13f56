"""A mail server that keeps what it is handed: real SMTP on a port of this machine.

The law: a test reads the message that a person would read, never the row it was written from.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

_LINK = re.compile(r"https?://\S+")


class Letterbox:
    """Messages in the order they came."""

    def __init__(self) -> None:
        self.port = 0
        self._mails: list[EmailMessage] = []
        self._arrived = threading.Condition()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self._arrived:
            self._mails.append(mail)
            self._arrived.notify_all()
        return "250 taken"

    def empty(self) -> None:
        """For a new test."""
        with self._arrived:
            self._mails.clear()

    def mails_to(self, address: str) -> list[EmailMessage]:
        """What this address has received so far."""
        with self._arrived:
            return [mail for mail in self._mails if address in str(mail["To"])]

    def mail_to(self, address: str, words: str = "", *, number: int = 1) -> EmailMessage:
        """The n-th mail to an address that says `words`; it may still be under way."""

        def found() -> list[EmailMessage]:
            return [one for one in self.mails_to(address) if words in text_of(one)]

        with self._arrived:
            came = self._arrived.wait_for(lambda: len(found()) >= number, 20)
        assert came, f"mail {number} never came; {len(self.mails_to(address))} did"
        return found()[number - 1]


def text_of(mail: EmailMessage) -> str:
    """The plain text that a person reads."""
    body = mail.get_body(("plain",))
    assert body is not None, "every mail has a plain text"
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    """The link a person clicks on: the first of the text."""
    found = _LINK.search(text_of(mail))
    assert found, text_of(mail)
    return found[0].rstrip(".,)")


@contextlib.contextmanager
def opened_letterbox() -> Iterator[Letterbox]:
    """A server for as long as the block lasts."""
    box = Letterbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
