"""The product's secrets, derived for one purpose each from one master key.

The law: the master key lives outside the database (a file, see adapters/keys.py), so that a stolen
dump gives neither a card code nor a PIN; what is stored is a keyed digest.

HMAC-SHA256 with a pepper protects a four-digit PIN as well as a slow hash would: 10,000
possibilities are few for any hash, the key outside the database is what counts.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property


@dataclass(frozen=True)
class Keys:
    """32 secret bytes and what is derived from them. Never printed: repr hides the master key."""

    master: bytes = field(repr=False)

    def __post_init__(self) -> None:
        assert len(self.master) == 32, "the master key is 32 bytes"

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, useless for any other."""
        return hmac.digest(self.master, b"cjeune/1/" + purpose.encode(), hashlib.sha256)

    @cached_property
    def card_code(self) -> bytes:
        """Key of the digests under which card codes are looked up."""
        return self.derive("card code")

    @cached_property
    def pin_pepper(self) -> bytes:
        """Key of the PIN digests."""
        return self.derive("pin")

    @cached_property
    def identification(self) -> bytes:
        """Key that signs identifications."""
        return self.derive("identification")

    @cached_property
    def screen_card(self) -> bytes:
        """Key that signs what the screen of a card shows."""
        return self.derive("screen card")


def code_mac(keys: Keys, card_code: str) -> bytes:
    """The digest (32 bytes) under which a canonical card code is stored and looked up."""
    return hmac.digest(keys.card_code, card_code.encode(), hashlib.sha256)


def pin_mac(keys: Keys, beneficiary_id: int, pin: str) -> bytes:
    """The digest (32 bytes) of a holder's four-digit PIN, different for every holder."""
    message = beneficiary_id.to_bytes(8, "big") + pin.encode()
    return hmac.digest(keys.pin_pepper, message, hashlib.sha256)


def ine_mac(keys: Keys, ine: str) -> bytes:
    """The digest (32 bytes) that is kept of an erased person's INE: a roster names them in vain."""
    return hmac.digest(keys.derive("erased ine"), ine.encode(), hashlib.sha256)


def person_mac(keys: Keys, birth_date: date, name_trace: str) -> bytes:
    """The digest (32 bytes) that is kept of an erased person who was given money this year."""
    message = f"{birth_date:%Y-%m-%d} {name_trace}".encode()
    return hmac.digest(keys.derive("erased person"), message, hashlib.sha256)


def secret_hash(secret: str) -> bytes:
    """Digest (32 bytes) of a secret that is itself long and random: terminal keys, codes."""
    return hashlib.sha256(secret.encode()).digest()
