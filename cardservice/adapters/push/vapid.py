"""Who pushes: the instance's own key pair and the signed word that goes with each push (RFC 8292).

The law: the secret half is derived from the master key (as in adapters/paper_key.py), so that there
is no second file to lose and a restored instance keeps its subscribers. The word names the push
service it is for, holds for half a day, and says where the operator can be reached.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardservice.adapters.push.seal import written
from cardservice.domain.keys import Keys

_HOLDS_SECONDS: Final = 12 * 3600
# Order of the curve: a secret is a number from 1 to one less.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class PushKey:
    """Never printed: repr hides the secret."""

    secret: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """What a browser subscribes with (base64url)."""
        point = self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return written(point)

    def word_for(self, endpoint: str, *, sender: str, wall_seconds: int) -> str:
        """The Authorization of one push; `sender` is the address that mail comes from."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": wall_seconds + _HOLDS_SECONDS,
            "sub": f"mailto:{parseaddr(sender)[1]}",
        }
        signed = ".".join(
            written(json.dumps(one, separators=(",", ":")).encode())
            for one in ({"typ": "JWT", "alg": "ES256"}, claims)
        )
        r, s = decode_dss_signature(self.secret.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = written(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={signed}.{signature}, k={self.public}"


def push_key(keys: Keys) -> PushKey:
    """The push key of an instance."""
    number = int.from_bytes(keys.derive("web push"), "big") % (_ORDER - 1) + 1
    return PushKey(ec.derive_private_key(number, ec.SECP256R1()))
