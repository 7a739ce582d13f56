"""Carries mail to an SMTP server.

The law: certificates are verified, a password is never sent in the clear, every wait is bounded. A
5xx answer about this mail is final (MailRefused); what is no answer about this mail is the server's
own trouble (MailServerAway); everything else may be better later.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from cardservice.domain.mail import MailRefused, MailServerAway

SECURITIES: Final = ("starttls", "tls", "none")
_FINAL: Final = range(500, 600)
# "Closing the line": said in place of an answer, whatever was asked.
_CLOSING: Final = 421


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `password_file` is read anew each time: it may be rotated."""

    host: str
    port: int
    security: str
    user: str | None = None
    password_file: Path | None = None
    timeout_seconds: float = 10
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def __post_init__(self) -> None:
        assert self.security in SECURITIES, f"CJEUNE_SMTP_TLS is one of {', '.join(SECURITIES)}"
        assert self.user is None or self.security != "none", "no password in the clear"

    def carry(self, message: EmailMessage) -> None:
        """Returns when the server has taken the message.

        Raises MailRefused, MailServerAway, or SMTPException for what may be better later.
        """
        with self._connection() as server:
            try:
                server.send_message(
                    message,
                    from_addr=parseaddr(str(message["From"]))[1],
                    to_addrs=[parseaddr(str(message["To"]))[1]],
                )
            except smtplib.SMTPRecipientsRefused as refused:
                ((code, _),) = refused.recipients.values()
                _judge(code)
                raise
            except smtplib.SMTPResponseException as refused:
                _judge(refused.smtp_code)
                raise
            except OSError as broken:
                raise MailServerAway(type(broken).__name__) from broken

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        try:
            server = self._connected()
        except OSError as broken:
            raise MailServerAway(type(broken).__name__) from broken
        try:
            try:
                self._let_in(server)
            except OSError as broken:
                raise MailServerAway(type(broken).__name__) from broken
            yield server
        finally:
            # The message is taken, or it is not: a farewell that fails changes neither.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=self.trust
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)

    def _let_in(self, server: smtplib.SMTP) -> None:
        if self.security == "starttls":
            server.starttls(context=self.trust)
        # Here, and not with the mail: a server that refuses our name refuses no mail of anybody.
        server.ehlo_or_helo_if_needed()
        if self.user is not None:
            assert self.password_file is not None, "CJEUNE_SMTP_PASSWORD_FILE goes with a user"
            server.login(self.user, self.password_file.read_text("utf-8").strip())


def _judge(code: int) -> None:
    if code == _CLOSING:
        raise MailServerAway(str(code))
    if code in _FINAL:
        # The server's own words may quote the address: the code is enough.
        raise MailRefused(str(code))
