"""The private database and the processes that use it: found again, shared, stopped by the last one,
and made whole from whatever a cut start has left."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.stranger import Stranger
from tests.faults.site import Service, Site, cjeune, held_commits, until


def test_a_database_that_survived_its_killed_service_is_found_again(
    site: Site, service: Service
) -> None:
    survivor, debit = site.postmaster(), sold(site, service)
    service.kill()
    assert site.postmaster() == survivor, "nobody has stopped it"
    service.start()
    assert site.postmaster() == survivor
    assert stranger(site, service).ask(debit).status_code == 200
    assert service.stop() == 0
    assert site.postmaster() is None, "who finds it again also stops it"


def test_only_the_last_one_out_stops_the_database(fresh_site: Site) -> None:
    first, last = fresh_site.new_service(), fresh_site.new_service()
    # Both at once: one of them starts the database, the other finds it.
    first.launch()
    last.launch()
    first.wait_until_ready()
    last.wait_until_ready()
    debit = sold(fresh_site, first)
    assert first.stop() == 0
    assert last.status_of("/readyz") == 200
    assert stranger(fresh_site, last).ask(debit).status_code == 200
    assert last.stop() == 0
    assert fresh_site.postmaster() is None


def test_commands_that_come_and_go_together_share_one_database(fresh_site: Site) -> None:
    commands = [cjeune(fresh_site.data_dir, "proof") for _ in range(3)]
    try:
        for command in commands:
            _, errors = command.communicate(timeout=90)
            assert (command.returncode, errors) == (0, "")
    finally:
        for command in commands:
            command.kill()
    assert fresh_site.postmaster() is None


def test_a_service_told_to_stop_answers_what_is_under_way_and_stops_its_database(
    site: Site, service: Service
) -> None:
    till, operation_id = stranger(site, service), str(uuid4())
    identification = till.identify(site.cast.cards[0].code)
    with ThreadPoolExecutor(1) as pool, held_commits(site) as held:
        sent = pool.submit(till.debit_answer, identification, operation_id=operation_id)
        held.wait_for_one()
        service.signal(signal.SIGTERM)
        # It lets nobody in any more.
        until(lambda: service.status_of("/healthz") is None)
        with pytest.raises(TimeoutError):
            sent.result(0.5)
        assert service.is_alive(), "it does not leave a debit behind"
        held.let_go()
        assert sent.result(30).status_code == 201
    assert service.exit_status() == 0
    assert site.postmaster() is None
    service.start()
    assert till.ask(operation_id).json()["outcome"] == "approved"


def test_a_second_service_on_a_taken_port_says_so_in_one_line_and_ends(
    site: Site, service: Service
) -> None:
    second = site.run("serve", "--port", str(service.port))
    assert (second.returncode, second.stdout) == (1, "")
    assert len(second.stderr.splitlines()) == 1
    assert service.status_of("/readyz") == 200, "the first one goes on"
    assert site.postmaster()


def test_a_service_told_to_stop_while_it_starts_leaves_no_database(fresh_site: Site) -> None:
    service = fresh_site.new_service()
    service.launch()
    until(fresh_site.postmaster)
    service.signal(signal.SIGTERM)
    assert service.exit_status() in (0, 128 + signal.SIGTERM)
    until(lambda: fresh_site.postmaster() is None)


def test_a_database_whose_making_was_cut_is_made_again(empty_site: Site) -> None:
    making = empty_site.data_dir / "postgres.making"
    first = cjeune(empty_site.data_dir, "db", "upgrade")
    until(lambda: (making / "base").exists())
    survivors = processes_at(making)
    first.kill()
    first.communicate()
    for pid in survivors:
        os.kill(pid, signal.SIGSTOP)
    with cjeune(empty_site.data_dir, "db", "upgrade") as second:
        try:
            # Two of them in one folder would take each other's files away.
            until(lambda: is_waited_for(empty_site.data_dir / "postgres.change"))
            assert not (empty_site.cluster / "PG_VERSION").exists(), "it was cut half way"
        finally:
            for pid in survivors:
                os.kill(pid, signal.SIGCONT)
        _, errors = second.communicate(timeout=90)
    assert (second.returncode, errors) == (0, "")
    assert not making.exists()
    assert empty_site.postmaster() is None


@pytest.fixture
def empty_site(made_site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site whose database was never made."""
    site = Site(tmp_path / "empty", made_site.cast)
    try:
        yield site
    finally:
        site.end()


def stranger(site: Site, service: Service) -> Stranger:
    return Stranger(service.base_url, site.cast.tills[0].key, address="127.0.0.1")


def sold(site: Site, service: Service) -> str:
    """The id of a debit that was approved just now."""
    till = stranger(site, service)
    operation_id = till.debit(till.identify(site.cast.cards[0].code))["operation_id"]
    assert isinstance(operation_id, str)
    return operation_id


def processes_at(folder: Path) -> list[int]:
    """Who works on a folder, by its command line: an initdb and its children."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in line.read_bytes():
                found.append(int(line.parent.name))
    assert found, "initdb is at work"
    return found


def is_waited_for(file: Path) -> bool:
    """Whether somebody waits for the lock on a file."""
    inode = f":{file.stat().st_ino} "
    lines = Path("/proc/locks").read_text().splitlines()
    return any("-> FLOCK" in line and inode in line for line in lines)
