"""Identifications: what a terminal holds after it has read a card, for five minutes.

The law: it is signed, needs no row in the database, outlives a restart, and serves only the
terminal that made it. It carries surrogate keys alone: nothing about the holder can be read off it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cardservice.domain.keys import Keys

# version, card, beneficiary, terminal, expiry in microseconds, whether the holder has wallets
_LAYOUT = struct.Struct(">BqqqqB")
_MAC_BYTES = 16
_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identification:
    """A card that a terminal has read. `until` is an aware instant, excluded."""

    card_id: int
    beneficiary_id: int
    terminal_id: int
    until: datetime
    holder_has_wallets: bool


def sign_identification(keys: Keys, identification: Identification) -> str:
    """The opaque text that a terminal hands back with its debits (66 URL-safe characters)."""
    body = _LAYOUT.pack(
        _VERSION,
        identification.card_id,
        identification.beneficiary_id,
        identification.terminal_id,
        (identification.until - _EPOCH) // timedelta(microseconds=1),
        identification.holder_has_wallets,
    )
    return base64.urlsafe_b64encode(body + _mac(keys, body)).decode().rstrip("=")


def read_identification(keys: Keys, text: str) -> Identification | None:
    """What a text signed by us says; None for anything forged or malformed. Never raises."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(keys, body)):
        return None
    version, card_id, beneficiary_id, terminal_id, until, has_wallets = _LAYOUT.unpack(body)
    if version != _VERSION:
        return None
    return Identification(
        card_id,
        beneficiary_id,
        terminal_id,
        _EPOCH + timedelta(microseconds=until),
        bool(has_wallets),
    )


def _mac(keys: Keys, body: bytes) -> bytes:
    return hmac.digest(keys.identification, body, hashlib.sha256)[:_MAC_BYTES]
