"""The composition root: settings in, one frozen `Office` out.

The law: everything that touches the outside world (database, keys) is made here, once, and handed
down as an argument; nobody below looks anything up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.adapters.keys import load_keys
from cardservice.adapters.mail.folder import MailFolder
from cardservice.adapters.mail.message import Letterhead, message_of
from cardservice.adapters.mail.postman import Postman
from cardservice.adapters.mail.smtp import SmtpServer
from cardservice.adapters.push.carrier import PushCarrier
from cardservice.adapters.push.vapid import push_key
from cardservice.db.embedded import PrivateServer, guarded_server, running_server
from cardservice.db.engine import (
    assert_durable,
    make_engine,
    make_lane_engine,
    make_page_engine,
)
from cardservice.db.upgrade import (
    APPLICATION,
    OWNER,
    is_up_to_date,
    prepare_private_database,
    upgrade_database,
)
from cardservice.domain.keys import Keys
from cardservice.domain.mail import Mail
from cardservice.ledger.debit_lane import make_debit_lane
from cardservice.ledger.reading_lane import make_reading_lane, make_screen_lane
from cardservice.services.erase_person import ForgetMail
from cardservice.services.forget_sign_ins import forget_sign_ins
from cardservice.services.grow_up import grow_up
from cardservice.services.post_mail import Send, post_one_mail
from cardservice.services.push_notice import Carry, push_one_notice
from cardservice.services.register import Register
from cardservice.services.remind_of_year_end import remind_some
from cardservice.services.tell_notices import tell_notices
from cardservice.services.till import Till
from cardservice.settings import Settings


class NotReady(Exception):
    """The instance cannot work yet; the message says in one line what to run."""


@dataclass(frozen=True)
class Office:
    """What every verb needs, made once. `database_url` is the application role's."""

    settings: Settings
    engine: Engine
    keys: Keys
    database_url: str = field(repr=False)
    private_server: PrivateServer | None


@contextlib.contextmanager
def opened_office(settings: Settings, *, serving: bool = False) -> Iterator[Office]:
    """The office of an instance, its private server running for as long as the block lasts.

    A server that dies under an office that is serving is started again.

    Raises NotReady before `cjeune db upgrade` was run, NotDurable on a server that could lose an
    acknowledged debit.
    """
    with contextlib.ExitStack() as opened:
        url, _, server = opened.enter_context(_database(settings))
        if serving and server is not None:
            opened.enter_context(guarded_server(settings.data_dir, server))
        engine = make_engine(url, serving=serving)
        try:
            if not is_up_to_date(engine):
                raise NotReady("the database is empty: run `cjeune db upgrade` first")
            assert_durable(engine)
            keys = load_keys(settings.secret_file or settings.data_dir / "master.key")
            yield Office(settings, engine, keys, url, server)
        finally:
            engine.dispose()


def upgrade(settings: Settings, *, movable_clock: bool = False) -> None:
    """Makes or brings up the database of an instance (`cjeune db upgrade`)."""
    with _database(settings, may_make=True) as (_, owner_url, server):
        if server is not None:
            prepare_private_database(server)
        upgrade_database(owner_url, movable_clock=movable_clock)


@contextlib.contextmanager
def opened_as_owner(settings: Settings) -> Iterator[Engine]:
    """An engine of the owning role, which alone may change the scheme (apply_scheme.py)."""
    with _database(settings) as (_, owner_url, _server):
        engine = make_engine(owner_url, serving=False, pool_size=1)
        try:
            yield engine
        finally:
            engine.dispose()


@contextlib.contextmanager
def _database(
    settings: Settings, *, may_make: bool = False
) -> Iterator[tuple[str, str, PrivateServer | None]]:
    """URLs of the application and the owning role, and the private server if it is ours."""
    if settings.database_url is not None:
        assert settings.owner_database_url is not None
        yield settings.database_url, settings.owner_database_url, None
        return
    if not may_make and not (settings.data_dir / "postgres").exists():
        # A mistyped --data-dir must not leave a whole server behind.
        raise NotReady("there is no instance in this folder: run `cjeune db upgrade` first")
    with running_server(settings.data_dir, settings.postgres_bin) as server:
        prepare_private_database(server)
        yield server.url(APPLICATION), server.url(OWNER), server


@contextlib.asynccontextmanager
async def opened_till(office: Office, *, lanes: int = 2) -> AsyncIterator[Till]:
    """The hot path of this process, on the running event loop; drained before it closes."""
    engine = make_lane_engine(office.database_url, lanes * 2 + 1)
    till = Till(
        keys=office.keys,
        register=Register(engine),
        debits=make_debit_lane(engine, lanes=lanes),
        readings=make_reading_lane(engine, lanes=lanes),
        screens=make_screen_lane(engine),
    )
    try:
        yield till
    finally:
        await till.drain()
        await engine.dispose()


@contextlib.asynccontextmanager
async def opened_pages(office: Office) -> AsyncIterator[AsyncEngine]:
    """What the pages that are answered on the running event loop ask."""
    engine = make_page_engine(office.database_url)
    try:
        yield engine
    finally:
        await engine.dispose()


def mail_sender(office: Office, *, origin: str | None) -> Send:
    """Carries a mail to the mail server that is set, or to the folder `mail` of the instance.

    `origin` is where this process answers, for an instance that names no public address of its own.
    """
    settings = office.settings
    head = Letterhead(
        sender=settings.mail_from,
        origin=settings.public_origin or origin or f"http://{settings.host}:{settings.port}",
        scheme_name=settings.scheme_name,
        department_name=settings.department_name,
        assistance_phone=settings.assistance_phone,
        keys=office.keys,
    )
    if settings.smtp_host is None:
        folder = MailFolder(settings.data_dir / "mail")

        def keep(mail: Mail) -> None:
            folder.keep(message_of(mail, head), name=f"{mail.mail_id}-{mail.kind}")

        return keep
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        user=settings.smtp_user,
        password_file=settings.smtp_password_file,
    )
    return lambda mail: server.carry(message_of(mail, head))


def mail_forgetter(office: Office) -> ForgetMail:
    """Drops what the instance keeps of mail sent to somebody who is erased: with a mail server it
    keeps nothing itself."""
    return MailFolder(office.settings.data_dir / "mail").forget


# Two, so that one push service that keeps silent does not hold the others up.
_PUSHERS = 2
_BETWEEN_REMINDERS = 600.0


def push_carrier(office: Office) -> Carry:
    """Carries a push to one of the push services that the operator lists."""
    settings = office.settings
    return PushCarrier(push_key(office.keys), settings.push_hosts, settings.mail_from).carry


@contextlib.asynccontextmanager
async def opened_notices(office: Office) -> AsyncIterator[None]:
    """What makes notices of the outbox and pushes them, for as long as the block lasts."""
    carry = push_carrier(office)
    rounds = [
        Postman(post=lambda: tell_notices(office.engine), tidy=lambda: None),
        # A round of their own: thirty thousand reminders hold up no notice of a debit.
        Postman(
            post=lambda: remind_some(office.engine) > 0,
            tidy=lambda: None,
            seconds=_BETWEEN_REMINDERS,
        ),
        *(
            Postman(post=lambda: push_one_notice(office.engine, carry), tidy=lambda: None)
            for _ in range(_PUSHERS)
        ),
    ]
    running = [asyncio.create_task(one.run()) for one in rounds]
    try:
        yield
    finally:
        for one in rounds:
            one.stop()
        await asyncio.gather(*running)


def _tidy(office: Office) -> None:
    """What ends by itself: half sign-ins and old links; what a parent decided for a child."""
    forget_sign_ins(office.engine)
    grow_up(office.engine)


@contextlib.asynccontextmanager
async def opened_postman(office: Office, *, origin: str | None) -> AsyncIterator[Postman]:
    """The postman of this process, on its rounds for as long as the block lasts."""
    send = mail_sender(office, origin=origin)
    postman = Postman(
        post=lambda: post_one_mail(office.engine, office.keys, send),
        tidy=lambda: _tidy(office),
    )
    rounds = asyncio.create_task(postman.run())
    try:
        yield postman
    finally:
        postman.stop()
        await rounds
