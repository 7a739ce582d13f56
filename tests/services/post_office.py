"""A mail server whose answers a test chooses, over real SMTP on a port of this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class PostOffice:
    """`answers` are given to DATA in turn, then 250; `recipients_refused` answers to RCPT TO.

    The answer "cut" takes the message and hangs up before saying so; "stall" says nothing.
    """

    def __init__(self) -> None:
        self.taken = []
        self.answers: list[str] = []
        self.recipients_refused: str | None = None
        self.was_encrypted: list[bool] = []
        self.signed_in: list[bytes] = []
        self.port = 0
        self.let_go = threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.recipients_refused:
            return self.recipients_refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "stall":
            # The client has given up by then: nothing is said and nothing taken.
            await server.loop.run_in_executor(None, self.let_go.wait, 20)
            server.transport.close()
            return "451 too late"
        if answer == "cut" or answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.was_encrypted.append(session.ssl is not None)
        if answer == "cut":
            server.transport.close()
            return "250 nobody hears this"
        return answer

    def authenticate(self, server, session, envelope, mechanism, auth_data):
        self.signed_in.append(auth_data.password)
        return AuthResult(success=auth_data.password == b"the right one")


@contextlib.contextmanager
def opened_post_office(
    *, tls: ssl.SSLContext | None = None, with_password: bool = False
) -> Iterator[PostOffice]:
    """A server for as long as the block lasts; `tls` is offered by STARTTLS."""
    office = PostOffice()
    options = {"authenticator": office.authenticate, "auth_required": True}
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=tls,
        require_starttls=tls is not None,
        **(options if with_password else {}),
    )

    controller.start()
    office.port = controller.port
    try:
        yield office
    finally:
        office.let_go.set()
        controller.stop()


def _free_port() -> int:

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
