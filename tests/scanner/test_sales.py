"""Activation, identification, debit, cancellation and day at the command line, for real."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api_client.answers import Identified
from api_client.journal import Journal, Order
from api_client.key_file import read_key_file
from api_client.operation_id import new_operation_id
from api_client.transport import Line
from cardservice.services.revoke_terminal import revoke_terminal
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.faults.cut_proxy import Ask, CutProxy, Fault, TillsEnd, opened_proxy
from tests.scanner.keyboards import on_a_french_keyboard
from tests.scanner.program import Console, Ended, soak
from tests.terminals.conftest import Service

Scan = Callable[..., Ended]
SALE = ("--wallet", "sport_culture_leisure", "--identity-checked", "--yes")
EURO = "\u00a0€"


@pytest.fixture
def sell(scan: Scan, post: Path, card: makers.HeldCard) -> Callable[..., Ended]:
    """A debit without questions, as a script asks for it."""

    def debit(amount: str = "10,55", *more: str, **options: Any) -> Ended:
        folder = options.pop("folder", post)
        return scan(
            "debit",
            "--amount",
            amount,
            *SALE,
            *more,
            folder=folder,
            typed=f"{card.code}\n",
            **options,
        )

    return debit


def own_figures(scan: Scan, post: Path) -> dict[str, int]:
    """What the post and the service count alike."""
    day = scan("day", "--json", folder=post)
    assert day.facts["matches"] is True, day.err
    own: dict[str, int] = day.facts["own"]
    return own


# Activation


def test_a_computer_becomes_a_terminal_in_two_steps(
    scan: Scan, service: Service, tmp_path: Path
) -> None:
    waiting = makers.make_terminal_waiting(service.office, kind="reader")
    folder = tmp_path / "post"
    arguments = ("activate", service.base_url, "--label", "Comptoir", "--yes")
    done = scan(*arguments, folder=folder, typed=waiting.activation_code)
    assert done.status == 0, done.err
    assert "Comptoir" in done.out and "3 cours Mirabeau" in done.err
    key = read_key_file(folder / "terminal.json")
    assert key is not None and key.base_url == service.base_url
    assert stat.S_IMODE((folder / "terminal.json").stat().st_mode) == 0o600
    assert key.key not in done.out + done.err
    assert scan("day", folder=folder).status == 0

    again = scan(*arguments, folder=folder, typed=waiting.activation_code)
    assert again.status == 1 and "déjà activé" in again.err


def test_a_person_is_asked_whether_this_is_the_place(
    console: Callable[..., Console], service: Service, tmp_path: Path
) -> None:
    waiting = makers.make_terminal_waiting(service.office, kind="reader")
    asked = ("activate", service.base_url)
    program = console(*asked, folder=tmp_path / "post")
    program.expect("Code d’activation")
    program.type(f"{waiting.activation_code}\r")
    program.expect("Est-ce bien votre point de vente")
    program.type("n\r")
    program.expect("Activation abandonnée")
    assert program.status() == 1

    program = console(*asked, folder=tmp_path / "post")
    program.expect("Code d’activation")
    program.type(f"{waiting.activation_code}\r")
    program.expect("Est-ce bien votre point de vente")
    program.type("o\r")
    program.expect("Nom de cette caisse")
    program.type("Comptoir\r")
    program.expect("Ce poste est activé")
    assert program.status() == 0


@pytest.mark.parametrize("address", ["http://carte.example", *soak("ftp://[::1]", "nonsense")])
def test_a_key_is_asked_for_over_a_safe_line_only(scan: Scan, address: str) -> None:
    done = scan("activate", address, "--label", "x", "--yes", typed="ABCD")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert "Adresse refusée" in done.err


def test_a_wrong_activation_code_is_said(scan: Scan, service: Service) -> None:
    done = scan("activate", service.base_url, "--label", "x", "--yes", typed="WRONG")
    assert done.status == 1
    assert done.err == "Code d’activation inconnu, déjà utilisé ou périmé.\n"


def test_a_post_without_a_key_says_how_to_get_one(scan: Scan) -> None:
    for command in (("day",), ("identify",), ("cancel", "--last", "--yes")):
        done = scan(*command)
        assert done.status == 1 and "cjeune-scan activate" in done.err


# Identification


def test_a_card_is_identified_however_its_reader_garbles_it(
    scan: Scan, post: Path, card: makers.HeldCard
) -> None:
    for reading in (on_a_french_keyboard(card.code), f"]Q1{card.code.lower()}"):
        done = scan("identify", "--json", folder=post, typed=f"{reading}\n")
        assert (done.status, done.facts["outcome"]) == (0, "identified"), done.err
        assert done.facts["last4"] == card.code[-4:]
        assert done.facts["holder"]["first_name"] == "Léa"


def test_an_unknown_card_is_declined_with_its_code(scan: Scan, post: Path) -> None:
    done = scan("identify", "--json", folder=post, typed="10AZQWM01SXK8N\n")
    assert (done.status, done.facts["code"]) == (1, "card_unknown")
    assert done.err.startswith("REFUSÉ – ")


def test_what_is_no_card_is_never_sent(scan: Scan, post: Path, service: Service) -> None:
    for reading in ("https://example.org", "10AKQWM01SXK8N"):
        done = scan("identify", "--json", folder=post, typed=f"{reading}\n")
        assert (done.status, done.out) == (1, "")


# Debits


def test_a_debit_is_taken_listed_and_undone(
    sell: Callable[..., Ended], scan: Scan, post: Path, card: makers.HeldCard
) -> None:
    done = sell("10,55", "--json")
    assert done.status == 0, done.err
    assert done.facts["outcome"] == "approved"
    assert (done.facts["amount_cents"], done.facts["last4"]) == (1055, card.code[-4:])
    reference = done.facts["reference"]

    listed = scan("day", folder=post)
    assert listed.status == 0, listed.err
    assert reference in listed.out and f"10,55{EURO}" in listed.out
    assert "les mêmes" in listed.out

    undone = scan("cancel", reference, "--yes", "--json", folder=post)
    assert (undone.status, undone.facts["outcome"]) == (0, "cancelled")
    day = scan("day", "--json", folder=post)
    assert day.facts["own"] == {"count": 0, "amount_cents": 0}
    assert (day.facts["matches"], day.facts["items"][0]["cancelled"]) == (True, True)


def test_the_last_sale_is_undone_once_and_never_the_one_before(
    sell: Callable[..., Ended], scan: Scan, post: Path
) -> None:
    assert [sell("5").status, sell("7").status] == [0, 0]
    for _ in range(2):
        done = scan("cancel", "--last", "--yes", "--json", folder=post)
        assert (done.status, done.facts["outcome"]) == (0, "cancelled"), done.err
    assert own_figures(scan, post) == {"count": 1, "amount_cents": 500}


def test_a_last_sale_that_was_declined_leaves_the_one_before_alone(
    sell: Callable[..., Ended], scan: Scan, post: Path
) -> None:
    assert [sell("5").status, sell("999").status] == [0, 1]
    done = scan("cancel", "--last", "--yes", folder=post)
    assert (done.status, done.out) == (1, "")
    assert "rien à annuler" in done.err
    assert own_figures(scan, post) == {"count": 1, "amount_cents": 500}


def test_each_refusal_carries_its_exact_code(
    make_post: Callable[..., Path], sell: Callable[..., Ended], scan: Scan
) -> None:
    above = sell("999,99", "--json")
    assert (above.status, above.facts["code"]) == (1, "amount_above_terminal_limit")
    pin_due = make_post(pin_required="always")
    unasked = sell("1", folder=pin_due)
    assert unasked.status == 1 and "--pin-fd" in unasked.err


def test_a_pin_comes_through_a_descriptor_and_a_wrong_one_says_what_is_left(
    make_post: Callable[..., Path],
    sell: Callable[..., Ended],
    pin_descriptor: Callable[[str], int],
) -> None:
    folder = make_post(pin_required="always")
    wrong, right = pin_descriptor("0000"), pin_descriptor(makers.PIN)
    refused = sell("1", "--json", "--pin-fd", str(wrong), folder=folder, pass_fds=(wrong,))
    assert (refused.status, refused.facts["code"]) == (1, "pin_wrong")
    assert refused.facts["tries_left"] == 2
    taken = sell("1", "--pin-fd", str(right), folder=folder, pass_fds=(right,))
    assert taken.status == 0, taken.err
    for file in folder.iterdir():
        assert makers.PIN.encode() not in file.read_bytes()


@pytest.mark.parametrize("pin", ["12345", "１２３４", *soak("", "12", "12a4")])
def test_a_pin_that_is_none_is_not_sent(
    sell: Callable[..., Ended], pin_descriptor: Callable[[str], int], pin: str
) -> None:
    descriptor = pin_descriptor(pin)
    done = sell("1", "--pin-fd", str(descriptor), pass_fds=(descriptor,))
    assert (done.status, done.err) == (1, "Le code PIN a quatre chiffres.\n")


def test_what_nobody_can_be_asked_for_must_be_given(
    scan: Scan, post: Path, card: makers.HeldCard
) -> None:
    done = scan("debit", folder=post, typed=f"{card.code}\n")
    assert done.status == 2
    assert "--wallet, --amount, --identity-checked, --yes" in done.err
    assert scan("cancel", folder=post).status == 2
    assert scan("cancel", "--last", folder=post).status == 2


@pytest.mark.parametrize("amount", ["-5", *soak("0", "10,555", "1e3", "dix", "10,", ",5", "٣")])
def test_an_amount_that_cannot_be_read_for_sure_is_not_read(
    sell: Callable[..., Ended], amount: str
) -> None:
    done = sell(amount)
    assert done.status == 2, done


def test_a_person_is_led_from_the_card_to_the_result(
    make_post: Callable[..., Path], console: Callable[..., Console], card: makers.HeldCard
) -> None:
    program = console("debit", folder=make_post(pin_required="always"))
    program.expect("Code de la carte")
    program.type(f"{on_a_french_keyboard(card.code)}\r")
    program.expect("Léa")
    program.expect("Identité vérifiée")
    program.type("o\r")
    program.expect("1. Sport, culture, loisirs")
    program.expect("Porte-monnaie")
    program.type("1\r")
    program.expect("Montant")
    program.type("dix\r")
    program.expect("Montant illisible")
    program.type("10,55\r")
    program.expect("Code PIN du titulaire")
    program.type("0102\r")
    program.expect(f"Débiter 10,55{EURO}")
    program.type("o\r")
    program.expect("Essais restants\u00a0: 2")
    program.type(f"{makers.PIN}\r")
    program.expect("ACCEPTÉ")
    program.expect("Reste dans ce porte-monnaie")
    assert program.status() == 0
    assert makers.PIN not in program.seen and "0102" not in program.seen


def test_without_a_checked_identity_nothing_is_sent(
    post: Path, console: Callable[..., Console], card: makers.HeldCard
) -> None:
    program = console("debit", folder=post)
    program.expect("Code de la carte")
    program.type(f"{card.code}\r")
    program.expect("Identité vérifiée")
    program.type("n\r")
    program.expect("Rien n’a été débité.")
    assert program.status() == 1
    with Journal.open(post / "journal.sqlite") as journal:
        assert journal.last() is None


def test_a_revoked_terminal_says_so(
    sell: Callable[..., Ended], post: Path, service: Service
) -> None:
    revoke_terminal(service.office.engine, terminal_id=post.name, actor="test")
    done = sell("1")
    assert (done.status, done.out) == (1, "")
    assert "hors service" in done.err


# Cuts and restarts


def test_a_service_that_is_away_is_not_a_refusal(
    sell: Callable[..., Ended], post: Path, tmp_path: Path
) -> None:
    written = (post / "terminal.json").read_text()
    key = read_key_file(post / "terminal.json")
    assert key is not None
    (post / "terminal.json").write_text(written.replace(key.base_url, "http://127.0.0.1:9"))
    done = sell("1")
    assert done.status == 1
    assert done.err == "Pas de connexion au service. Vérifiez le réseau.\n"


def test_a_sale_left_open_is_told_before_the_next_one(
    sell: Callable[..., Ended], post: Path, card: makers.HeldCard
) -> None:
    """The program died between writing the order down and sending it: it never happens."""
    key = read_key_file(post / "terminal.json")
    assert key is not None
    with Line(key.base_url, key=key.key, client="test/1") as line:
        found = line.identify(card.code)
        assert isinstance(found, Identified)
    order = Order(
        operation_id=new_operation_id(A_MORNING),
        identification=found.identification,
        wallet="sport_culture_leisure",
        amount_cents=700,
        last4=found.last4,
        identity_checked=True,
    )
    with Journal.open(post / "journal.sqlite") as journal:
        journal.write(order)
    done = sell("1", "--json")
    assert done.status == 0, done.err
    assert done.facts["resolved"][0]["state"] == "cancelled"
    assert "annulée, rien n’a été débité" in done.err


@contextlib.contextmanager
def through_a_proxy(service: Service, post: Path, fault: Fault) -> Iterator[CutProxy]:
    """The post's line to the service suffers this fault for as long as the block lasts."""
    opened, over = threading.Event(), threading.Event()
    proxies: list[CutProxy] = []

    async def serve() -> None:
        async with opened_proxy(service.port) as proxy:
            proxy.fault = fault
            proxies.append(proxy)
            opened.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert opened.wait(20)
    file = post / "terminal.json"
    straight = file.read_text()
    file.write_text(straight.replace(service.base_url, proxies[0].base_url))
    try:
        yield proxies[0]
    finally:
        file.write_text(straight)
        over.set()
        thread.join(20)


async def debits_unanswered(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """Debits arrive and nobody hears their answer; the rest of the network is well."""
    answer = await ask(request)
    if b"/debits/" not in request.split(b"\r\n", 1)[0]:
        till.tell(answer)


def test_a_debit_whose_answer_is_lost_is_asked_for_and_taken_once(
    sell: Callable[..., Ended], scan: Scan, service: Service, post: Path
) -> None:
    lost: list[bytes] = []

    async def first_answer_lost(request: bytes, ask: Ask, till: TillsEnd) -> None:
        answer = await ask(request)
        if request.startswith(b"PUT ") and not lost:
            lost.append(answer)
        else:
            till.tell(answer)

    with through_a_proxy(service, post, first_answer_lost):
        done = sell("10,55", "--json")
    assert (len(lost), done.status, done.facts["outcome"]) == (1, 0, "approved"), done.err
    assert scan("day", "--json", folder=post).facts["own"] == {"count": 1, "amount_cents": 1055}


def test_an_outcome_nobody_knows_is_said_to_be_unknown_and_resolved_next_time(
    sell: Callable[..., Ended], service: Service, post: Path
) -> None:
    with through_a_proxy(service, post, debits_unanswered):
        doubtful = sell("10,55", "--json", "--tries", "1")
    assert (doubtful.status, doubtful.facts["outcome"]) == (1, "unknown")
    assert doubtful.err.startswith("INCONNU – ") and "refus" not in doubtful.err.lower()
    assert doubtful.facts["local_reference"] in doubtful.err

    taken = sell("1", "--json")
    assert taken.status == 0, taken.err
    (resolved,) = taken.facts["resolved"]
    assert (resolved["state"], resolved["amount_cents"]) == ("approved", 1055)
    assert resolved["operation_id"] == doubtful.facts["operation_id"]


@pytest.mark.parametrize("named", ["--last", "reference"])
def test_a_cancellation_whose_answer_was_lost_is_told_and_undoes_nothing_else(
    sell: Callable[..., Ended], scan: Scan, service: Service, post: Path, named: str
) -> None:
    """The second run first finishes the first one's cancellation; then there is nothing to do."""
    assert sell("5").status == 0
    reference = sell("7", "--json").facts["reference"]
    which = reference if named == "reference" else named

    async def cancellations_unanswered(request: bytes, ask: Ask, till: TillsEnd) -> None:
        answer = await ask(request)
        if b"/cancellation" not in request.split(b"\r\n", 1)[0]:
            till.tell(answer)

    with through_a_proxy(service, post, cancellations_unanswered):
        doubtful = scan("cancel", which, "--yes", "--tries", "1", folder=post)
    assert doubtful.status == 1 and doubtful.err.startswith("INCONNU"), doubtful.err
    done = scan("cancel", which, "--yes", folder=post)
    assert (done.status, done.out.startswith("ANNULÉ")) == (0, True), done.err
    assert own_figures(scan, post) == {"count": 1, "amount_cents": 500}


def test_a_sale_whose_identification_has_expired_is_taken_under_a_new_id(
    sell: Callable[..., Ended], service: Service, post: Path, clock: Clock
) -> None:
    """The cashier was called away between the card and the amount."""
    asked: list[bytes] = []

    async def first_debit_is_late(request: bytes, ask: Ask, till: TillsEnd) -> None:
        line = request.split(b"\r\n", 1)[0]
        if line.startswith(b"PUT "):
            asked.append(line)
            if len(asked) == 1:
                await asyncio.to_thread(clock.set, A_MORNING + timedelta(minutes=30))
        till.tell(await ask(request))

    with through_a_proxy(service, post, first_debit_is_late):
        done = sell("10,55", "--json")
    assert (done.status, done.facts["outcome"]) == (0, "approved"), done.err
    assert len(set(asked)) == len(asked) == 2
    with Journal.open(post / "journal.sqlite") as journal:
        last = journal.last()
        assert last is not None and last.state == "approved"
        assert journal.unresolved() == []


def test_another_program_on_the_same_journal_is_said(
    sell: Callable[..., Ended], post: Path
) -> None:
    with Journal.open(post / "journal.sqlite"):
        done = sell("1")
    assert done.status == 1 and "Rien n’a été débité" in done.err


def test_a_damaged_journal_stops_the_sale_before_anything_is_sent(
    sell: Callable[..., Ended], post: Path
) -> None:
    (post / "journal.sqlite").write_bytes(b"not a journal" * 100)
    (post / "journal.sqlite").chmod(0o600)
    done = sell("1")
    assert done.status == 1 and "Rien n’a été débité" in done.err


def test_a_key_that_others_can_read_is_refused(sell: Callable[..., Ended], post: Path) -> None:
    (post / "terminal.json").chmod(0o644)
    done = sell("1")
    assert done.status == 1 and "chmod 600" in done.err
