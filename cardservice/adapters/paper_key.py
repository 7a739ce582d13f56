"""The key that signs papers (Ed25519), and what anybody needs to check them.

The law: the secret half is derived from the instance's master key, so that there is no second file
to lose, and leaves this process never; the public half may be given to everybody. The same text
signed twice gives the same signature.

Refuses to know: what a paper says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from cardservice.domain.keys import Keys


@dataclass(frozen=True)
class PublicPaperKey:
    """What checks a signature, and can make none."""

    key: Ed25519PublicKey

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) over `message` was made with the other half."""
        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """The key as a text file, as OpenSSL reads it too."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class PaperKey:
    """What signs papers. Never printed: repr hides the secret."""

    secret: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.secret.sign(message)

    @property
    def public(self) -> PublicPaperKey:
        """The half for everybody."""
        return PublicPaperKey(self.secret.public_key())


def paper_key(keys: Keys) -> PaperKey:
    """The paper key of an instance."""
    return PaperKey(Ed25519PrivateKey.from_private_bytes(keys.derive("paper signature")))


def read_public_key(pem: bytes) -> PublicPaperKey | None:
    """A public key file; None for anything else."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return PublicPaperKey(key) if isinstance(key, Ed25519PublicKey) else None
