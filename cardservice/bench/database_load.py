"""Load on the database alone: PostgreSQL's own pgbench, for yardstick and money function."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from time import time_ns

from cardservice.db.embedded import PrivateServer
from cardservice.db.upgrade import APPLICATION, DATABASE

YARDSTICK_DATABASE = "yardstick"
_SCALE = "8"

# One call per debit, a fresh id and a random card each time, as the application's role. The load
# makes the id, as a terminal does: one made in the server would be charged to the debit, with three
# system calls where PostgreSQL is built without OpenSSL. Sixteen digits of its age, sixteen drawn:
# such ids come in order, as those of version 7 do, which our terminals make.
_DEBIT_SCRIPT = """\\set age :age + 1000
\\set rest random(1000000000000000, 9999999999999999)
\\set card random(1, {cards})
\\set partner random(1, {partners})
SELECT debit((:age::text || :rest)::uuid, :partner, :partner, :partner, NULL, :card, '{wallet}', 1,
    '2100-01-01', false, NULL, false, NULL, true);
"""


class LoadFailed(Exception):
    """The load generator reported errors: a figure from such a run would be a lie."""


def prepare_yardstick(server: PrivateServer) -> None:
    """pgbench's own tables at scale 8, in a database of their own."""
    subprocess.run(
        [server.bin_dir / "createdb", *_where(server), "-U", "postgres", YARDSTICK_DATABASE],
        check=True,
        capture_output=True,
    )
    _pgbench(server, "postgres", YARDSTICK_DATABASE, "-i", "-s", _SCALE, "-q")


def checkpoint(server: PrivateServer) -> None:
    """Writes everything out, so that none comes by itself in a run: the first write to a page after
    a checkpoint logs the whole page."""
    _as_superuser(server, "CHECKPOINT")


def empty_outbox(server: PrivateServer) -> None:
    """Forgets what debits without a service have left to be told: a service that is measured next
    tells of its own."""
    _as_superuser(server, "TRUNCATE notification_outbox")


def yardstick(server: PrivateServer, *, clients: int, seconds: int) -> int:
    """Transactions per second of pgbench's simple-update (whole ones)."""
    return _per_second(
        _pgbench(server, "postgres", YARDSTICK_DATABASE, "-N", *_load(clients, seconds))
    )


def money_function(server: PrivateServer, script: Path, *, clients: int, seconds: int) -> int:
    """Debits per second through the SQL function, one call and one commit each."""
    age = f"age={time_ns() // 1000}"
    words = ("-D", age, "-f", str(script), *_load(clients, seconds))
    return _per_second(_pgbench(server, APPLICATION, DATABASE, *words))


def write_debit_script(path: Path, *, cards: int, partners: int, wallet: str) -> None:
    """The pgbench script of one debit."""
    path.write_text(_DEBIT_SCRIPT.format(cards=cards, partners=partners, wallet=wallet))


def _as_superuser(server: PrivateServer, statement: str) -> None:
    words = ["-U", "postgres", "-c", statement, DATABASE]
    subprocess.run(
        [server.bin_dir / "psql", *_where(server), *words], check=True, capture_output=True
    )


def _load(clients: int, seconds: int) -> tuple[str, ...]:
    return ("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds))


def _where(server: PrivateServer) -> tuple[str, str]:
    return ("-h", str(server.socket_dir))


def _pgbench(server: PrivateServer, role: str, database: str, *words: str) -> str:
    done = subprocess.run(
        [server.bin_dir / "pgbench", *_where(server), "-U", role, *words, database],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "aborted" in done.stderr:
        raise LoadFailed(f"pgbench: {done.stderr.strip()[-300:]}")
    return done.stdout


def _per_second(output: str) -> int:
    found = re.search(r"tps = (\d+)", output)
    if found is None:
        raise LoadFailed("pgbench told no rate")
    return int(found.group(1))
