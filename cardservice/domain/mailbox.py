"""Tells whether two mail addresses lead to one mailbox, as far as the address alone says so.

The law: most mail services drop what follows a `+`, and Gmail every dot as well. An address is kept
and mailed as it was typed; this only compares.
"""

from __future__ import annotations

from typing import Final

_WITHOUT_DOTS: Final = ("gmail.com", "googlemail.com")


def same_mailbox(one: str, other: str) -> bool:
    """`lea+maman@gmail.com` is `l.ea@googlemail.com`."""
    return _mailbox(one) == _mailbox(other)


def _mailbox(address: str) -> tuple[str, str]:
    name, _, domain = address.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    if domain in _WITHOUT_DOTS:
        return name.replace(".", ""), _WITHOUT_DOTS[0]
    return name, domain
