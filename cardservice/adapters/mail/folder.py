"""Keeps mail in a folder, where no mail server is set: a demonstration, a test, a first evening.

The law: a file appears under its final name only when it is whole, and nobody else may read it: it
may hold a link that opens something.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path


@dataclass(frozen=True)
class MailFolder:
    """`<mail_id>-<kind>.eml` files."""

    folder: Path

    def keep(self, message: EmailMessage, *, name: str) -> None:
        """Writes one message; the same one again replaces itself."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        final = self.folder / f"{name}.eml"
        growing = self.folder / f".{name}.{os.getpid()}.part"
        handle = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes())
        growing.replace(final)

    def forget(self, addresses: Collection[str]) -> None:
        """Removes what was kept for these addresses (lower case)."""
        parser = BytesHeaderParser(policy=policy.default)
        for kept in self.folder.glob("*.eml"):
            try:
                with kept.open("rb") as file:
                    recipient = parseaddr(str(parser.parse(file)["To"]))[1]
            except FileNotFoundError:
                # Somebody else is clearing up too.
                continue
            if recipient.lower() in addresses:
                kept.unlink(missing_ok=True)
