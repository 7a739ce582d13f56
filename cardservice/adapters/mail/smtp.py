"""Carries mail to an SMTP server.

The law: certificates are verified, a password is never sent in the clear, every wait is bounded. A
5xx answer about this mail is final (MailRefused); everything else may be better later.
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

from cardservice.domain.mail import MailRefused

SECURITIES: Final = ("starttls", "tls", "none")
_FINAL: Final = range(500, 600)


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
        """Returns when the server has taken the message. Raises MailRefused, or OSError."""
        with self._connection() as server:
            if self.security == "starttls":
                server.starttls(context=self.trust)
            if self.user is not None:
                assert self.password_file is not None, "CJEUNE_SMTP_PASSWORD_FILE goes with a user"
                server.login(self.user, self.password_file.read_text("utf-8").strip())
            try:
                server.send_message(
                    message,
                    from_addr=parseaddr(str(message["From"]))[1],
                    to_addrs=[parseaddr(str(message["To"]))[1]],
                )
            except smtplib.SMTPRecipientsRefused as refused:
                ((code, _),) = refused.recipients.values()
                _raise_if_final(code)
                raise
            except smtplib.SMTPResponseException as refused:
                _raise_if_final(refused.smtp_code)
                raise

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=self.trust
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            yield server
        finally:
            # The message is taken, or it is not: a farewell that fails changes neither.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()


def _raise_if_final(code: int) -> None:
    if code in _FINAL:
        # The server's own words may quote the address: the code is enough.
        raise MailRefused(str(code))
