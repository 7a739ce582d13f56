"""As whom the private server runs: PostgreSQL refuses to run as root, so root steps down.

The law: no folder that we did not make changes its rights. When root's files lie under private
folders, the server keeps one single capability (reading and traversing, never writing) to reach
its own binaries and data.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass


class CannotStepDown(Exception):
    """Root has no way to run a server as somebody else on this machine."""


@dataclass(frozen=True)
class ServerIdentity:
    """The operating-system user of the server and the words that start a command as that user."""

    uid: int
    gid: int
    prefix: tuple[str, ...]


def server_identity() -> ServerIdentity:
    """This very user, or for root an unprivileged one; raises CannotStepDown."""
    if os.geteuid() != 0:
        return ServerIdentity(os.geteuid(), os.getegid(), ())
    user = _unprivileged_user()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotStepDown(
            "root cannot run PostgreSQL and setpriv (util-linux) is missing: "
            "run as an ordinary user, or set CJEUNE_DATABASE_URL"
        )
    plain = (setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    reading = (
        *plain,
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
    )
    for words in (reading, plain):
        prefix = (*words, "--")
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return ServerIdentity(user.pw_uid, user.pw_gid, prefix)
    raise CannotStepDown(
        "this system does not let root start PostgreSQL as another user: "
        "run as an ordinary user, or set CJEUNE_DATABASE_URL"
    )


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStepDown("this system has neither a user postgres nor a user nobody")
