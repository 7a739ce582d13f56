"""`cjeune-training`: the training server and the virtual TPE, in one command.

The law: it serves on this machine alone unless told otherwise, never touches a real service, and
says plainly that there is no money and that all is forgotten at the end.
"""

from __future__ import annotations

import errno
from pathlib import Path

import click

from tpe_client.training.manifest import manifest_of, write_manifest
from tpe_client.training.school import open_school
from tpe_client.training.sentences import say
from tpe_client.training.serving import origin_of, reserved_address, serve
from tpe_client.training.stub import create_stub


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--manifest",
    "manifest_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write keys, codes and cards there, as the demo does.",
)
def main(port: int, host: str, manifest_file: Path | None) -> None:
    """Serve the school: terminal API v1 without money, and a virtual TPE at `/`."""
    school = open_school()
    if manifest_file is not None:
        # One of an earlier start would send a script to a server that is no more.
        manifest_file.unlink(missing_ok=True)
    try:
        with reserved_address(host, port) as address:
            origin = origin_of(address)

            def announce() -> None:
                if manifest_file is not None:
                    write_manifest(manifest_file, manifest_of(school, base_url=origin))
                _welcome(origin, manifest_file)

            serve(create_stub(school), address, on_ready=announce)
    except OSError as failure:
        taken = failure.errno == errno.EADDRINUSE
        raise click.ClickException(
            say("port_taken", port=port) if taken else say("not_local", host=host)
        ) from failure
    click.echo(say("stopped"))


def _welcome(origin: str, manifest_file: Path | None) -> None:
    lines = [
        ("virtual", f"{origin}/"),
        ("service", f"{origin}/api/v1"),
    ]
    if manifest_file is not None:
        lines.append(("manifest", str(manifest_file)))
        lines.append(("conformance", f"cjeune-conformance {origin} --manifest {manifest_file}"))
    click.echo(say("welcome"))
    for name, text in lines:
        click.echo(f"  {say(name):<31} {text}")
    click.echo(say("stop"))


if __name__ == "__main__":
    main()
