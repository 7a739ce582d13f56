"""Sites: cold copies of one that was made once per test process.

The law: a test may break its site in any way. Nothing of it survives: no process, no file.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardservice import wiring
from cardservice.services.apply_scheme import apply_scheme
from cardservice.settings import Settings
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.faults.site import Cast, Service, Site


@pytest.fixture(scope="session")
def made_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A data directory whose database is stopped: to be copied, never used."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("made") / "site")
    wiring.upgrade(settings, movable_clock=True)
    with wiring.opened_office(settings) as office:
        with wiring.opened_as_owner(settings) as owner:
            apply_scheme(owner, actor="test")
        Clock(office).set(A_MORNING)
        outlets = [makers.make_partner(office) for _ in range(2)]
        tills = [makers.make_terminal(office, outlet) for outlet in outlets for _ in range(3)]
        cast = Cast(tuple(outlets), tuple(tills), tuple(makers.make_cards(office, 12)))
    return Site(settings.data_dir, cast)


@pytest.fixture
def fresh_site(made_site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site of this test alone; nothing runs on it yet."""
    yield from copied(made_site, tmp_path)


@pytest.fixture(scope="session")
def site(made_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that tests share, because starting a service takes seconds; whatever they did to it,
    its ledger is proven in the end."""
    for site in copied(made_site, tmp_path_factory.mktemp("shared")):
        yield site
        site.assert_proven()


@pytest.fixture(scope="session")
def service_of_site(site: Site) -> Service:
    return site.new_service()


@pytest.fixture
def service(site: Site, service_of_site: Service) -> Service:
    """The service of `site`, ready, whatever the test before has left broken."""
    if site.postmaster() is None:
        service_of_site.end()
    if not service_of_site.is_alive():
        service_of_site.start()
    service_of_site.wait_until_ready()
    return service_of_site


def copied(made: Site, folder: Path) -> Iterator[Site]:
    site = Site(folder / "site", made.cast)
    subprocess.run(["cp", "-a", str(made.data_dir), str(site.data_dir)], check=True)
    try:
        yield site
    finally:
        site.end()
