"""The line: whatever comes back is an answer of our service or nobody's, it never waits for ever,
and neither key, PIN nor card leaves a trace."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client import bodies, terminal_bodies
from api_client.answers import Approved, DayList, Declined, Me, NoAnswer, Problem
from api_client.exchange import MOST_BYTES, MOST_BYTES_OF_A_PHOTO, Limits, origin_of
from api_client.transport import Line
from tests.terminals.canned import Says, canned_service, problem, response
from tests.terminals.golden_exchanges import golden_exchange
from tests.terminals.scripted_line import an_order

APPROVED = golden_exchange("debit-approved").body
ORDER = replace(an_order(), operation_id=UUID(APPROVED["operation_id"]))
PORTAL = b"<!doctype html><title>Hotel Miramar</title><p>Please accept our conditions."
QUICK = Limits(connect_seconds=2, read_seconds=0.3, whole_seconds=0.6)


def debit_told(*answers: Says, limits: Limits | None = None) -> Any:
    """What a debit becomes when the wire says this."""
    with (
        canned_service(*answers) as service,
        Line(service.base_url, key="key-1", client="cjeune-tpe/1.0", limits=limits) as line,
    ):
        return line.send_debit(ORDER, pin="4826")


def test_an_answer_of_the_service_is_believed() -> None:
    told = debit_told(response(201, APPROVED))
    assert isinstance(told, Approved) and told.operation_id == ORDER.operation_id


# What is nobody's answer


@pytest.mark.parametrize(
    "said",
    [
        response(200, PORTAL, kind="text/html"),
        response(403, PORTAL, kind="text/html"),
        response(200, PORTAL),
        response(511, {"error": "login"}),
        response(404, {"detail": "Not Found"}),
        response(302, b"", location="http://portal.example/login"),
        response(307, b"", location="/api/v1/me"),
        response(204, b"", kind=""),
        response(201, json.dumps(APPROVED).encode()[:-1]),
        response(201, b""),
        response(201, b"[" * 100_000),
        response(201, b"9" * 100_000),
        response(201, b"\xff\xfe\x00"),
        response(201, [APPROVED]),
        response(201, {}),
        response(201, {**APPROVED, "outcome": "Approved"}),
        response(201, {**APPROVED, "outcome": ["approved"]}),
        # A problem of somebody else, or one that contradicts itself.
        response(401, {"code": "terminal_revoked", "status": 401, "detail": "d"}),
        response(403, {"status": 403, "detail": "d"}, kind="application/problem+json"),
        response(200, {"status": 403, "code": "x", "detail": "d"}, kind="application/problem+json"),
        response(403, {"status": 401, "code": "x", "detail": "d"}, kind="application/problem+json"),
        problem(404, "operation_unknown", operation_id="01993f0e-0000-7b52-9f6e-3a5d1c2b4e88"),
        response(201, gzip.compress(json.dumps(APPROVED).encode()), content_encoding="gzip"),
        response(201, APPROVED, content_encoding="br"),
        b"HTTP/1.1 201 Created\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"",
    ],
)
def test_what_the_service_never_says_is_no_answer(said: bytes) -> None:
    assert isinstance(debit_told(said), NoAnswer)


@pytest.mark.parametrize(
    "other",
    [
        {"operation_id": "01993f0e-0000-7b52-9f6e-3a5d1c2b4e88"},
        {"amount_cents": 1056},
        {"wallet": "tutoring"},
    ],
)
@pytest.mark.parametrize("name", ["debit-approved", "debit-insufficient-balance"])
def test_an_answer_about_another_sale_is_no_answer(name: str, other: dict[str, Any]) -> None:
    told = debit_told(response(201, golden_exchange(name).body | other))
    assert told == NoAnswer("foreign")


@pytest.mark.parametrize("member", sorted(APPROVED.keys() - {"balance_after_cents", "outcome"}))
def test_an_answer_that_lacks_a_member_is_no_answer(member: str) -> None:
    less = {name: value for name, value in APPROVED.items() if name != member}
    assert isinstance(debit_told(response(201, less)), NoAnswer)


@pytest.mark.parametrize(
    "bent",
    [
        {"amount_cents": 1055.0},
        {"amount_cents": "1055"},
        {"amount_cents": True},
        {"operation_id": 7},
        {"operation_id": "{01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88}"},
        {"accepted_at": "2026-11-22T13:32:07"},
        {"accepted_at": "yesterday"},
        {"business_day": "20261122"},
        {"business_day": "2026-13-22"},
        {"card": "7QXR"},
        {"card": None},
        {"reference": ""},
        {"replayed": "false"},
        {"balance_after_cents": 45.0},
        {"cancellation": {"reference": "D0004K8K"}},
    ],
)
def test_an_answer_of_other_types_is_no_answer(bent: dict[str, Any]) -> None:
    assert isinstance(debit_told(response(201, APPROVED | bent)), NoAnswer)


def test_members_that_a_later_service_adds_are_ignored() -> None:
    told = debit_told(response(201, APPROVED | {"loyalty": {"points": 3}, "status": 1}))
    assert isinstance(told, Approved)


def test_an_outlet_without_an_address_and_a_name_of_one_word_are_read() -> None:
    me = golden_exchange("me").body
    found = terminal_bodies.me(me | {"outlet": {"name": "Boutique", "address": ""}})
    assert found is not None and found.address == ""
    holder = golden_exchange("identify-identified").body
    holder = holder | {"holder": holder["holder"] | {"last_name_initial": ""}}
    assert bodies.identification(holder) is not None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


@given(
    st.sampled_from(sorted(APPROVED)),
    values,
    st.sampled_from(["approved", "declined", "cancelled", "identified"]),
)
def test_no_json_makes_the_reading_of_answers_raise(name: str, value: Any, outcome: str) -> None:
    bent = {**APPROVED, "outcome": outcome, name: value}
    for read in (
        bodies.debit,
        bodies.check,
        bodies.cancellation,
        bodies.identification,
        terminal_bodies.me,
        terminal_bodies.page,
        terminal_bodies.comparison,
        terminal_bodies.recognised,
        terminal_bodies.activated,
        terminal_bodies.ticket_mailed,
    ):
        read(bent)
        read(value)
    bodies.problem(bent, status=403, retry_after=None)


# Bounds


def test_an_answer_without_end_is_given_up() -> None:
    def endless(line: socket.socket, request: bytes) -> None:
        line.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n")
        while True:
            line.sendall(b" " * 65_536)

    assert debit_told(endless) == NoAnswer("too_large")
    assert debit_told(response(201, b" " * (MOST_BYTES + 1))) == NoAnswer("too_large")


def test_a_line_that_drips_is_given_up_in_time() -> None:
    over = threading.Event()

    def drips(line: socket.socket, request: bytes) -> None:
        for byte in response(201, APPROVED):
            line.sendall(bytes([byte]))
            if over.wait(0.05):
                return

    started = time.monotonic()
    assert debit_told(drips, limits=QUICK) == NoAnswer("timed_out")
    over.set()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("said_first", [b"", b"HTTP/1.1 201 Cre", response(201, APPROVED)[:-5]])
def test_a_line_that_falls_silent_is_given_up_in_time(said_first: bytes) -> None:
    over = threading.Event()

    def silent(line: socket.socket, request: bytes) -> None:
        line.sendall(said_first)
        over.wait(20)

    assert debit_told(silent, limits=QUICK) == NoAnswer("timed_out")
    over.set()


def test_nobody_at_the_other_end_is_offline() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Line(f"http://127.0.0.1:{port}", key="k", client="c/1") as line:
        assert line.me() == NoAnswer("offline")
        assert line.photo("/api/v1/photos/abc") == NoAnswer("offline")
    for nowhere in ("https://no-such-host.invalid", "https://two..dots", f"https://{'x' * 70}.fr"):
        with Line(nowhere, key="k", client="c/1") as line:
            assert line.me() == NoAnswer("offline")


# Who is spoken to


@pytest.mark.parametrize(
    "address",
    [
        "http://carte.example",
        "http://192.168.1.20:8000",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "https://",
        "https://user:secret@carte.example",
        "https://carte.example/other/path",
        "https://carte.example?x=1",
        "https://carte.example:99999",
        "carte.example",
        "",
    ],
)
def test_no_key_goes_to_an_address_in_clear_or_a_strange_one(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Line(address, key="k", client="c/1")


@pytest.mark.parametrize("key", ["", "clé", "two words", "line\r\nX-Other: 1"])
def test_what_is_no_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="not a terminal's key") as refused:
        Line("https://carte.example", key=key, client="c/1")
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (" https://carte.example/ ", "https://carte.example"),
        ("https://carte.example:8443", "https://carte.example:8443"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_may_be_written_with_its_slash(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_no_proxy_of_the_environment_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with canned_service(response(200, PORTAL, kind="text/html")) as thief:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, thief.base_url)
        assert isinstance(debit_told(response(201, APPROVED)), Approved)
        assert thief.heard == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that nobody has signed, with its key."""
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl makes the certificate: `make tools` brings it"
    file = tmp_path / "own.pem"
    wanted = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    written = ["-keyout", str(file), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run([openssl, *wanted, *named, *written], check=True, capture_output=True)
    with file.open("a") as whole:
        whole.write((tmp_path / "certificate.pem").read_text())
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_service_that_cannot_prove_its_name_hears_nothing(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not even where the environment would have it trusted.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with canned_service(response(201, APPROVED), tls=tls) as service:
        with Line(service.base_url, key="k", client="c/1") as line:
            assert line.send_debit(ORDER, pin="4826") == NoAnswer("tls")
        assert service.heard == []
        with Line(service.base_url, key="k", client="c/1", ca_file=str(certificate)) as line:
            assert isinstance(line.send_debit(ORDER, pin="4826"), Approved)
        by_another_name = service.base_url.replace("127.0.0.1", "localhost")
        with Line(by_another_name, key="k", client="c/1", ca_file=str(certificate)) as line:
            assert line.send_debit(ORDER, pin="4826") == NoAnswer("tls")


# What is sent, and what is left behind


def test_a_pin_is_in_the_body_and_nowhere_else() -> None:
    with (
        canned_service(response(201, APPROVED)) as service,
        Line(service.base_url, key="key-1", client="cjeune-tpe/1.0") as line,
    ):
        line.send_debit(ORDER, pin="7391")
        line.send_debit(ORDER, pin=None)
        heads = [request.partition(b"\r\n\r\n")[0] for request in service.heard]
        assert [body.get("pin") for body in service.bodies] == ["7391", None]
        assert not any(b"7391" in head for head in heads)
        assert "pin" not in service.bodies[1]


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        canned_service(response(200, golden_exchange("me").body)) as service,
        Line(service.base_url, key="key-1", client="c/1") as line,
    ):
        line.me()
        line.send_debit(ORDER, pin="7391")
        line.identify("7K2M 9QXR 4TPW 5C")
        line.photo("/api/v1/photos/secret-address")
        ours = [record for record in caplog.records if record.name.startswith("api_client")]
        written = "\n".join(record.getMessage() for record in caplog.records)
    assert ours == []
    secrets = ("key-1", "7391", "7K2M", "secret-address", str(ORDER.operation_id), "token")
    assert [secret for secret in secrets if secret in written] == []


def test_no_answer_shows_a_name_a_key_or_an_identification() -> None:
    shown = ""
    for name in ("identify-identified", "activation-confirmed", "activation-recognised"):
        exchange = golden_exchange(name)
        read = {"identify": bodies.identification, "confirm": terminal_bodies.activated}
        shown += repr(read.get(exchange.call, terminal_bodies.recognised)(exchange.body))
    assert "7QXR" in shown and "7K2M9QXR" in shown
    for secret in ("Inès", "AQAAAAAAABv", "ck_made-up", "AR7sQm2vT8c", "photos/"):
        assert secret not in shown


# Pages and photos


def a_page(*numbers: int, cursor: str | None) -> bytes:
    item = golden_exchange("day-list").body["items"][1]
    items = [item | {"operation_id": str(UUID(int=number))} for number in numbers]
    return response(200, {"items": items, "totals": [], "next_cursor": cursor})


def test_a_days_list_is_read_to_its_last_page() -> None:
    pages = (a_page(1, 2, cursor="c-2"), a_page(3, cursor="c/3"), a_page(4, cursor=None))
    with canned_service(*pages) as service, Line(service.base_url, key="k", client="c/1") as line:
        day = line.day()
        assert isinstance(day, DayList)
        assert [item.operation_id for item in day.items] == [UUID(int=n) for n in (1, 2, 3, 4)]
        asked = [request.split(b" ")[1] for request in service.heard]
    assert asked[1:] == [
        b"/api/v1/debits?limit=200&cursor=c-2",
        b"/api/v1/debits?limit=200&cursor=c%2F3",
    ]


def test_a_list_that_breaks_off_or_never_ends_is_no_answer() -> None:
    for pages in ((a_page(1, cursor="c"), b""), (a_page(1, cursor="c"),)):
        with canned_service(*pages) as said, Line(said.base_url, key="k", client="c/1") as line:
            assert isinstance(line.day(), NoAnswer)


@pytest.fixture
def photo_told() -> Iterator[Callable[..., Any]]:
    def told(said: bytes, url: str = "/api/v1/photos/AAAA_-9") -> Any:
        with canned_service(said) as service, Line(service.base_url, key="k", client="c") as line:
            photo = line.photo(url)
            # A photo's address is its permission; the key is not shown for it.
            assert not any(b"authorization" in request.lower() for request in service.heard)
            return photo

    yield told


def test_a_photo_is_an_image_of_bounded_size(photo_told: Callable[..., Any]) -> None:
    assert photo_told(response(200, b"\xff\xd8", kind="image/jpeg")) == b"\xff\xd8"
    assert photo_told(response(200, PORTAL, kind="text/html")) == NoAnswer("foreign")
    assert photo_told(response(404, b"", kind="image/jpeg")) == NoAnswer("foreign")
    heavy = response(200, b"\0" * (MOST_BYTES_OF_A_PHOTO + 1), kind="image/jpeg")
    assert photo_told(heavy) == NoAnswer("too_large")


@pytest.mark.parametrize(
    "url",
    ["https://other.example/api/v1/photos/A", "//other.example/x", "/api/v1/me", "", "/../x"],
)
def test_a_photo_of_another_address_is_not_asked_for(
    photo_told: Callable[..., Any], url: str
) -> None:
    assert photo_told(response(200, b"\xff", kind="image/jpeg"), url) == NoAnswer("foreign")


def test_a_broken_line_is_replaced_by_a_new_one() -> None:
    me = response(200, golden_exchange("me").body)
    with (
        canned_service(b"HTTP/1.1 200", PORTAL, me) as service,
        Line(service.base_url, key="k", client="c/1") as line,
    ):
        assert [type(line.me()) for _ in range(3)] == [NoAnswer, NoAnswer, Me]


def test_what_the_service_asks_to_wait_is_read_in_seconds_alone() -> None:
    for said, seconds in (("7", 7), (" 7 ", 7), ("Wed, 21 Oct 2026 07:28:00 GMT", None)):
        told = debit_told(problem(503, "unavailable", retry_after=said))
        assert told == Problem(503, "unavailable", "d", seconds)
        assert told.is_passing


def test_a_decline_with_a_code_of_tomorrow_is_a_decline() -> None:
    body = golden_exchange("debit-pin-wrong").body | {"code": "card_on_strike", "days_left": 3}
    told = debit_told(response(201, body))
    assert isinstance(told, Declined)
    assert (told.code, told.facts) == ("card_on_strike", {"tries_left": 2, "days_left": 3})
