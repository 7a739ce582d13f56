"""A push on its way: what the office hands to whoever carries it, and how a push service says no.

The law: whoever carries it either returns (the service has taken it), raises PushGone (the browser
has left for good), PushRefused (it never will take this one) or anything else (it may, later).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

# The push services of Chrome and Edge, Firefox, Safari and Windows: browsers know no others.
KNOWN_HOSTS: Final = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
MOST_ADDRESS: Final = 1_000
_OF_THIS_MACHINE: Final = frozenset(("127.0.0.1", "localhost"))
_NAME: Final = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_HOST: Final = re.compile(_NAME)
_LISTED: Final = re.compile(rf"(\*\.)?{_NAME}(:[0-9]{{1,5}})?")


class PushGone(Exception):
    """The browser has unsubscribed, or was removed: nothing will ever reach it again."""


class PushRefused(Exception):
    """The service will never take this push: too large, signature refused."""


class PushServiceAway(Exception):
    """Out of reach, busy, or silent."""


@dataclass(frozen=True, slots=True)
class Push:
    """A notice for one browser. `is_discreet`: no amount on a screen that others may see."""

    push_id: int
    notice_id: int
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    kind: str
    facts: dict[str, Any] = field(repr=False)
    is_discreet: bool
    # By the machine's own clock: a push service knows no other, whatever a demo plays.
    wall_seconds: int


def is_host(entry: str) -> bool:
    """Whether an operator may list this: `push.example`, `*.push.example`, `push.example:8443`."""
    return _LISTED.fullmatch(entry) is not None


def may_be_pushed_to(endpoint: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address that a browser gave leads to a listed push service, and nowhere else.

    TLS always, but to this machine itself, which an operator lists to try things out.
    """
    if len(endpoint) > MOST_ADDRESS or not endpoint.isascii() or not endpoint.isprintable():
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or _HOST.fullmatch(host) is None:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if "\\" in endpoint or " " in endpoint:
        return False
    if host in _OF_THIS_MACHINE and parts.scheme in ("http", "https"):
        return host in hosts or f"{host}:{port}" in hosts
    if parts.scheme != "https":
        return False
    return any(_matches(entry, host, 443 if port is None else port) for entry in hosts)


def _matches(entry: str, host: str, port: int) -> bool:
    name, _, listed = entry.partition(":")
    if port != int(listed or 443):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
