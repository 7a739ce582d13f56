"""Mail on its way: real SMTP, refusals, outages, cut lines, and what a message holds."""

from __future__ import annotations

import ast
import asyncio
import ssl
import stat
import subprocess
import threading
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from cardservice import wiring
from cardservice.adapters.mail.folder import MailFolder
from cardservice.adapters.mail.message import Letterhead, message_of
from cardservice.adapters.mail.postman import Postman
from cardservice.adapters.mail.smtp import SmtpServer
from cardservice.adapters.mail.words import kinds, words_of
from cardservice.db.engine import unit_of_work
from cardservice.domain.keys import Keys
from cardservice.domain.mail import Mail, MailRefused, MailServerAway
from cardservice.services.forget_sign_ins import forget_sign_ins
from cardservice.services.post_mail import GIVEN_UP_AFTER, post_one_mail
from cardservice.services.send_link import send_link
from cardservice.services.write_mail import write_mail
from cardservice.settings import Settings
from cardservice.wiring import mail_sender, opened_postman
from tests.conftest import A_MORNING
from tests.services.at_the_door import invited_lead, rows
from tests.services.post_office import opened_post_office
from tests.tidy.tree import PRODUCT, own_files, parsed

SOMEBODY = "zoe.roux@librairie.example"
ORIGIN = "https://carte.example"
TOLD = {"at": "22/11/2026 11:00"}


def write(office, recipient=SOMEBODY, kind="password_changed", facts=TOLD, **fields):
    with unit_of_work(office.engine) as connection:
        write_mail(connection, recipient=recipient, kind=kind, facts=facts, **fields)


def head_of(office):
    return Letterhead(
        "CJeune <carte@dep13.example>", ORIGIN, "CJeune", "Département", "04 86", office.keys
    )


def by_smtp(office, port, **fields):
    server = SmtpServer("127.0.0.1", port, **({"security": "none", "timeout_seconds": 2} | fields))
    return lambda mail: server.carry(message_of(mail, head_of(office)))


def post(office, send):
    """A round of the postman: how many times another mail could follow."""
    posted = 0
    while post_one_mail(office.engine, office.keys, send):
        posted += 1
    return posted


def waiting(office):
    return rows(
        office,
        "SELECT tries, next_try_at - ledger_now() AS pause, given_up_at, link_nonce"
        " FROM waiting_mail ORDER BY mail_id",
    )


# Sending


def test_a_mail_reaches_a_real_server_and_its_row_goes(office):
    write(office)
    with opened_post_office() as box:
        assert post(office, by_smtp(office, box.port)) == 1
    (message,) = box.taken
    assert message["To"] == SOMEBODY
    assert message["From"] == "CJeune <carte@dep13.example>"
    assert message["Subject"] == "Votre mot de passe a été changé"
    assert "22/11/2026 11:00" in message.get_body(("plain",)).get_content()
    assert "22/11/2026 11:00" in message.get_body(("html",)).get_content()
    assert message["Date"].datetime.replace(microsecond=0) == A_MORNING
    assert waiting(office) == []


def test_an_act_that_is_rolled_back_sends_nothing(office):
    with pytest.raises(ZeroDivisionError), unit_of_work(office.engine) as connection:
        write_mail(connection, recipient=SOMEBODY, kind="password_changed", facts=TOLD)
        raise ZeroDivisionError
    assert post(office, lambda mail: pytest.fail("nothing was written")) == 0


def test_a_server_that_is_busy_is_asked_again_later(office, clock):
    write(office)
    with opened_post_office() as box:
        box.answers = ["451 come back"]
        post(office, by_smtp(office, box.port))
        ((tries, pause, given_up_at, _),) = waiting(office)
        assert (tries, given_up_at) == (1, None)
        assert timedelta(seconds=5) < pause <= timedelta(seconds=15)
        assert post(office, by_smtp(office, box.port)) == 0
        clock.set(A_MORNING + timedelta(minutes=1))
        post(office, by_smtp(office, box.port))
    assert len(box.taken) == 1 and waiting(office) == []


@pytest.mark.parametrize("where", ["recipients_refused", "answers"])
def test_a_server_that_says_never_is_believed_at_once(office, where):
    write(office)
    with opened_post_office() as box:
        if where == "answers":
            box.answers = ["554 no"]
        else:
            box.recipients_refused = "550 nobody here"
        post(office, by_smtp(office, box.port))
    ((_, _, given_up_at, _),) = waiting(office)
    assert given_up_at is not None
    assert post(office, lambda mail: pytest.fail("it was given up")) == 0


def test_a_server_that_refuses_the_address_for_now_is_asked_again(office):
    write(office)
    with opened_post_office() as box:
        box.recipients_refused = "450 greylisted"
        post(office, by_smtp(office, box.port))
    assert waiting(office)[0].tries == 1 and waiting(office)[0].given_up_at is None


def test_a_line_cut_after_the_message_sends_the_same_message_once_more(office, clock):
    write(office)
    with opened_post_office() as box:
        box.answers = ["cut"]
        post(office, by_smtp(office, box.port))
        clock.set(A_MORNING + timedelta(minutes=1))
        post(office, by_smtp(office, box.port))
    first, second = box.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert waiting(office) == []


def test_a_server_that_says_nothing_holds_the_postman_only_for_a_while(office):
    write(office)
    with opened_post_office() as box:
        box.answers = ["stall"]
        post(office, by_smtp(office, box.port, timeout_seconds=0.5))
    assert waiting(office)[0].tries == 1


def test_a_server_that_is_away_costs_growing_pauses_and_a_day_later_it_is_given_up(office, clock):
    write(office)

    def away(mail):
        raise MailServerAway

    pauses, at = [], A_MORNING
    while waiting(office)[0].given_up_at is None:
        post(office, away)
        pauses.append(waiting(office)[0].pause)
        at += timedelta(hours=2)
        clock.set(at)
    assert pauses[0] < pauses[1] < pauses[2] and max(pauses) <= timedelta(hours=1)
    assert at - A_MORNING >= GIVEN_UP_AFTER


def test_no_link_lies_about_that_nobody_will_ever_get(office):
    invite(office)

    def never(mail):
        assert mail.link_secret is not None
        raise MailRefused("550")

    post(office, never)
    assert waiting(office)[0].given_up_at is not None and waiting(office)[0].link_nonce is None


def test_a_server_that_is_away_ends_the_round_and_stops_no_mail_for_good(office, clock):
    for _ in range(3):
        write(office)
    with opened_post_office() as box:
        port = box.port
    post(office, by_smtp(office, port))
    assert [mail.tries for mail in waiting(office)] == [1, 0, 0]
    post(office, by_smtp(office, port))
    assert [mail.tries for mail in waiting(office)] == [1, 1, 0], "the next is not behind the first"
    clock.set(A_MORNING + timedelta(minutes=1))
    with opened_post_office() as box:
        post(office, by_smtp(office, box.port))
    assert len(box.taken) == 3 and waiting(office) == []


@pytest.mark.parametrize(
    ("answer", "tries"),
    [("cut", [1, 0]), ("stall", [1, 0]), ("421 closing", [1, 0]), ("451 not this one", [1])],
)
def test_a_line_that_breaks_ends_the_round_and_an_answer_about_one_mail_does_not(
    office, answer, tries
):
    write(office)
    write(office)
    with opened_post_office() as box:
        box.answers = [answer]
        post(office, by_smtp(office, box.port, timeout_seconds=0.5))
        assert [mail.tries for mail in waiting(office)] == tries


def test_one_mail_that_cannot_be_written_stops_none_behind_it(office, caplog):
    write(office, kind="nonsense")
    write(office)
    with opened_post_office() as box:
        post(office, by_smtp(office, box.port))
    assert len(box.taken) == 1
    assert SOMEBODY not in caplog.text and "nonsense" in caplog.text


def test_two_postmen_send_each_mail_once(office):
    for number in range(8):
        write(office, recipient=f"n{number}@librairie.example")
    sent, both = [], threading.Barrier(2, timeout=20)

    def slow(mail):
        if not sent:
            both.wait()
        sent.append(mail.mail_id)

    threads = [threading.Thread(target=post, args=(office, slow)) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(sent) == len(set(sent)) == 8


# Security


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", file, "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(file, key)
    return served, ssl.create_default_context(cafile=file)


def test_the_password_goes_over_tls_only_and_the_certificate_is_checked(
    office, certificate, tmp_path
):
    served, trust = certificate
    secret = tmp_path / "password"
    secret.write_text("the right one\n")
    signing_in = {"security": "starttls", "user": "carte", "password_file": secret}
    write(office)
    with opened_post_office(tls=served, with_password=True) as box:
        post(office, by_smtp(office, box.port, **signing_in))
        assert box.taken == [] and box.signed_in == []
        with unit_of_work(office.engine) as connection:
            connection.execute(text("UPDATE waiting_mail SET next_try_at = ledger_now()"))
        post(office, by_smtp(office, box.port, trust=trust, **signing_in))
    assert box.was_encrypted == [True] and box.signed_in == [b"the right one"]


def test_a_server_without_tls_gets_nothing_where_tls_is_asked(office):
    write(office)
    with opened_post_office() as box:
        post(office, by_smtp(office, box.port, security="starttls"))
    assert box.taken == [] and waiting(office)[0].tries == 1


def test_a_wrong_mail_password_is_our_trouble_and_no_refusal_of_the_mail(
    office, certificate, tmp_path
):
    served, trust = certificate
    (tmp_path / "password").write_text("the wrong one")
    write(office)
    with opened_post_office(tls=served, with_password=True) as box:
        send = by_smtp(
            office, box.port, security="starttls", trust=trust,
            user="carte", password_file=tmp_path / "password",
        )  # fmt: skip
        post(office, send)
    assert waiting(office)[0].given_up_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_tls": "ssl"},
        {"smtp_user": "carte"},
        {"smtp_host": "mail.example"},
        {"public_origin": "https://carte.example/"},
        {"public_origin": "carte.example"},
    ],
)
def test_settings_that_would_send_links_or_passwords_astray_are_refused(office, wrong):
    with pytest.raises(AssertionError, match="CJEUNE_"):
        replace(office.settings, **wrong)


# What a message holds


def test_the_link_is_made_when_the_mail_leaves_from_the_public_origin(office):
    lead = invited_lead(office)
    secret = lead.link()
    nonce = rows(office, "SELECT nonce FROM sign_in_link")[0].nonce
    facts = {"minutes": 15, "partner_name": "", "invited_by": ""}
    write(office, kind="invitation", facts=facts, link_nonce=nonce)
    with opened_post_office() as box:
        post(office, by_smtp(office, box.port))
    (message,) = box.taken
    link = f"{ORIGIN}/partenaire/lien/{secret}"
    for part in ("plain", "html"):
        assert link in message.get_body((part,)).get_content()
    assert secret not in repr(rows(office, "SELECT * FROM sign_in_link"))


def invite(office, *, times=1):
    lead = invited_lead(office)
    for _ in range(times):
        with unit_of_work(office.engine) as connection:
            send_link(
                connection, office.keys, credential_id=lead.credential_id, purpose="invitation"
            )


def test_a_link_that_a_newer_one_has_replaced_is_not_sent(office):
    invite(office, times=2)
    sent = []
    post(office, sent.append)
    assert len(sent) == 1 and waiting(office) == []


@pytest.mark.parametrize(("late", "count"), [(timedelta(minutes=-1), 1), (timedelta(0), 0)])
def test_a_link_that_is_over_when_its_mail_leaves_at_last_is_not_sent(office, clock, late, count):
    invite(office)
    (link,) = rows(office, "SELECT expires_at FROM sign_in_link")
    clock.set(link.expires_at + late)
    sent = []
    post(office, sent.append)
    assert len(sent) == count and waiting(office) == []


FACTS = {
    "at": "22/11/2026 11:00", "minutes": 15, "partner_name": "<b>& Fils</b>", "left": 9,
    "invited_by": "Zoé", "browser": "Firefox sur Linux", "new_lead": "Zoé Roux",
    "masked_iban": "FR76 •••• 0143", "changed_by": "Zoé Roux", "usable_from": "24/11/2026 11:00",
    "act": "debit", "trade_name": "<b>& Fils</b>", "outlet_name": "Boutique",
    "outlet_address": "3 cours Mirabeau", "terminal": "Caisse 1 · 7K2M9QXR", "wallet": "tutoring",
    "amount": "10,55 €", "balance": "89,45 €", "last4": "7QXR", "pin_checked": True,
    "day": "22/11/2026", "path": "/partenaire", "debits": 1, "seal": "ab" * 32,
    "wallets": [{"wallet": "tutoring", "debits": 2, "amount": "10,55 €"}],
    "reference": "D00049PD", "debit_reference": "D00049PD",
    "reason": "Le RIB <b>n’est pas</b> le vôtre", "number": "BR-2026-000123",
    "check_account": True, "moved": "debit", "days": 7, "last_day": "31/08/2027",
    "wallets_left": {"tutoring": "10,55 €"}, "agreed": True, "granted": True,
    "operation_id": "01934f2a-7b6c-7def-8123-456789abcdef",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_mail_says_the_same_in_text_and_in_html_and_fetches_nothing(office, kind):
    mail = Mail(7, SOMEBODY, kind, FACTS, A_MORNING, "the-secret-of-a-link")
    message = message_of(mail, head_of(office))
    plain = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "<b>& Fils</b>" not in html
    for fact in ("11:00", "FR76 ••••", "the-secret-of-a-link", "Firefox", "89,45 €"):
        assert (fact in plain) == (fact in html), fact
    assert not [word for word in ("<img", "<script", "@import", "url(") if word in html]
    assert "\n" not in message["Subject"] and message["Subject"]


def mails_written() -> list[tuple[str, list[str]]]:
    """Kind and facts of every call of write_mail in the product whose kind stands there."""
    found = []
    for file in own_files(".py", under=PRODUCT):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "write_mail":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                if isinstance(given["kind"], ast.Constant) and isinstance(given["facts"], ast.Dict):
                    facts = [str(key.value) for key in given["facts"].keys]
                    found.append((str(given["kind"].value), facts))
    return found


@pytest.mark.parametrize(("kind", "facts"), mails_written())
def test_every_mail_that_the_product_writes_has_words_for_its_facts(office, kind, facts):
    told = {name: FACTS[name] for name in facts}
    assert message_of(Mail(7, SOMEBODY, kind, told, A_MORNING), head_of(office))["Subject"]


def test_a_hostile_name_adds_no_header_and_no_recipient(office):
    facts = FACTS | {"partner_name": "X\r\nBcc: everybody@x.example\r\n\r\nhello"}
    mail = Mail(7, SOMEBODY, "delegate_suspended", facts, A_MORNING)
    raw = message_of(mail, head_of(office)).as_bytes()
    headers = raw.split(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in headers


def test_a_fact_that_is_missing_is_a_defect_and_no_blank():
    with pytest.raises(Exception, match="partner_name"):
        words_of("delegate_suspended", scheme_name="CJeune")


def test_two_instances_never_share_a_message_id(office):
    mail = Mail(7, SOMEBODY, "sessions_ended", {}, A_MORNING)
    ours = message_of(mail, head_of(office))["Message-ID"]
    other = replace(head_of(office), keys=Keys(sha256(b"another").digest()))
    assert message_of(mail, other)["Message-ID"] != ours
    assert message_of(replace(mail, mail_id=8), head_of(office))["Message-ID"] != ours


# A folder, where no server is set


def test_without_a_server_mail_is_kept_in_a_folder_whole_and_private(office, tmp_path):
    write(office)
    in_folder = replace(office, settings=Settings(data_dir=tmp_path))
    post(office, mail_sender(in_folder, origin="http://127.0.0.1:8123"))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name.endswith("-password_changed.eml")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"http://127.0.0.1:8123/partenaire" in file.read_bytes().replace(b"=\r\n", b"")


def test_a_folder_that_cannot_be_written_keeps_the_mail_waiting(office, tmp_path):
    (tmp_path / "mail").write_text("a file in the way")
    write(office)
    folder = MailFolder(tmp_path / "mail")
    post(
        office, lambda mail: folder.keep(message_of(mail, head_of(office)), name=str(mail.mail_id))
    )
    assert waiting(office)[0].tries == 1


# The postman's rounds


def test_a_round_that_fails_is_followed_by_another_and_stopping_waits_for_the_mail_at_hand():
    rounds, order = [], []

    def post():
        rounds.append("post")
        if len(rounds) == 1:
            raise ConnectionRefusedError
        postman.stop()
        order.append("posted")
        return False

    postman = Postman(post=post, tidy=lambda: rounds.append("tidy"), seconds=0.01)
    asyncio.run(postman.run())
    order.append("stopped")
    assert rounds == ["post", "tidy", "post"] and order == ["posted", "stopped"]


def test_a_round_posts_one_mail_after_the_other_until_none_may_follow():
    answers, left = [True, True, False], []

    def post():
        answer = answers.pop(0)
        if not answers:
            postman.stop()
        return answer

    # The next round would come after this test.
    postman = Postman(post=post, tidy=lambda: left.append(len(answers)), seconds=600)
    asyncio.run(postman.run())
    assert left == [0]


def test_stopping_waits_for_the_mail_at_hand_and_for_no_other(office, monkeypatch):
    for _ in range(8):
        write(office)
    sent, at_hand, stopping = [], threading.Event(), threading.Event()

    def slow(mail):
        sent.append(mail.mail_id)
        at_hand.set()
        assert stopping.wait(20)

    async def serve():
        async with opened_postman(office, origin=ORIGIN):
            assert await asyncio.to_thread(at_hand.wait, 20)
            stopping.set()

    monkeypatch.setattr(wiring, "mail_sender", lambda *_, **__: slow)
    asyncio.run(serve())
    assert len(sent) == 1 and len(waiting(office)) == 7


# Tidying


def test_what_is_over_is_removed_and_what_counts_stays(office, clock):
    lead = invited_lead(office)
    lead.link(), lead.come("wrong")
    write(office)

    def never(mail):
        raise MailRefused("550")

    post(office, never)
    clock.set(A_MORNING + timedelta(hours=20))
    forget_sign_ins(office.engine)
    tables = ("sign_in_link", "sign_in_guard", "waiting_mail")
    kept = [bool(rows(office, f"SELECT FROM {table}")) for table in tables]
    assert kept == [True, True, True]
    clock.set(A_MORNING + timedelta(days=31))
    forget_sign_ins(office.engine)
    assert not any(rows(office, f"SELECT FROM {table}") for table in tables)
