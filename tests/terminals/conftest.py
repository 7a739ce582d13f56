"""What a test of a terminal needs: the real service, a terminal of its own, a line and a journal.

The law: the service is the application under uvicorn on a free port, one for each test process,
over the database of tests/conftest.py; a terminal's key comes from an activation, as in life.

- `service`   where it answers (`base_url`, `port`), the `office` behind it, emptied for each test
- `terminal`  an active terminal (a `makers.Till`: `terminal_id`, `public_id`, `key`)
- `line`      its `Line`; `make_line(key=…)` makes others, also through a proxy (`base_url=…`)
- `journal`   an empty `Journal` in a folder of the test; `journal_path` is where it lies
- `card`      an active card with 60 € for sport, culture and leisure, PIN `makers.PIN`
- `new_order` identifies the card and gives an `Order` (any field can be set)
- `eager`     a `Patience` that never waits; what it was told to wait stands in `eager_waits`
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api_client.answers import Identified
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.operation_id import new_operation_id
from api_client.transport import Line
from cardservice.app import create_app
from cardservice.wiring import Office, opened_office
from tests import makers
from tests.conftest import A_MORNING
from tests.makers import HeldCard, Till
from tests.running_app import running_app

CLIENT = "cjeune-tpe/1.0"


@dataclass(frozen=True)
class Service:
    """A running service and the office its tests work in."""

    base_url: str
    port: int
    office: Office


@contextlib.contextmanager
def opened_service(office: Office) -> Iterator[Service]:
    """A service with an engine of its own, as `cjeune serve` has one, while the block lasts."""
    with opened_office(office.settings, serving=True) as served, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # Mail that another test reads must not leave by this door.
        app = create_app(served, posts_mail=False)
        with running_app(app, listening) as base_url:
            yield Service(base_url, listening.getsockname()[1], office)


@pytest.fixture(scope="session")
def shared_service(instance: Office) -> Iterator[Service]:
    with opened_service(instance) as service:
        yield service


@pytest.fixture
def service(shared_service: Service, office: Office) -> Service:
    """The service, its database as empty as `office`."""
    assert shared_service.office is office
    return shared_service


@pytest.fixture
def terminal(service: Service) -> Till:
    """An active box that asks for no PIN."""
    return makers.make_terminal(service.office, kind="box")


@pytest.fixture
def card(service: Service) -> HeldCard:
    return makers.make_card(service.office)


@pytest.fixture
def make_line(service: Service, terminal: Till) -> Iterator[Callable[..., Line]]:
    """Lines to the service; `key`, `base_url` and whatever `Line` takes can be set."""
    with contextlib.ExitStack() as opened:

        def make(base_url: str = service.base_url, **options: Any) -> Line:
            line = Line(base_url, **{"key": terminal.key, "client": CLIENT} | options)
            return opened.enter_context(line)

        yield make


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    return make_line()


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(journal_path: Path) -> Iterator[Journal]:
    with Journal.open(journal_path) as opened:
        yield opened


@pytest.fixture
def new_order(line: Line, card: HeldCard) -> Callable[..., Order]:
    """A sale of 10,55 € with `card`, just identified by `line`, under an id of its own."""

    def make(**fields: Any) -> Order:
        found = line.identify(card.code)
        assert isinstance(found, Identified), found
        members: dict[str, Any] = {
            "operation_id": new_operation_id(A_MORNING),
            "identification": found.identification,
            "wallet": makers.BOTH_WALLETS[0],
            "amount_cents": 1055,
            "last4": found.last4,
            "identity_checked": True,
        }
        return Order(**members | fields)

    return make


@pytest.fixture
def eager_waits() -> list[float]:
    return []


@pytest.fixture
def eager(eager_waits: list[float]) -> Patience:
    """Tries as often as the default, and never waits."""
    return Patience(wait=eager_waits.append, draw=lambda: 0.5)
