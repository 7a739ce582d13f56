"""A push service whose answers a test chooses, and a browser that can read what came to it.

The law: the browser decrypts by RFC 8291 written here a second time, from its own half of the keys.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


class Browser:
    """One subscription's secret half."""

    def __init__(self) -> None:
        self._secret = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._secret.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self._point = point
        self.p256dh, self.auth = b64(point), b64(self._auth)

    def read(self, body: bytes) -> dict:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender = body[21 : 21 + length]
        assert length == 65 and len(body) <= size
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._secret.exchange(ec.ECDH(), public)
        ikm = _hkdf(self._auth, shared, b"WebPush: info\0" + self._point + sender, 32)
        key = _hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, body[21 + length :], None)
        message, mark = plain[:-1], plain[-1:]
        assert mark == b"\x02", "the last record"
        return json.loads(message)


def _hkdf(salt: bytes, secret: bytes, about: bytes, size: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=size, salt=salt, info=about).derive(secret)


def claims_of(authorization: str, public_key: str) -> dict:
    """The claims of a VAPID word whose signature holds under this key."""
    kind, _, rest = authorization.partition(" ")
    parts = dict(one.strip().split("=", 1) for one in rest.split(","))
    assert kind == "vapid" and parts["k"] == public_key
    head, claims, signature = parts["t"].split(".")
    raw = unb64(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(public_key))
    key.verify(
        encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
        f"{head}.{claims}".encode(),
        ec.ECDSA(SHA256()),
    )
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    return json.loads(unb64(claims))


@dataclass
class PushService:
    """`answers` are given in turn, then 201; "cut" takes the push and hangs up without a word,
    "silent" says nothing until the end."""

    port: int = 0
    answers: list = field(default_factory=list)
    taken: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def opened_push_service():
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = service.answers.pop(0) if service.answers else 201
            service.asked.append(self.path)
            if answer == "silent":
                service.over.wait(20)
                return
            if answer == "cut" or answer == 201:
                service.taken.append((self.path, dict(self.headers), body))
            if answer == "cut":
                self.close_connection = True
                return
            self.send_response(answer)
            if answer in (301, 302, 307, 308):
                self.send_header("location", f"{service.origin}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
